import type { ReactNode } from "react";
import type { Job } from "@/api/types";
import { kindLabel } from "@/features/jobs/status";
import { languageLabel } from "@/features/scripts/language";
import { Badge } from "@/ui/badge";
import { bytes, duration, RelativeTime } from "@/ui/time";

/** Who ran what, when, where and for how long. */
export function runFacts(job: Job, memPeak: number | null): [string, ReactNode][] {
  const list: [string, ReactNode][] = [
    ["Started by", job.created_by ?? "—"],
    [
      "Runs as",
      <span key="as" className="font-mono text-xs">
        {job.permissioned_as}
      </span>,
    ],
    ["Created", <RelativeTime key="created" at={job.created_at} />],
  ];
  if (job.type === "QueuedJob" && job.scheduled_for && !job.running) {
    list.push(["Scheduled", <RelativeTime key="scheduled" at={job.scheduled_for} />]);
  }
  if (job.started_at) {
    list.push(["Started", <RelativeTime key="started" at={job.started_at} />]);
    if (job.created_at) {
      const waited = new Date(job.started_at).getTime() - new Date(job.created_at).getTime();
      list.push(["Waited", duration(Math.max(0, waited))]);
    }
  }
  if (job.type === "CompletedJob") list.push(["Took", duration(job.duration_ms)]);
  if (job.type === "CompletedJob" && job.resolved) {
    list.push(["Resolved by", job.resolved_by ?? "—"]);
    if (job.resolution_note) list.push(["Resolution", job.resolution_note]);
  }
  if (memPeak) list.push(["Memory peak", bytes(memPeak * 1024)]);
  if (job.language) list.push(["Language", languageLabel(job.language)]);
  list.push(["Kind", kindLabel(job.job_kind)]);
  list.push(["Tag", <Badge key="tag">{job.tag}</Badge>]);
  if (job.worker)
    list.push([
      "Worker",
      <span key="worker" className="break-all font-mono text-xs">
        {job.worker}
      </span>,
    ]);
  if (job.isolation) list.push(["Isolation", job.isolation]);
  if (job.attempt && job.attempt > 1) list.push(["Attempt", job.attempt]);
  if (job.priority) list.push(["Priority", job.priority]);
  if (job.trigger_kind) list.push(["Trigger", job.trigger_kind]);
  if (job.labels?.length) {
    list.push([
      "Labels",
      <span key="labels" className="flex flex-wrap gap-1">
        {job.labels.map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </span>,
    ]);
  }
  return list;
}
