import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { useConfirm } from "@/ui/confirm";
import { Card, CardHeader } from "@/ui/page";
import { pruneVersions, type Versioned } from "./settings";

const KINDS: [Versioned, string, string][] = [
  [
    "scripts",
    "Scripts",
    "Versions that nothing runs any more: neither by path, nor a queued run or a flow that names them.",
  ],
  ["flows", "Flows", "Versions before the deployed one that no queued run takes."],
  ["resources", "Resources", "Values before the present one."],
];

/** Removes earlier versions of what the workspace holds. */
export function PruneCard() {
  const workspace = useWorkspace();
  const confirm = useConfirm();
  const prune = useChange({
    run: (kind: Versioned) => pruneVersions(workspace, kind),
    done: (kind, count) => [
      count === 0
        ? "There were none to remove"
        : `${count} earlier ${count === 1 ? "version" : "versions"} removed`,
      kind,
    ],
    touches: [["w", workspace]],
  });
  const ask = async (kind: Versioned) => {
    const agreed = await confirm({
      title: `Remove the earlier versions of all ${kind}?`,
      body: "They cannot be looked at, compared or restored any more. The runs that they had stay.",
      action: "Remove for good",
    });
    if (agreed) prune.mutate(kind);
  };
  return (
    <Card>
      <CardHeader title="Earlier versions" />
      <div className="flex flex-col divide-y divide-line">
        {KINDS.map(([kind, name, what]) => (
          <div key={kind} className="flex items-center justify-between gap-4 p-4">
            <div>
              <div className="text-sm font-medium">{name}</div>
              <p className="text-xs text-muted">{what}</p>
            </div>
            <Button
              variant="danger-ghost"
              aria-label={`Remove earlier versions of ${kind}`}
              busy={prune.isPending && prune.variables === kind}
              disabled={prune.isPending}
              onClick={() => void ask(kind)}
            >
              Remove
            </Button>
          </div>
        ))}
      </div>
    </Card>
  );
}
