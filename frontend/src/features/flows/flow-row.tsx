import { Workflow } from "lucide-react";
import { DraftedBadge } from "@/features/drafts/drafted-badge";
import { ListRow } from "@/features/runnables/list-row";
import { useStar } from "@/features/runnables/star";
import { useWorkspace } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { archiveFlow, type Flow } from "./flows";

export function FlowIcon({ className }: { className?: string }) {
  return (
    <span
      title="Flow"
      className={cn(
        "inline-flex size-6 shrink-0 items-center justify-center rounded-md border border-accent/25 bg-accent-soft text-accent-text",
        className,
      )}
    >
      <Workflow className="size-3.5" aria-hidden />
    </span>
  );
}

type Props = { flow: Flow; othersDrafting: readonly string[]; develop: boolean };

/** A flow in the list of what can be run. */
export function FlowRow({ flow, othersDrafting, develop }: Props) {
  const workspace = useWorkspace();
  const star = useStar(workspace, "flow");
  const archive = useChange({
    run: () => archiveFlow(workspace, flow.path),
    done: () => ["Flow archived", flow.path],
    touches: [["w", workspace, "flows"]],
  });
  return (
    <ListRow
      kind="flow"
      item={flow}
      icon={<FlowIcon />}
      by={flow.edited_by}
      at={flow.edited_at}
      develop={develop}
      badges={<DraftedBadge authors={othersDrafting} />}
      onStar={(starred) => star.mutate({ path: flow.path, starred })}
      onArchive={() => archive.mutate()}
    />
  );
}
