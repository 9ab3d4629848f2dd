import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import type { Job } from "@/api/types";
import { ProgressBar, StreamedResult } from "@/features/jobs/job-panel";
import { queuePosition } from "@/features/jobs/jobs";
import { isFlowRun, type JobStatus } from "@/features/jobs/status";
import type { LiveJob } from "@/features/jobs/use-job";
import { useWaitReason } from "@/features/jobs/waiting";
import { JobResult } from "@/features/results/job-result";
import { ResultToolsPlace } from "@/features/results/result-view";
import { Card, CardHeader } from "@/ui/page";
import { exactTime } from "@/ui/time";

function Waiting({ workspace, job }: { workspace: string; job: Job }) {
  const at = job.type === "QueuedJob" ? job.scheduled_for : null;
  const reason = useWaitReason(job);
  const queue = useQuery({
    ...queuePosition(workspace, at ?? ""),
    enabled: Boolean(at) && reason === "worker",
  });
  const before = (queue.data?.position ?? 1) - 1;
  if (reason === "unserved") {
    return (
      <div className="m-4 flex gap-3 rounded-md bg-warning-soft p-3 text-sm">
        <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warning" aria-hidden />
        <p className="min-w-0">
          No worker serves the tag <span className="font-mono text-xs">{job.tag}</span>. It begins as soon as
          one does.{" "}
          <Link
            to="/w/$workspace/workers"
            params={{ workspace }}
            className="text-accent-text hover:underline"
          >
            Look at the workers
          </Link>
        </p>
      </div>
    );
  }
  return (
    <p className="px-4 py-6 text-sm text-muted">
      {reason === "time" && at
        ? `Starts ${exactTime(at)}.`
        : reason === "concurrency"
          ? "Waiting for its turn: as many as may run at once under its concurrency limit are running. "
          : `Waiting for a free worker that serves the tag “${job.tag}”${
              before > 0 ? `; ${before} in the queue before it` : ""
            }.`}
      {reason === "concurrency" && job.script_path && (
        <Link
          to="/w/$workspace/runs"
          params={{ workspace }}
          search={{ path: job.script_path, status: "running" }}
          className="text-accent-text hover:underline"
        >
          See what is running
        </Link>
      )}
    </p>
  );
}

/** The run that took the place of this one before it began; null where none did. */
function joinedBy(job: Job): string | null {
  if (job.type !== "CompletedJob" || !job.is_skipped || typeof job.result !== "string") return null;
  return /^debounced by ([0-9a-f-]{36})$/.exec(job.result)?.[1] ?? null;
}

/** The result of a run, or what it does until there is one. */
export function RunResult({
  workspace,
  job,
  live,
  status,
}: {
  workspace: string;
  job: Job;
  live: LiveJob;
  status: JobStatus;
}) {
  const running = job.type === "QueuedJob";
  const later = joinedBy(job);
  const [tools, setTools] = useState<HTMLElement | null>(null);
  const isFlow = isFlowRun(job);
  return (
    <Card>
      <CardHeader title="Result" actions={<span ref={setTools} className="flex items-center gap-1.5" />} />
      {running && live.progress !== null && (
        <div className="px-4 pt-4">
          <ProgressBar value={live.progress} />
          <p className="mt-1 text-xs text-muted tabular-nums">{live.progress} %</p>
        </div>
      )}
      {running && live.stream && (
        <div className="p-4">
          <StreamedResult text={live.stream} />
        </div>
      )}
      {running &&
        !live.stream &&
        (status === "running" ? (
          <p className="px-4 py-6 text-sm text-muted">
            {isFlow || (job.workflow_as_code_status && !job.worker)
              ? "Its steps are running…"
              : `Running on ${job.worker ?? "a worker"}…`}
          </p>
        ) : status === "suspended" ? (
          <p className="px-4 py-6 text-sm text-muted">It goes on, and comes to a result, once approved.</p>
        ) : (
          <Waiting workspace={workspace} job={job} />
        ))}
      {job.type === "CompletedJob" && (
        <div className="p-4">
          {job.deleted ? (
            <p className="text-sm text-muted">The result was deleted after use, as the script asks.</p>
          ) : later ? (
            <p className="text-sm text-muted">
              Skipped: a later run was joined with it and{" "}
              <Link to="/w/$workspace/run/$id" params={{ workspace, id: later }} className="text-accent-text">
                runs for both
              </Link>
              .
            </p>
          ) : (
            <ResultToolsPlace value={tools}>
              <JobResult workspace={workspace} job={job} />
            </ResultToolsPlace>
          )}
        </div>
      )}
    </Card>
  );
}
