import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FileLock2, FolderInput, LoaderCircle } from "lucide-react";
import { useEffect, useState } from "react";
import type { Script } from "@/api/types";
import { runHash, runScript } from "@/features/jobs/jobs";
import { ApiTab } from "@/features/runnables/api-tab";
import { LockFailure, PageHead, PageMissing } from "@/features/runnables/page-head";
import { PageMenu } from "@/features/runnables/page-menu";
import { RunTab } from "@/features/runnables/run-tab";
import { useStar } from "@/features/runnables/star";
import { ScriptDetails } from "@/features/scripts/details";
import { LanguageIcon, monacoLanguage } from "@/features/scripts/language";
import { MoveDialog } from "@/features/scripts/move-dialog";
import { SchemaTable } from "@/features/scripts/schema-table";
import {
  archiveScript,
  deleteScript,
  deploymentQuery,
  scriptByHashQuery,
  scriptQuery,
} from "@/features/scripts/scripts";
import { Versions } from "@/features/scripts/versions";
import { useMayWrite } from "@/features/session/rights";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { MenuItem } from "@/ui/menu";
import { Card, FRAME } from "@/ui/page";
import { EmptyState } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

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
      <LockFailure title="The requirements of this version could not be resolved" logs={failed}>
        Until it is fixed and deployed again, the last version that works runs.
      </LockFailure>
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

function ScriptMenu({ script, develop }: { script: Script; develop: boolean }) {
  const workspace = useWorkspace();
  const [moving, setMoving] = useState(false);
  const writable = useMayWrite()(script);
  return (
    <>
      {moving && <MoveDialog workspace={workspace} script={script} onClose={() => setMoving(false)} />}
      <PageMenu
        kind="script"
        item={script}
        develop={develop}
        onArchive={() => archiveScript(workspace, script.path)}
        onDelete={() => deleteScript(workspace, script.path)}
      >
        {writable && (
          <MenuItem icon={<FolderInput />} onSelect={() => setMoving(true)}>
            Move or rename
          </MenuItem>
        )}
      </PageMenu>
    </>
  );
}

export default function ScriptPage() {
  const workspace = useWorkspace();
  const { _splat: path = "" } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as ScriptSearch;
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const mayWrite = useMayWrite();
  const star = useStar(workspace, "script");
  const current = useQuery(scriptQuery(workspace, path));
  const pinned = useQuery({
    ...scriptByHashQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const query = search.version ? pinned : current;
  const script = query.data;
  const runnable = script?.auto_kind !== "lib";
  const tab = search.tab ?? (runnable ? "run" : "code");

  if (!script) {
    return (
      <PageMissing
        kind="script"
        path={path}
        error={query.error}
        retry={() => void query.refetch()}
        action={
          develop && (
            <Button variant="primary" asChild>
              <Link to="/w/$workspace/scripts/new" params={{ workspace }} search={{ draft: path }}>
                Write it
              </Link>
            </Button>
          )
        }
      />
    );
  }
  return (
    <div className={FRAME}>
      <PageHead
        kind="script"
        item={script}
        icon={<LanguageIcon language={script.language} className="size-9" />}
        version={search.version?.slice(0, 8)}
        writable={mayWrite(script)}
        badges={
          <>
            {script.auto_kind === "lib" && <Badge>Library</Badge>}
            {script.dedicated_worker && <Badge tone="accent">Warm</Badge>}
          </>
        }
        menu={<ScriptMenu script={script} develop={develop} />}
        onStar={(starred) => star.mutate({ path, starred })}
      />
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
          <Tab value="inputs">Inputs</Tab>
          <Tab value="lock">Requirements</Tab>
          <Tab value="versions">Versions</Tab>
          {runnable && <Tab value="api">API</Tab>}
          <Tab value="details">Details</Tab>
        </TabsList>
        <TabPanel value="run">
          <RunTab
            key={script.hash}
            kind="script"
            item={script}
            schema={script.schema}
            description={script.description}
            runnable={{ source: "deployed", path: script.path, runnable_kind: "script" }}
            defaultTag="default of the script"
            pinned={Boolean(search.version)}
            onStart={(args, options) =>
              search.version
                ? runHash(workspace, script.hash, args)
                : runScript(workspace, script.path, args, options)
            }
          />
        </TabPanel>
        <TabPanel value="code">
          <CodeBlock text={script.content} language={monacoLanguage(script.language)} />
        </TabPanel>
        <TabPanel value="inputs">
          <Card>
            <SchemaTable schema={script.schema} />
          </Card>
        </TabPanel>
        <TabPanel value="lock">
          <Lock script={script} />
        </TabPanel>
        <TabPanel value="versions">
          <Versions workspace={workspace} script={script} canEdit={mayWrite(script)} />
        </TabPanel>
        <TabPanel value="api">
          <ApiTab kind="script" item={script} />
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
