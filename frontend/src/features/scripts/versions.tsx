import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { GitCompareArrows, History, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Script } from "@/api/types";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Card } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { monacoLanguage } from "./language";
import { scriptByHashQuery, scriptHistoryQuery } from "./scripts";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

function VersionFacts({ workspace, hash }: { workspace: string; hash: string }) {
  const version = useQuery(scriptByHashQuery(workspace, hash));
  if (!version.data) return <Skeleton className="h-3 w-32" />;
  return (
    <>
      <span>{version.data.created_by}</span>
      <span aria-hidden>·</span>
      <RelativeTime at={version.data.created_at} />
    </>
  );
}

/** Every deployed version, with its difference to the present one and the way back. */
export function Versions({
  workspace,
  script,
  canEdit,
}: {
  workspace: string;
  script: Script;
  canEdit: boolean;
}) {
  const history = useQuery(scriptHistoryQuery(workspace, script.path));
  const [compared, setCompared] = useState<string | null>(null);
  const other = useQuery({ ...scriptByHashQuery(workspace, compared ?? ""), enabled: compared !== null });
  if (history.isPending) return <SkeletonRows rows={4} />;
  if (history.isError) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  if (history.data.length === 0) return <EmptyState icon={History} title="No versions" />;
  return (
    <Card>
      <ul className="divide-y divide-line">
        {history.data.map((version, index) => (
          <li key={version.script_hash} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <div className="flex items-center gap-2">
                <span className="truncate text-sm font-medium">
                  {version.deployment_msg ||
                    (index === history.data.length - 1 ? "First version" : "No message")}
                </span>
                {version.script_hash === script.hash && <Badge tone="success">Current</Badge>}
              </div>
              <div className="flex items-center gap-1.5 text-xs text-faint">
                <span className="font-mono">{version.script_hash}</span>
                <span aria-hidden>·</span>
                <VersionFacts workspace={workspace} hash={version.script_hash} />
              </div>
            </div>
            {version.script_hash !== script.hash && (
              <div className="flex gap-1">
                <Button size="sm" variant="ghost" onClick={() => setCompared(version.script_hash)}>
                  <GitCompareArrows /> Compare
                </Button>
                {canEdit && (
                  <Button size="sm" variant="ghost" asChild>
                    <Link
                      to="/w/$workspace/edit/$"
                      params={{ workspace, _splat: script.path }}
                      search={{ version: version.script_hash }}
                    >
                      <Undo2 /> Edit from here
                    </Link>
                  </Button>
                )}
              </div>
            )}
          </li>
        ))}
      </ul>
      <Dialog
        open={compared !== null}
        onOpenChange={(open) => !open && setCompared(null)}
        title="Difference to the current version"
        description={compared ?? undefined}
        width="1080px"
      >
        <div className="h-[62vh]">
          {other.isError && <ErrorState error={other.error} />}
          {other.data ? (
            <Suspense fallback={<Skeleton className="h-full" />}>
              <DiffEditor
                before={other.data.content}
                after={script.content}
                language={monacoLanguage(script.language)}
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
