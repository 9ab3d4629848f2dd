import { Link } from "@tanstack/react-router";
import { Ban, ExternalLink, RadioTower } from "lucide-react";
import { lazy, Suspense } from "react";
import { JobResult } from "@/features/results/job-result";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Skeleton } from "@/ui/states";
import { bytes, duration } from "@/ui/time";
import { tellError } from "@/ui/toast";
import { Elapsed } from "./elapsed";
import { cancelJob } from "./jobs";
import { jobStatus, StatusBadge } from "./status";
import type { LiveJob } from "./use-job";

const Markdown = lazy(() => import("@/features/results/markdown"));

export function ProgressBar({ value }: { value: number }) {
  return (
    <div
      role="progressbar"
      aria-label="Progress"
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1.5 overflow-hidden rounded-full bg-hover"
    >
      <div
        className="h-full rounded-full bg-accent transition-[width] duration-300"
        style={{ width: `${value}%` }}
      />
    </div>
  );
}

/** What a running script streams as its result, as it comes. */
export function StreamedResult({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-2">
      <div className="flex items-center gap-1.5 text-xs text-accent-text">
        <RadioTower className="size-3.5" aria-hidden /> Streaming
      </div>
      <Suspense fallback={<Skeleton className="h-10" />}>
        <Markdown text={text} />
      </Suspense>
    </div>
  );
}

/** Status line, progress and result of the run beside an editor or form. */
export function JobOutcome({
  workspace,
  live,
  className,
  onOpenLine,
}: {
  workspace: string;
  live: LiveJob;
  className?: string;
  /** Goes to a line of the code beside it. */
  onOpenLine?: (line: number) => void;
}) {
  const { job, progress, stream } = live;
  if (!job) return <Skeleton className="m-4 h-8" />;
  const running = job.type === "QueuedJob";
  return (
    <div className={cn("flex min-w-0 flex-col gap-3", className)}>
      <div className="flex flex-wrap items-center gap-2">
        <StatusBadge status={jobStatus(job)} />
        <span className="text-xs text-muted tabular-nums">
          {job.type === "CompletedJob" ? (
            duration(job.duration_ms)
          ) : (
            <Elapsed since={job.started_at ?? job.created_at} />
          )}
          {live.memPeak ? ` · ${bytes(live.memPeak * 1024)}` : ""}
        </span>
        <span className="ml-auto flex gap-1">
          {running && (
            <Button
              size="sm"
              variant="danger-ghost"
              onClick={() => void cancelJob(workspace, job.id).catch(tellError)}
            >
              <Ban /> Cancel
            </Button>
          )}
          <Button size="sm" variant="ghost" asChild>
            <Link to="/w/$workspace/run/$id" params={{ workspace, id: job.id }}>
              Open run <ExternalLink />
            </Link>
          </Button>
        </span>
      </div>
      {running && progress !== null && <ProgressBar value={progress} />}
      {running && stream && <StreamedResult text={stream} />}
      {running && !stream && <p className="text-sm text-muted">The result appears here when the run ends.</p>}
      {job.type === "CompletedJob" && <JobResult workspace={workspace} job={job} onOpenLine={onOpenLine} />}
    </div>
  );
}
