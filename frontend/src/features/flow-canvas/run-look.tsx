import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  LoaderCircle,
  type LucideIcon,
  SkipForward,
} from "lucide-react";
import type { StepState } from "@/flow-graph/status";
import { cn } from "@/ui/cn";

export const STATE_LOOK: Record<
  StepState,
  { label: string; icon: LucideIcon; colour: string; border: string; bar: string }
> = {
  waiting: {
    label: "Not started",
    icon: CircleDashed,
    colour: "text-line-strong",
    border: "border-line",
    bar: "bg-line-strong",
  },
  queued: {
    label: "Queued",
    icon: CircleDashed,
    colour: "text-muted",
    border: "border-line-strong",
    bar: "bg-line-strong",
  },
  running: {
    label: "Running",
    icon: LoaderCircle,
    colour: "text-accent-text",
    border: "border-accent",
    bar: "bg-accent",
  },
  suspended: {
    label: "Waiting for approval",
    icon: CirclePause,
    colour: "text-warning",
    border: "border-warning-solid",
    bar: "bg-warning-solid",
  },
  success: {
    label: "Succeeded",
    icon: CircleCheck,
    colour: "text-success-solid",
    border: "border-success-solid/60",
    bar: "bg-success-solid",
  },
  failure: {
    label: "Failed",
    icon: CircleX,
    colour: "text-danger-solid",
    border: "border-danger-solid",
    bar: "bg-danger-solid",
  },
  canceled: {
    label: "Canceled",
    icon: Ban,
    colour: "text-warning-solid",
    border: "border-warning-solid/60",
    bar: "bg-warning-solid/60",
  },
  skipped: {
    label: "Skipped",
    icon: SkipForward,
    colour: "text-muted",
    border: "border-line-strong",
    bar: "bg-line-strong",
  },
};

export function StateIcon({ state, className }: { state: StepState; className?: string }) {
  const { icon: Icon, label, colour } = STATE_LOOK[state];
  return (
    <Icon
      role="img"
      aria-label={label}
      className={cn("size-4 shrink-0", colour, state === "running" && "animate-spin", className)}
    />
  );
}

/** The colour of a state where there is room for no more than that. */
export const STATE_COLOUR: Record<string, string> = {
  success: "var(--success-solid)",
  failure: "var(--danger-solid)",
  running: "var(--accent)",
  suspended: "var(--warning-solid)",
  canceled: "var(--warning-solid)",
};
