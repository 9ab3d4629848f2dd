import {
  Ban,
  CalendarClock,
  CircleCheck,
  CircleDashed,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  PauseCircle,
  SkipForward,
} from "lucide-react";
import type { Job } from "@/api/types";
import { Badge, type BadgeTone } from "@/ui/badge";
import { cn } from "@/ui/cn";

export type JobStatus =
  | "scheduled"
  | "queued"
  | "suspended"
  | "running"
  | "success"
  | "failure"
  | "canceled"
  | "skipped";

/** What a run is doing, or how it ended. */
export function jobStatus(job: Job, now = Date.now()): JobStatus {
  if (job.type === "CompletedJob") {
    if (job.canceled) return "canceled";
    if (job.is_skipped) return "skipped";
    return job.success ? "success" : "failure";
  }
  if (job.suspend) return "suspended";
  if (job.running) return "running";
  if (job.scheduled_for && new Date(job.scheduled_for).getTime() > now + 2000) return "scheduled";
  return "queued";
}

export const STATUS: Record<JobStatus, { label: string; tone: BadgeTone; icon: LucideIcon; colour: string }> =
  {
    scheduled: { label: "Scheduled", tone: "neutral", icon: CalendarClock, colour: "text-muted" },
    queued: { label: "Queued", tone: "neutral", icon: CircleDashed, colour: "text-muted" },
    suspended: { label: "Waiting", tone: "warning", icon: PauseCircle, colour: "text-warning" },
    running: { label: "Running", tone: "accent", icon: LoaderCircle, colour: "text-accent-text" },
    success: { label: "Success", tone: "success", icon: CircleCheck, colour: "text-success-solid" },
    failure: { label: "Failed", tone: "danger", icon: CircleX, colour: "text-danger-solid" },
    canceled: { label: "Canceled", tone: "warning", icon: Ban, colour: "text-warning-solid" },
    skipped: { label: "Skipped", tone: "neutral", icon: SkipForward, colour: "text-muted" },
  };

const WORDS: Record<BadgeTone, string> = {
  neutral: "text-muted",
  accent: "text-accent-text",
  success: "text-success",
  danger: "text-danger",
  warning: "text-warning",
  outline: "text-muted",
};

/** A status in words of its colour. Words need more contrast than an icon of the same colour does. */
export function StatusWords({ status, className }: { status: JobStatus; className?: string }) {
  return <span className={cn(WORDS[STATUS[status].tone], className)}>{STATUS[status].label}</span>;
}

export function StatusIcon({ status, className }: { status: JobStatus; className?: string }) {
  const { icon: Icon, label, colour } = STATUS[status];
  return (
    <Icon
      aria-label={label}
      role="img"
      className={cn("size-4 shrink-0", colour, status === "running" && "animate-spin", className)}
    />
  );
}

/** `label` says more about the run at hand than its state does. */
export function StatusBadge({ status, label: said }: { status: JobStatus; label?: string }) {
  const { icon: Icon, label, tone } = STATUS[status];
  return (
    <Badge tone={tone} data-status={status}>
      <Icon className={cn(status === "running" && "animate-spin")} aria-hidden /> {said ?? label}
    </Badge>
  );
}

const KINDS: Record<string, string> = {
  script: "Script",
  preview: "Test",
  dependencies: "Lock",
  flow: "Flow",
  flowpreview: "Flow test",
  script_hub: "Hub script",
  identity: "Pass on",
  flowdependencies: "Lock of a flow",
  singlestepflow: "Flow",
};

export function kindLabel(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** Whether it was a flow that ran, deployed or not. */
export function isFlowRun(job: Job): boolean {
  return job.job_kind === "flow" || job.job_kind === "flowpreview";
}

/** The name of a run: the path of its script, or what kind of code it was. */
export function jobTitle(job: Job): string {
  if (job.script_path) return job.script_path;
  if (job.job_kind === "preview") return "Test of unsaved code";
  return job.job_kind === "flowpreview" ? "Test of an unsaved flow" : kindLabel(job.job_kind);
}
