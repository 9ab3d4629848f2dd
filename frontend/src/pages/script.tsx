import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import {
  Activity,
  Archive,
  CalendarClock,
  ChevronRight,
  Copy,
  Ellipsis,
  FileLock2,
  FolderInput,
  Link2,
  LoaderCircle,
  Pencil,
  Play,
  SearchX,
  Star,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { isStatus } from "@/api/client";
import type { Args, Script } from "@/api/types";
import { InputsPanel } from "@/features/inputs/inputs-panel";
import { jobListQuery, type RunOptions, runHash, runScript } from "@/features/jobs/jobs";
import { jobStatus, StatusIcon } from "@/features/jobs/status";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { argsToHash, hashToArgs, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { apiExamples } from "@/features/scripts/api-examples";
import { ScriptDetails } from "@/features/scripts/details";
import { LanguageIcon } from "@/features/scripts/language";
import { MoveDialog } from "@/features/scripts/move-dialog";
import { SchemaTable } from "@/features/scripts/schema-table";
import {
  archiveScript,
  deleteScript,
  deploymentQuery,
  scriptByHashQuery,
  scriptQuery,
  useStar,
} from "@/features/scripts/scripts";
import { Versions } from "@/features/scripts/versions";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { CodeBlock } from "@/ui/code-block";
import { useConfirm } from "@/ui/confirm";
import { copyText, Snippet } from "@/ui/copy";
import { Field } from "@/ui/field";
import { focusFirstInvalid } from "@/ui/focus";
import { Input } from "@/ui/input";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { Card, CardHeader } from "@/ui/page";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { duration, RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";

const Markdown = lazy(() => import("@/features/results/markdown"));

type ScriptSearch = { tab?: string; version?: string };

/** Whether the newest version can run yet: its lock is made by a job after the deploy. */
function Deployment({ workspace, script }: { workspace: string; script: Script }) {
  const known = Boolean(script.lock !== null && script.lock !== undefined) || Boolean(script.lock_error_logs);
  const client = useQueryClient();
  const status = useQuery({ ...deploymentQuery(workspace, script.hash), enabled: !known });
  const ready = status.data && status.data.lock !== null && status.data.lock !== undefined;
  const failed = script.lock_error_logs ?? status.data?.lock_error_logs;
  useEffect(() => {
    if (ready || status.data?.lock_error_logs) {
      void client.invalidateQueries({ queryKey: scriptQuery(workspace, script.path).queryKey });
    }
  }, [ready, status.data?.lock_error_logs, client, workspace, script.path]);
  if (failed) {
    return (
      <div className="mb-4 rounded-lg border border-danger-solid/40 bg-danger-soft p-3">
        <p className="flex items-center gap-2 text-sm font-medium text-danger">
          <TriangleAlert className="size-4" aria-hidden /> The requirements of this version could not be
          resolved
        </p>
        <p className="mt-1 text-xs text-muted">
          Until it is fixed and deployed again, the last version that works runs.
        </p>
        <pre className="thin-scroll mt-2 max-h-48 overflow-auto whitespace-pre-wrap font-mono text-xs">
          {failed}
        </pre>
      </div>
    );
  }
  if (known || ready) return null;
  return (
    <div
      className="mb-4 flex items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 text-sm text-muted"
      role="status"
    >
      <LoaderCircle className="size-4 animate-spin text-accent-text" aria-hidden />
      Deploying: requirements are being resolved and locked…
      {status.data?.job_id && (
        <Link
          to="/w/$workspace/run/$id"
          params={{ workspace, id: status.data.job_id }}
          className="ml-auto text-accent-text hover:underline"
        >
          Watch
        </Link>
      )}
    </div>
  );
}

function RunLater({ onRun, busy }: { onRun: (options: RunOptions) => void; busy: boolean }) {
  const [at, setAt] = useState("");
  const [tag, setTag] = useState("");
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button
          variant="primary"
          size="lg"
          className="w-9 rounded-l-none border-l border-white/25 px-0"
          aria-label="Run later or elsewhere"
          disabled={busy}
        >
          <CalendarClock />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="flex w-72 flex-col gap-3">
        <Field label="Start at" optional>
          <Input type="datetime-local" value={at} onChange={(event) => setAt(event.target.value)} />
        </Field>
        <Field label="Tag" optional hint="Which workers run it.">
          <Input
            value={tag}
            onChange={(event) => setTag(event.target.value)}
            placeholder="default of the script"
          />
        </Field>
        <Button
          variant="primary"
          onClick={() =>
            onRun({ scheduled_for: at ? new Date(at).toISOString() : undefined, tag: tag || undefined })
          }
        >
          {at ? "Schedule" : "Run"}
        </Button>
      </PopoverContent>
    </Popover>
  );
}

function RunTab({ script, pinned }: { script: Script; pinned: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const { hash } = useLocation();
  const [args, setArgs] = useState<Args>(() => initialArgs(script.schema, hashToArgs(hash)));
  const [tried, setTried] = useState(false);
  const errors = useMemo(() => validate(script.schema, args), [script.schema, args]);
  const invalid = Object.keys(errors).length > 0;
  const run = useMutation({
    mutationFn: (options: RunOptions) =>
      pinned
        ? runHash(workspace, script.hash, sendable(args, script.schema))
        : runScript(workspace, script.path, sendable(args, script.schema), options),
    onSuccess: (id) => void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id } }),
    onError: tellError,
  });
  const start = (options: RunOptions = {}) => {
    setTried(true);
    if (invalid) {
      focusFirstInvalid();
      return;
    }
    run.mutate(options);
  };
  const share = () => {
    const fragment = argsToHash(args);
    const url = `${window.location.origin}${window.location.pathname}${fragment ? `#${fragment}` : ""}`;
    void copyText(url).then(() =>
      tellDone("Link copied", "It opens this form with the arguments filled in."),
    );
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="flex min-w-0 flex-col gap-4">
        {script.description && (
          <Suspense fallback={null}>
            <Markdown text={script.description} className="text-muted" />
          </Suspense>
        )}
        <Card>
          <form
            id="run-form"
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              start();
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
            }}
          >
            <div className="p-4 sm:p-5">
              <SchemaForm
                schema={script.schema}
                args={args}
                onArgs={setArgs}
                workspace={workspace}
                runnable={{ source: "deployed", path: script.path, runnable_kind: "script" }}
                errors={errors}
                showMissing={tried}
              />
            </div>
            <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
              <Button variant="ghost" onClick={share}>
                <Link2 /> Share link
              </Button>
              <div className="flex items-center gap-3">
                {tried && invalid && <span className="text-xs text-danger">Check the marked arguments.</span>}
                <div className="flex">
                  <Button
                    type="submit"
                    variant="primary"
                    size="lg"
                    busy={run.isPending}
                    className={cn("h-9 text-sm", !pinned && "rounded-r-none")}
                  >
                    {!run.isPending && <Play />} Run
                  </Button>
                  {!pinned && (
                    <span className="[&>button]:h-9">
                      <RunLater onRun={start} busy={run.isPending} />
                    </span>
                  )}
                </div>
              </div>
            </footer>
          </form>
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <InputsPanel
          workspace={workspace}
          path={script.path}
          args={args}
          onUse={(given) => setArgs(initialArgs(script.schema, given))}
        />
        <RecentRuns path={script.path} />
      </div>
    </div>
  );
}

