import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Workflow } from "lucide-react";
import { ListRow } from "@/features/runnables/list-row";
import { useWorkspace } from "@/features/session/session";
import { cn } from "@/ui/cn";
import { tellDone, tellError } from "@/ui/toast";
import { archiveFlow, type Flow, useStarFlow } from "./flows";

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

/** A flow in the list of what can be run. */
export function FlowRow({ flow, develop }: { flow: Flow; develop: boolean }) {
  const workspace = useWorkspace();
  const star = useStarFlow(workspace);
  const client = useQueryClient();
  const archive = useMutation({
    mutationFn: () => archiveFlow(workspace, flow.path),
    onSuccess: () => {
      tellDone("Flow archived", flow.path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
    },
    onError: tellError,
  });
  return (
    <ListRow
      kind="flow"
      item={flow}
      icon={<FlowIcon />}
      by={flow.edited_by}
      at={flow.edited_at}
      develop={develop}
      onStar={(starred) => star.mutate({ path: flow.path, starred })}
      onArchive={() => archive.mutate()}
    />
  );
}
