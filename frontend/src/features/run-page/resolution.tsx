import { CircleCheckBig } from "lucide-react";
import { useState } from "react";
import type { CompletedJob, Job } from "@/api/types";
import { resolveJobs, unresolveJobs } from "@/features/jobs/jobs";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Textarea } from "@/ui/input";
import { MenuItem } from "@/ui/menu";
import { exactTime } from "@/ui/time";

/** Whether a run ended in a way that somebody may have to deal with. */
export const endedBadly = (job: Job): job is CompletedJob =>
  job.type === "CompletedJob" && (job.canceled || !job.success);

export function ResolvedBadge({ job }: { job: Job }) {
  if (job.type !== "CompletedJob" || !job.resolved) return null;
  const when = job.resolved_at ? exactTime(job.resolved_at) : "";
  return (
    <Badge tone="success" title={`By ${job.resolved_by ?? "somebody"}, ${when}`}>
      <CircleCheckBig aria-hidden /> Resolved
    </Badge>
  );
}

type Props = { workspace: string; job: CompletedJob; refetch: () => void };

/** The entry of the run's menu that marks a failure as dealt with, or takes the mark back. */
export function ResolveItem({ workspace, job, refetch, onAsk }: Props & { onAsk: () => void }) {
  const undo = useChange({
    run: () => unresolveJobs(workspace, [job.id]),
    done: () => ["No longer resolved"],
    touches: [["w", workspace, "jobs", "list"]],
    after: refetch,
  });
  return (
    <MenuItem icon={<CircleCheckBig />} onSelect={() => (job.resolved ? undo.mutate() : onAsk())}>
      {job.resolved ? "Not resolved after all" : "Mark as resolved"}
    </MenuItem>
  );
}

export function ResolveDialog({ workspace, job, refetch, onClose }: Props & { onClose: () => void }) {
  const [note, setNote] = useState("");
  const save = useChange({
    run: () => resolveJobs(workspace, [job.id], note.trim() || undefined),
    done: () => ["Marked as resolved"],
    touches: [["w", workspace, "jobs", "list"]],
    after: () => {
      refetch();
      onClose();
    },
  });
  return (
    <FormDialog
      title="Mark as resolved"
      description="Somebody has dealt with this failure; lists can leave it out."
      submit="Mark as resolved"
      busy={save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Note" optional hint="What it was, or what was done.">
        <Textarea value={note} onChange={(event) => setNote(event.target.value)} rows={3} autoFocus />
      </Field>
    </FormDialog>
  );
}