function RecentRuns({ path }: { path: string }) {
  const workspace = useWorkspace();
  const list = useInfiniteQuery(jobListQuery(workspace, { path, kinds: "script" }));
  const jobs = list.data?.pages[0]?.slice(0, 8) ?? [];
  if (jobs.length === 0) return null;
  return (
    <Card>
      <CardHeader
        title="Recent runs"
        actions={
          <Button variant="ghost" size="sm" asChild>
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ path }}>
              All
            </Link>
          </Button>
        }
      />
      <ul className="divide-y divide-line">
        {jobs.map((job) => (
          <li key={job.id}>
            <Link
              to="/w/$workspace/run/$id"
              params={{ workspace, id: job.id }}
              className="flex items-center gap-2.5 px-4 py-2 text-sm hover:bg-hover/60"
            >
              <StatusIcon status={jobStatus(job)} className="size-3.5" />
              <span className="min-w-0 flex-1 truncate text-muted">
                <RelativeTime at={job.created_at} /> by {job.created_by}
              </span>
              <span className="text-xs text-faint tabular-nums">
                {job.type === "CompletedJob" ? duration(job.duration_ms) : "…"}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Lock({ script }: { script: Script }) {
  if (!script.lock) {
    return (
      <Card>
        <EmptyState icon={FileLock2} title="No requirements">
          This version imports nothing that has to be installed.
        </EmptyState>
      </Card>
    );
  }
  return <CodeBlock text={script.lock} />;
}

function ApiTab({ script }: { script: Script }) {
  const workspace = useWorkspace();
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      <p className="text-sm text-muted">
        Anything that speaks HTTP can start this script. Make a token under{" "}
        <Link to="/w/$workspace/account" params={{ workspace }} className="text-accent-text hover:underline">
          Account &amp; tokens
        </Link>
        ; a scope of <code className="font-mono text-xs">jobs:run:scripts:{script.path}</code> allows just
        this.
      </p>
      {apiExamples(window.location.origin, workspace, script).map((example) => (
        <section key={example.title}>
          <h3 className="text-sm font-semibold">{example.title}</h3>
          <p className="mb-2 text-xs text-muted">{example.explanation}</p>
          <Snippet code={example.code} />
        </section>
      ))}
    </div>
  );
}

function ScriptMenu({ script }: { script: Script }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const client = useQueryClient();
  const member = useMember();
  const develop = useCanDevelop();
  const [moving, setMoving] = useState(false);
  const leave = async (action: Promise<unknown>, told: string) => {
    try {
      await action;
      tellDone(told, script.path);
      await client.invalidateQueries({ queryKey: ["w", workspace, "scripts"] });
      await navigate({ to: "/w/$workspace", params: { workspace } });
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <>
      {moving && <MoveDialog workspace={workspace} script={script} onClose={() => setMoving(false)} />}
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon" aria-label="More actions">
            <Ellipsis />
          </Button>
        </MenuTrigger>
        <MenuContent>
          <MenuItem
            icon={<Copy />}
            onSelect={() =>
              void navigate({
                to: "/w/$workspace/scripts/new",
                params: { workspace },
                search: { from: script.path },
              })
            }
          >
            Duplicate
          </MenuItem>
          {develop && (
            <MenuItem icon={<FolderInput />} onSelect={() => setMoving(true)}>
              Move or rename
            </MenuItem>
          )}
          <MenuItem
            icon={<Copy />}
            onSelect={() => void copyText(script.path).then(() => tellDone("Path copied", script.path))}
          >
            Copy path
          </MenuItem>
          <MenuSeparator />
          <MenuItem
            danger
            icon={<Archive />}
            onSelect={async () => {
              const yes = await confirm({
                title: `Archive ${script.path}?`,
                body: "It can no longer be run and leaves the lists. Its versions and runs stay; deploying to the path again brings it back.",
                action: "Archive",
              });
              if (yes) void leave(archiveScript(workspace, script.path), "Script archived");
            }}
          >
            Archive
          </MenuItem>
          {(member?.is_admin || member?.is_super_admin) && (
            <MenuItem
              danger
              icon={<Trash2 />}
              onSelect={async () => {
                const yes = await confirm({
                  title: `Delete ${script.path}?`,
                  body: "All its versions are deleted for good. Its runs stay.",
                  action: "Delete for good",
                });
                if (yes) void leave(deleteScript(workspace, script.path), "Script deleted");
              }}
            >
              Delete
            </MenuItem>
          )}
        </MenuContent>
      </Menu>
    </>
  );
}

export default function ScriptPage() {
  const workspace = useWorkspace();
  const { _splat: path = "" } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as ScriptSearch;
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const star = useStar(workspace);
  const current = useQuery(scriptQuery(workspace, path));
  const pinned = useQuery({
    ...scriptByHashQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const query = search.version ? pinned : current;
  const script = query.data;
  const runnable = script?.auto_kind !== "lib";
  const tab = search.tab ?? (runnable ? "run" : "code");

  if (query.isError) {
    return isStatus(query.error, 404) ? (
      <EmptyState
        icon={SearchX}
        title="There is no such script"
        className="pt-32"
        action={
          <>
            {develop && (
              <Button variant="primary" asChild>
                <Link to="/w/$workspace/scripts/new" params={{ workspace }} search={{ draft: path }}>
                  Write it
                </Link>
              </Button>
            )}
            <Button asChild>
              <Link to="/w/$workspace" params={{ workspace }}>
                All scripts
              </Link>
            </Button>
          </>
        }
      >
        <span className="font-mono">{path}</span> does not exist, was archived, or you may not see it.
      </EmptyState>
    ) : (
      <ErrorState error={query.error} retry={() => void query.refetch()} className="pt-32" />
    );
  }
  if (!script) {
    return (
      <div className="mx-auto max-w-[1200px] space-y-4 px-4 pt-6 sm:px-8" role="status" aria-label="Loading">
        <Skeleton className="h-7 w-72" />
        <Skeleton className="h-4 w-48" />
        <Skeleton className="h-72" />
      </div>
    );
  }
  const [, owner] = path.split("/");
  return (
    <div className="mx-auto w-full max-w-[1200px] px-4 pb-16 pt-5 sm:px-8">
      <nav aria-label="Breadcrumb" className="mb-1.5 flex items-center gap-1 text-xs text-muted">
        <Link to="/w/$workspace" params={{ workspace }} className="hover:text-text">
          Scripts
        </Link>
        <ChevronRight className="size-3" aria-hidden />
        <Link
          to="/w/$workspace"
          params={{ workspace }}
          search={{ owner: path.split("/").slice(0, 2).join("/") }}
          className="hover:text-text"
        >
          {owner}
        </Link>
      </nav>
      <header className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 items-center gap-3">
          <LanguageIcon language={script.language} className="size-9" />
          <div className="min-w-0">
            <h1 className="flex items-center gap-2 text-lg font-semibold leading-6">
              <span className="truncate">{script.summary || path.split("/").slice(2).join("/")}</span>
              <button
                type="button"
                aria-label={script.starred ? "Unstar" : "Star"}
                aria-pressed={Boolean(script.starred)}
                onClick={() => star.mutate({ path, starred: !script.starred })}
                className="rounded p-0.5 text-line-strong hover:text-warning-solid"
              >
                <Star className={cn("size-4", script.starred && "fill-warning-solid text-warning-solid")} />
              </button>
            </h1>
            <div className="flex flex-wrap items-center gap-2 text-xs">
              <span className="font-mono text-faint">{path}</span>
              {script.archived && <Badge tone="warning">Archived</Badge>}
              {search.version && <Badge tone="accent">Version {search.version.slice(0, 8)}</Badge>}
              {script.auto_kind === "lib" && <Badge>Library</Badge>}
              {script.dedicated_worker && <Badge tone="accent">Warm</Badge>}
              {script.labels?.map((label) => (
                <Badge key={label} tone="outline">
                  {label}
                </Badge>
              ))}
            </div>
          </div>
        </div>
        <div className="flex items-center gap-2">
          <Button asChild variant="ghost">
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ path }}>
              <Activity /> Runs
            </Link>
          </Button>
          {develop && (
            <Button asChild>
              <Link to="/w/$workspace/edit/$" params={{ workspace, _splat: path }}>
                <Pencil /> Edit
              </Link>
            </Button>
          )}
          {develop && <ScriptMenu script={script} />}
        </div>
      </header>
      <Deployment workspace={workspace} script={script} />
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({
            to: "/w/$workspace/scripts/$",
            params: { workspace, _splat: path },
            search: { ...search, tab: next },
            replace: true,
          })
        }
      >
        <TabsList className="mb-4">
          {runnable && <Tab value="run">Run</Tab>}
          <Tab value="code">Code</Tab>
          <Tab value="arguments">Arguments</Tab>
          <Tab value="lock">Requirements</Tab>
          <Tab value="versions">Versions</Tab>
          {runnable && <Tab value="api">API</Tab>}
          <Tab value="details">Details</Tab>
        </TabsList>
        <TabPanel value="run">
          <RunTab key={script.hash} script={script} pinned={Boolean(search.version)} />
        </TabPanel>
        <TabPanel value="code">
          <CodeBlock text={script.content} />
        </TabPanel>
        <TabPanel value="arguments">
          <Card>
            <SchemaTable schema={script.schema} />
          </Card>
        </TabPanel>
        <TabPanel value="lock">
          <Lock script={script} />
        </TabPanel>
        <TabPanel value="versions">
          <Versions workspace={workspace} script={script} canEdit={develop} />
        </TabPanel>
        <TabPanel value="api">
          <ApiTab script={script} />
        </TabPanel>
        <TabPanel value="details">
          <Card className="max-w-xl p-4">
            <ScriptDetails script={script} />
          </Card>
        </TabPanel>
      </Tabs>
    </div>
  );
}
