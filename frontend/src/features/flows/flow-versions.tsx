import { useQuery } from "@tanstack/react-query";
import { GitCompareArrows, History, Undo2 } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Card } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { type Flow, flowHistoryQuery, flowVersionQuery } from "./flows";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type Props = {
  workspace: string;
  flow: Flow;
  /** Takes an older version into the builder; absent for people who may not edit. */
  onRestore?: (version: Flow) => void;
};

/** Every deployed version of a flow, with its difference to the present one and the way back. */
export function FlowVersions({ workspace, flow, onRestore }: Props) {
  const history = useQuery(flowHistoryQuery(workspace, flow.path));
  const [compared, setCompared] = useState<number | null>(null);
  const [restoring, setRestoring] = useState<number | null>(null);
  const other = useQuery({ ...flowVersionQuery(workspace, compared ?? 0), enabled: compared !== null });
  const wanted = useQuery({ ...flowVersionQuery(workspace, restoring ?? 0), enabled: restoring !== null });
  const version = wanted.data;
  useEffect(() => {
    if (restoring === null || !version || !onRestore) return;
    setRestoring(null);
    onRestore(version);
  }, [restoring, version, onRestore]);
  if (history.isPending) return <SkeletonRows rows={4} />;
  if (history.isError) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  const versions = history.data;
  if (versions.length === 0) return <EmptyState icon={History} title="No versions" />;
  return (
    <Card>
      <ul className="divide-y divide-line">
        {versions.map((version, index) => {
          const isCurrent = version.id === flow.version_id || (flow.version_id === undefined && index === 0);
          return (
            <li key={version.id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
              <div className="min-w-0 flex-1">
                <div className="flex items-center gap-2">
                  <span className="truncate text-sm font-medium">
                    {version.deployment_msg ||
                      (index === versions.length - 1 ? "First version" : "No message")}
                  </span>
                  {isCurrent && <Badge tone="success">Current</Badge>}
                </div>
                <div className="flex items-center gap-1.5 text-xs text-faint">
                  <span className="font-mono">#{version.id}</span>
                  {version.created_by && <span>{version.created_by}</span>}
                  <RelativeTime at={version.created_at} />
                </div>
              </div>
              {!isCurrent && (
                <div className="flex gap-1">
                  <Button size="sm" variant="ghost" onClick={() => setCompared(version.id)}>
                    <GitCompareArrows /> Compare
                  </Button>
                  {onRestore && (
                    <Button
                      size="sm"
                      variant="ghost"
                      busy={restoring === version.id}
                      onClick={() => setRestoring(version.id)}
                    >
                      <Undo2 /> Edit from here
                    </Button>
                  )}
                </div>
              )}
            </li>
          );
        })}
      </ul>
      <Dialog
        open={compared !== null}
        onOpenChange={(open) => !open && setCompared(null)}
        title="Difference to the current version"
        description={compared === null ? undefined : `Version #${compared} on the left`}
        width="1080px"
      >
        <div className="h-[62vh]">
          {other.isError && <ErrorState error={other.error} />}
          {other.data ? (
            <Suspense fallback={<Skeleton className="h-full" />}>
              <DiffEditor
                before={toYaml(documentOf(other.data))}
                after={toYaml(documentOf(flow))}
                language="yaml"
              />
            </Suspense>
          ) : (
            !other.isError && <Skeleton className="h-full" />
          )}
        </div>
      </Dialog>
    </Card>
  );
}
