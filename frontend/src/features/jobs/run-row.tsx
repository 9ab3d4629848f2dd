import { Link } from "@tanstack/react-router";
import { Ban } from "lucide-react";
import type { Job } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Checkbox } from "@/ui/switch";
import { duration, RelativeTime } from "@/ui/time";
import { argsLine } from "./args-line";
import { Elapsed } from "./elapsed";
import { cancelJob } from "./jobs";
import { jobStatus, jobTitle, kindLabel, StatusIcon, StatusWords } from "./status";
import { useWaitReason } from "./waiting";

type RunRowProps = {
  job: Job;
  /** What is said of the script or flow that ran, where something is. */
  summary?: string;
  /** Whether it is picked, while runs are being picked; else the row leads to the run. */
  picked?: boolean;
  onPick?: () => void;
};

/** What a run waits for, where that is more than a free worker or its time. */
function WaitingBadge({ job }: { job: Job }) {
  const reason = useWaitReason(job);
  if (reason === "concurrency") return <Badge title="As many run as may run at once">At its limit</Badge>;
  if (reason !== "unserved") return null;
  return (
    <Badge tone="warning" title={`No worker serves the tag ${job.tag}`}>
      No worker
    </Badge>
  );
}

const WHOLE_ROW =
  "block min-w-0 truncate text-left text-sm font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent";

/** A run in the list of runs. */
export function RunRow({ job, summary, picked, onPick }: RunRowProps) {
  const workspace = useWorkspace();
  const status = jobStatus(job);
  const cancel = useChange({
    run: () => cancelJob(workspace, job.id),
    touches: [["w", workspace, "jobs", "list"]],
  });
  const args = argsLine(job.args);
  return (
    <li className="group relative flex items-center gap-3 px-3 py-2 hover:bg-hover/60 has-data-[state=checked]:bg-accent-soft/50 sm:px-4">
      {onPick && (
        <Checkbox
          checked={picked}
          onCheckedChange={onPick}
          aria-label={`Pick ${jobTitle(job)}, ${job.id}`}
          className="after:absolute after:inset-0"
        />
      )}
      <StatusIcon status={status} />
      <div className="min-w-0 flex-1">
        <div className="flex gap-x-2 max-sm:flex-col sm:items-baseline">
          {onPick ? (
            <span className="block min-w-0 truncate text-sm font-medium">{summary || jobTitle(job)}</span>
          ) : (
            <Link to="/w/$workspace/run/$id" params={{ workspace, id: job.id }} className={WHOLE_ROW}>
              {summary || jobTitle(job)}
            </Link>
          )}
          {summary && (
            <span className="min-w-0 truncate font-mono text-xs text-faint sm:shrink-[4]">
              {job.script_path}
            </span>
          )}
        </div>
        <div className="flex items-center gap-1.5 truncate text-xs text-faint">
          <StatusWords status={status} className="sm:hidden" />
          <RelativeTime at={job.started_at ?? job.created_at} className="shrink-0" />
          <span className="truncate sm:shrink-0">by {job.created_by}</span>
          {args && (
            <>
              <span aria-hidden className="hidden sm:inline">
                ·
              </span>
              <span className="hidden truncate font-mono sm:inline" title={args}>
                {args}
              </span>
            </>
          )}
        </div>
      </div>
      <div className="hidden max-w-56 items-center justify-end gap-1.5 overflow-hidden md:flex">
        <WaitingBadge job={job} />
        {job.type === "CompletedJob" && job.resolved && <Badge tone="success">Resolved</Badge>}
        {job.job_kind !== "script" && <Badge>{kindLabel(job.job_kind)}</Badge>}
        {job.trigger_kind && job.trigger_kind !== "ui" && <Badge tone="outline">{job.trigger_kind}</Badge>}
        {job.labels?.slice(0, 2).map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </div>
      <span className="hidden w-24 shrink-0 truncate text-right font-mono text-xs text-faint lg:block">
        {job.tag}
      </span>
      <span className="w-20 shrink-0 text-right text-xs text-muted tabular-nums">
        {job.type === "CompletedJob" ? (
          duration(job.duration_ms)
        ) : job.running ? (
          <Elapsed since={job.started_at} />
        ) : status === "scheduled" ? (
          <RelativeTime at={job.scheduled_for} />
        ) : (
          "—"
        )}
      </span>
      <span className="relative z-10 hidden w-7 shrink-0 sm:block">
        {job.type === "QueuedJob" && !onPick && (
          <Button
            variant="ghost"
            className="hover:bg-danger-soft hover:text-danger"
            size="icon-sm"
            aria-label="Cancel this run"
            title="Cancel"
            busy={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {!cancel.isPending && <Ban />}
          </Button>
        )}
      </span>
    </li>
  );
}
