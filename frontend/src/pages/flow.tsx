import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { FlowIcon } from "@/features/flows/flow-row";
import { FlowVersions } from "@/features/flows/flow-versions";
import {
  archiveFlow,
  deleteFlow,
  type Flow,
  flowDeploymentQuery,
  flowQuery,
  flowVersionQuery,
  runFlow,
  runFlowVersion,
} from "@/features/flows/flows";
import { download } from "@/features/results/download";
import { ApiTab } from "@/features/runnables/api-tab";
import { LockFailure, PageHead, PageMissing } from "@/features/runnables/page-head";
import { PageMenu } from "@/features/runnables/page-menu";
import { RunTab } from "@/features/runnables/run-tab";
import { useStar } from "@/features/runnables/star";
import { SchemaTable } from "@/features/scripts/schema-table";
import { useMayWrite } from "@/features/session/rights";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { findModule } from "@/flow-graph/walk";
import { MenuItem } from "@/ui/menu";
import { Card, FRAME } from "@/ui/page";
import { Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

const ReadOnlyGraph = lazy(() => import("@/features/flow-run/read-only-graph"));

type FlowSearch = { tab?: string; version?: string };

function Deployment({ flow }: { flow: Flow }) {
  const workspace = useWorkspace();
  const status = useQuery(flowDeploymentQuery(workspace, flow.path));
  const failed = flow.lock_error_logs || status.data?.lock_error_logs;
  if (!failed) return null;
  return <LockFailure title="The requirements of a step could not be resolved" logs={failed} />;
}

function FlowMenu({ flow, develop }: { flow: Flow; develop: boolean }) {
  const workspace = useWorkspace();
  return (
    <PageMenu
      kind="flow"
      item={flow}
      develop={develop}
      onArchive={() => archiveFlow(workspace, flow.path)}
      onDelete={() => deleteFlow(workspace, flow.path)}
    >
      <MenuItem
        icon={<Download />}
        onSelect={() =>
          download(`${flow.path.split("/").pop()}.flow.yaml`, toYaml(documentOf(flow)), "application/yaml")
        }
      >
        Export as YAML
      </MenuItem>
    </PageMenu>
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

/** A deployed flow: its form, its graph, its versions. */
export default function FlowPage() {
  const workspace = useWorkspace();
  const { _splat: path = "" } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as FlowSearch;
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const mayWrite = useMayWrite();
  const star = useStar(workspace, "flow");
  const current = useQuery(flowQuery(workspace, path));
  const pinned = useQuery({
    ...flowVersionQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const query = search.version ? pinned : current;
  const flow = query.data;
  if (!flow)
    return <PageMissing kind="flow" path={path} error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={FRAME}>
      <PageHead
        kind="flow"
        item={flow}
        icon={<FlowIcon className="size-9" />}
        version={search.version && String(search.version)}
        writable={mayWrite(flow)}
        menu={<FlowMenu flow={flow} develop={develop} />}
        onStar={(starred) => star.mutate({ path, starred })}
      />
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
          <RunTab
            key={flow.version_id ?? path}
            kind="flow"
            item={flow}
            schema={flow.schema}
            description={flow.description}
            defaultTag="flow"
            pinned={Boolean(search.version)}
            onStart={(args, options) =>
              search.version && flow.version_id !== undefined
                ? runFlowVersion(workspace, flow.version_id, args)
                : runFlow(workspace, flow.path, args, options)
            }
          />
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
              mayWrite(flow)
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
          <ApiTab kind="flow" item={flow} />
        </TabPanel>
      </Tabs>
    </div>
  );
}
