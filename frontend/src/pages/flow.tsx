import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import {
  Activity,
  Archive,
  ChevronRight,
  Copy,
  Download,
  Ellipsis,
  Pencil,
  SearchX,
  Star,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { isStatus } from "@/api/client";
import { FlowIcon } from "@/features/flows/flow-row";
import { FlowVersions } from "@/features/flows/flow-versions";
import {
  archiveFlow,
  deleteFlow,
  type Flow,
  flowDeploymentQuery,
  flowQuery,
  flowVersionQuery,
  useStarFlow,
} from "@/features/flows/flows";
import { FlowRunTab } from "@/features/flows/run-tab";
import { download } from "@/features/results/download";
import { apiExamples } from "@/features/scripts/api-examples";
import { SchemaTable } from "@/features/scripts/schema-table";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { findModule } from "@/flow-graph/walk";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { copyText, Snippet } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { Card } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";

const ReadOnlyGraph = lazy(() => import("@/features/flow-run/read-only-graph"));

type FlowSearch = { tab?: string; version?: string };

function Deployment({ flow }: { flow: Flow }) {
  const workspace = useWorkspace();
  const status = useQuery(flowDeploymentQuery(workspace, flow.path));
  const failed = flow.lock_error_logs || status.data?.lock_error_logs;
  if (!failed) return null;
  return (
    <div className="mb-4 rounded-lg border border-danger-solid/40 bg-danger-soft p-3">
      <p className="flex items-center gap-2 text-sm font-medium text-danger">
        <TriangleAlert className="size-4" aria-hidden /> The requirements of a step could not be resolved
      </p>
      <pre className="thin-scroll mt-2 max-h-48 overflow-auto whitespace-pre-wrap font-mono text-xs">
        {failed}
      </pre>
    </div>
  );
}

function FlowMenu({ flow, develop }: { flow: Flow; develop: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const client = useQueryClient();
  const member = useMember();
  const leave = async (action: Promise<unknown>, told: string) => {
    try {
      await action;
      tellDone(told, flow.path);
      await client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
      await navigate({ to: "/w/$workspace", params: { workspace } });
    } catch (error) {
      tellError(error);
    }
  };
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="More actions">
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuItem
          icon={<Download />}
          onSelect={() =>
            download(`${flow.path.split("/").pop()}.flow.yaml`, toYaml(documentOf(flow)), "application/yaml")
          }
        >
          Export as YAML
        </MenuItem>
        <MenuItem
          icon={<Copy />}
          onSelect={() => void copyText(flow.path).then(() => tellDone("Path copied", flow.path))}
        >
          Copy path
        </MenuItem>
        {develop && (
          <>
            <MenuItem
              icon={<Copy />}
              onSelect={() =>
                void navigate({
                  to: "/w/$workspace/flows/add",
                  params: { workspace },
                  search: { from: flow.path },
                })
              }
            >
              Duplicate
            </MenuItem>
            <MenuSeparator />
            <MenuItem
              danger
              icon={<Archive />}
              onSelect={async () => {
                const yes = await confirm({
                  title: `Archive ${flow.path}?`,
                  body: "It can no longer be run and leaves the lists. Its versions and runs stay.",
                  action: "Archive",
                });
                if (yes) void leave(archiveFlow(workspace, flow.path), "Flow archived");
              }}
            >
              Archive
            </MenuItem>
          </>
        )}
        {(member?.is_admin || member?.is_super_admin) && (
          <MenuItem
            danger
            icon={<Trash2 />}
            onSelect={async () => {
              const yes = await confirm({
                title: `Delete ${flow.path}?`,
                body: "All its versions are deleted for good. Its runs stay.",
                action: "Delete for good",
              });
              if (yes) void leave(deleteFlow(workspace, flow.path), "Flow deleted");
            }}
          >
            Delete
          </MenuItem>
        )}
      </MenuContent>
    </Menu>
  );
}

function GraphTab({ flow }: { flow: Flow }) {
  const [selected, setSelected] = useState(flow.value.modules[0]?.id ?? "");
  const module = findModule(flow.value, selected);
  return (
    <Card className="flex h-[68vh] flex-col overflow-hidden lg:flex-row">
      <Suspense fallback={<Skeleton className="m-4 flex-1" />}>
        <ReadOnlyGraph value={flow.value} selected={selected} onSelect={setSelected} module={module} />
      </Suspense>
    </Card>
  );
}

function ApiTab({ flow }: { flow: Flow }) {
  const workspace = useWorkspace();
  const script = { path: flow.path, schema: flow.schema } as never;
  return (
    <div className="flex max-w-3xl flex-col gap-5">
      {apiExamples(window.location.origin, workspace, script)
        .map((example) => ({
          ...example,
          code: example.code
            .replaceAll(`/p/${flow.path}`, `/f/${flow.path}`)
            .replace("run_script(", "run_flow_async("),
          title: example.title.replace("another Python script", "a Python script"),
        }))
        .map((example) => (
          <section key={example.title}>
            <h3 className="text-sm font-semibold">{example.title}</h3>
            <p className="mb-2 text-xs text-muted">{example.explanation}</p>
            <Snippet code={example.code} />
          </section>
        ))}
    </div>
  );
}

/** A deployed flow: its form, its graph, its versions. */
export default function FlowPage() {
  const workspace = useWorkspace();
  const { _splat: path = "" } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as FlowSearch;
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const star = useStarFlow(workspace);
  const current = useQuery(flowQuery(workspace, path));
  const pinned = useQuery({
    ...flowVersionQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const query = search.version ? pinned : current;
  const flow = query.data;
  if (query.isError) {
    return isStatus(query.error, 404) ? (
      <EmptyState
        icon={SearchX}
        title="There is no such flow"
        className="pt-32"
        action={
          <Button asChild>
            <Link to="/w/$workspace" params={{ workspace }}>
              Home
            </Link>
          </Button>
        }
      >
        <span className="font-mono">{path}</span> does not exist, was archived, or you may not see it.
      </EmptyState>
    ) : (
      <ErrorState error={query.error} retry={() => void query.refetch()} className="pt-32" />
    );
  }
  if (!flow) {
    return (
      <div className="mx-auto max-w-[1200px] space-y-4 px-4 pt-6 sm:px-8" role="status" aria-label="Loading">
        <Skeleton className="h-7 w-72" />
        <Skeleton className="h-4 w-48" />
        <Skeleton className="h-72" />
      </div>
    );
  }
  const owner = path.split("/").slice(0, 2).join("/");
  return (
    <div className="mx-auto w-full max-w-[1200px] px-4 pb-16 pt-5 sm:px-8">
      <nav aria-label="Breadcrumb" className="mb-1.5 flex items-center gap-1 text-xs text-muted">
        <Link to="/w/$workspace" params={{ workspace }} search={{ kind: "flow" }} className="hover:text-text">
          Flows
        </Link>
        <ChevronRight className="size-3" aria-hidden />
        <Link to="/w/$workspace" params={{ workspace }} search={{ owner }} className="hover:text-text">
          {path.split("/")[1]}
        </Link>
      </nav>
      <header className="mb-4 flex flex-wrap items-start justify-between gap-3">
        <div className="flex min-w-0 items-center gap-3">
          <FlowIcon className="size-9" />
          <div className="min-w-0">
            <h1 className="flex items-center gap-2 text-lg font-semibold leading-6">
              <span className="truncate">{flow.summary || path.split("/").slice(2).join("/")}</span>
              <button
                type="button"
                aria-label={flow.starred ? "Unstar" : "Star"}
                aria-pressed={Boolean(flow.starred)}
                onClick={() => star.mutate({ path, starred: !flow.starred })}
                className="rounded p-0.5 text-line-strong hover:text-warning-solid"
              >
                <Star className={cn("size-4", flow.starred && "fill-warning-solid text-warning-solid")} />
              </button>
            </h1>
            <div className="flex flex-wrap items-center gap-2 text-xs">
              <span className="font-mono text-faint">{path}</span>
              {flow.archived && <Badge tone="warning">Archived</Badge>}
              {search.version && <Badge tone="accent">Version #{search.version}</Badge>}
              {flow.labels?.map((label) => (
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
              <Link to="/w/$workspace/flows/edit/$" params={{ workspace, _splat: path }}>
                <Pencil /> Edit
              </Link>
            </Button>
          )}
          <FlowMenu flow={flow} develop={develop} />
        </div>
      </header>
      <Deployment flow={flow} />
      <Tabs
        value={search.tab ?? "run"}
        onValueChange={(tab) =>
          void navigate({
            to: "/w/$workspace/flows/$",
            params: { workspace, _splat: path },
            search: { ...search, tab },
            replace: true,
          })
        }
      >
        <TabsList className="mb-4">
          <Tab value="run">Run</Tab>
          <Tab value="graph">Graph</Tab>
          <Tab value="inputs">Inputs</Tab>
          <Tab value="versions">Versions</Tab>
          <Tab value="api">API</Tab>
        </TabsList>
        <TabPanel value="run">
          <FlowRunTab key={flow.version_id ?? path} flow={flow} pinned={Boolean(search.version)} />
        </TabPanel>
        <TabPanel value="graph">
          <GraphTab flow={flow} />
        </TabPanel>
        <TabPanel value="inputs">
          <Card>
            <SchemaTable schema={flow.schema ?? null} />
          </Card>
        </TabPanel>
        <TabPanel value="versions">
          <FlowVersions
            workspace={workspace}
            flow={flow}
            onRestore={
              develop
                ? (version) =>
                    void navigate({
                      to: "/w/$workspace/flows/edit/$",
                      params: { workspace, _splat: path },
                      search: { version: version.version_id },
                    })
                : undefined
            }
          />
        </TabPanel>
        <TabPanel value="api">
          <ApiTab flow={flow} />
        </TabPanel>
      </Tabs>
    </div>
  );
}
