import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import { JsonTree } from "@/features/results/tree";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ErrorState, Skeleton } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { resourceHistoryQuery, resourceVersionQuery, restoreResourceVersion } from "./resources";

function Value({ workspace, id }: { workspace: string; id: number }) {
  const version = useQuery(resourceVersionQuery(workspace, id));
  if (version.isPending) return <Skeleton className="mx-3 mb-3 h-16" />;
  if (version.isError) return <ErrorState error={version.error} className="py-4" />;
  const missing = version.data.missing_references;
  return (
    <div className="px-3 pb-3">
      <JsonTree value={version.data.value} />
      {missing.length > 0 && (
        <p className="mt-2 text-xs text-warning">
          What it refers to is not there any more: {missing.join(", ")}
        </p>
      )}
    </div>
  );
}

type EarlierValuesProps = {
  workspace: string;
  path: string;
  /** Absent for people who may look and not restore. */
  onRestored?: () => void;
};

/** The values that a resource had, the newest first, with the way back to them. */
export function EarlierValues({ workspace, path, onRestored }: EarlierValuesProps) {
  const history = useQuery(resourceHistoryQuery(workspace, path));
  const [shown, setShown] = useState<number | null>(null);
  const restore = useChange({
    run: (id: number) => restoreResourceVersion(workspace, id),
    done: () => ["Earlier value restored", path],
    touches: [["w", workspace, "resources"]],
    after: () => onRestored?.(),
  });
  // The first is the present one.
  const earlier = history.data?.versions.slice(1) ?? [];
  if (earlier.length === 0) return null;
  return (
    <section className="border-t border-line pt-4">
      <h3 className="mb-2 text-sm font-semibold">Earlier values</h3>
      <ul className="divide-y divide-line rounded-md border border-line">
        {earlier.map((version) => (
          <li key={version.id}>
            <div className="flex items-center gap-2 px-3 py-1.5">
              <button
                type="button"
                aria-expanded={shown === version.id}
                onClick={() => setShown(shown === version.id ? null : version.id)}
                className="min-w-0 flex-1 rounded text-left hover:text-accent-text"
              >
                <span className="block text-sm font-medium">Value {version.version}</span>
                <span className="block text-xs text-muted">
                  {version.created_by} · <RelativeTime at={version.created_at} />
                </span>
              </button>
              {onRestored && (
                <Button
                  size="sm"
                  variant="ghost"
                  busy={restore.isPending && restore.variables === version.id}
                  onClick={() => restore.mutate(version.id)}
                >
                  <Undo2 /> Restore
                </Button>
              )}
            </div>
            {shown === version.id && <Value workspace={workspace} id={version.id} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
