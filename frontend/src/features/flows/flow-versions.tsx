import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Difference, VersionList } from "@/features/runnables/version-list";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { type Flow, flowHistoryQuery, flowVersionQuery } from "./flows";

type Props = {
  workspace: string;
  flow: Flow;
  /** Takes an older version into the builder; absent for people who may not edit. */
  onRestore?: (version: Flow) => void;
};

function FlowDifference({ workspace, flow, version }: { workspace: string; flow: Flow; version: string }) {
  const other = useQuery(flowVersionQuery(workspace, version));
  return (
    <Difference
      before={other.data && toYaml(documentOf(other.data))}
      after={toYaml(documentOf(flow))}
      language="yaml"
      error={other.error}
    />
  );
}

/** The versions of a flow. */
export function FlowVersions({ workspace, flow, onRestore }: Props) {
  const history = useQuery(flowHistoryQuery(workspace, flow.path));
  const [restoring, setRestoring] = useState<string | null>(null);
  const wanted = useQuery({ ...flowVersionQuery(workspace, restoring ?? ""), enabled: restoring !== null });
  const version = wanted.data;
  useEffect(() => {
    if (restoring === null || !version || !onRestore) return;
    setRestoring(null);
    onRestore(version);
  }, [restoring, version, onRestore]);
  if (history.isPending) return <SkeletonRows rows={4} />;
  if (history.isError) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  return (
    <VersionList
      versions={history.data.map((one, index) => ({
        id: String(one.id),
        message: one.deployment_msg,
        isCurrent: one.id === flow.version_id || (flow.version_id === undefined && index === 0),
        facts: (
          <>
            {one.created_by && <span>{one.created_by}</span>}
            <RelativeTime at={one.created_at} />
          </>
        ),
      }))}
      onRestore={onRestore && setRestoring}
      restoring={restoring}
      renderDifference={(id) => <FlowDifference workspace={workspace} flow={flow} version={id} />}
    />
  );
}
