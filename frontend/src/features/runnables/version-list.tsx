import { GitCompareArrows, History, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Card } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

export type ListedVersion = {
  id: string;
  message: string | null | undefined;
  isCurrent: boolean;
  /** Who deployed it and when. */
  facts: React.ReactNode;
};

type Props = {
  /** Newest first. */
  versions: readonly ListedVersion[];
  /** Takes an older version into the editor; absent for people who may not edit. */
  onRestore?: (version: string) => void;
  /** The version that is on its way into the editor. */
  restoring?: string | null;
  /** Draws the difference of a version to the present one, once its text is there. */
  renderDifference: (version: string) => React.ReactNode;
};

/** Every deployed version, with its difference to the present one and the way back. */
export function VersionList({ versions, onRestore, restoring, renderDifference }: Props) {
  const [compared, setCompared] = useState<string | null>(null);
  if (versions.length === 0) return <EmptyState icon={History} title="No versions" />;
  return (
    <Card>
      <ul className="divide-y divide-line">
        {versions.map((version, index) => (
          <li key={version.id} className="flex flex-wrap items-center gap-3 px-4 py-2.5">
            <div className="min-w-0 flex-1">
              <div className="flex items-center gap-2">
                <span className="truncate text-sm font-medium">
                  {version.message || (index === versions.length - 1 ? "First version" : "No message")}
                </span>
                {version.isCurrent && <Badge tone="success">Current</Badge>}
              </div>
              <div className="flex items-center gap-1.5 text-xs text-faint">
                <span className="font-mono">{version.id}</span>
                <span aria-hidden>·</span>
                {version.facts}
              </div>
            </div>
            {!version.isCurrent && (
              <div className="flex gap-1">
                <Button size="sm" variant="ghost" onClick={() => setCompared(version.id)}>
                  <GitCompareArrows /> Compare
                </Button>
                {onRestore && (
                  <Button
                    size="sm"
                    variant="ghost"
                    busy={restoring === version.id}
                    onClick={() => onRestore(version.id)}
                  >
                    <Undo2 /> Edit from here
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
        description={compared === null ? undefined : `Version ${compared} on the left`}
        width="1080px"
      >
        <div className="h-[62vh]">{compared !== null && renderDifference(compared)}</div>
      </Dialog>
    </Card>
  );
}

/** Two texts side by side, once the older one has been read. */
export function Difference(props: {
  before: string | undefined;
  after: string;
  language: string;
  error: Error | null;
}) {
  const { before, after, language, error } = props;
  if (error) return <ErrorState error={error} />;
  if (before === undefined) return <Skeleton className="h-full" />;
  return (
    <Suspense fallback={<Skeleton className="h-full" />}>
      <DiffEditor before={before} after={after} language={language} />
    </Suspense>
  );
}
