import {
  ArrowRightToLine,
  Bot,
  CalendarClock,
  CirclePause,
  FileCode2,
  FlaskConical,
  GitBranch,
  GitFork,
  HardDriveDownload,
  type LucideIcon,
  Merge,
  OctagonX,
  Repeat,
  RotateCcw,
  SkipForward,
  Timer,
  Waypoints,
  Workflow,
} from "lucide-react";
import { LanguageIcon, languageLabel } from "@/features/scripts/language";
import type { FlowModule, ModuleValue } from "@/flow-graph/types";
import { cn } from "@/ui/cn";

const ICONS: Record<Exclude<ModuleValue["type"], "rawscript">, LucideIcon> = {
  script: FileCode2,
  flow: Workflow,
  forloopflow: Repeat,
  whileloopflow: RotateCcw,
  branchone: GitBranch,
  branchall: GitFork,
  identity: ArrowRightToLine,
  aiagent: Bot,
};

const tile =
  "inline-flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-muted [&_svg]:size-3.5";

/** The mark of a step: its language, or what it does with others. */
export function StepIcon({ module, className }: { module: FlowModule; className?: string }) {
  const { value } = module;
  if (isApproval(module)) {
    return (
      <span className={cn(tile, "border-warning/30 bg-warning-soft text-warning", className)}>
        <CirclePause aria-hidden />
      </span>
    );
  }
  if (value.type === "rawscript")
    return <LanguageIcon language={value.language} className={cn("size-7", className)} />;
  const Icon = module.sleep && value.type === "identity" ? Timer : ICONS[value.type];
  const control = !["script", "flow", "identity"].includes(value.type);
  return (
    <span className={cn(tile, control && "border-accent/25 bg-accent-soft text-accent-text", className)}>
      <Icon aria-hidden />
    </span>
  );
}

export function isApproval(module: FlowModule): boolean {
  return (module.suspend?.required_events ?? 0) >= 1;
}

/** What a step is, in a word or two. */
export function stepKindLabel(module: FlowModule): string {
  const { value } = module;
  switch (value.type) {
    case "rawscript":
      return languageLabel(value.language);
    case "script":
      return value.path || "Script";
    case "flow":
      return value.path || "Flow";
    case "forloopflow":
      return value.parallel ? "For each, in parallel" : "For each";
    case "whileloopflow":
      return "Repeat until it stops";
    case "branchone":
      return "First branch that applies";
    case "branchall":
      return value.parallel === false ? "All branches in turn" : "All branches at once";
    case "identity":
      return module.sleep ? "Waits, passes its input on" : "Passes its input on";
    case "aiagent":
      return "Agent";
  }
}

type Mark = { icon: LucideIcon; label: string };

/** The settings of a step that change what it does, as small marks. */
export function stepMarks(module: FlowModule): Mark[] {
  const marks: Mark[] = [];
  const attempts = (module.retry?.constant?.attempts ?? 0) + (module.retry?.exponential?.attempts ?? 0);
  if (module.mock?.enabled) marks.push({ icon: FlaskConical, label: "Mocked: it does not run" });
  if (module.skip_if) marks.push({ icon: SkipForward, label: "Skipped on a condition" });
  if (attempts > 0) marks.push({ icon: RotateCcw, label: `Retried up to ${attempts} times` });
  if (module.stop_after_if || module.stop_after_all_iters_if) {
    marks.push({ icon: OctagonX, label: "May stop the flow or loop early" });
  }
  if (module.continue_on_error) marks.push({ icon: Waypoints, label: "The flow goes on when it fails" });
  if (module.debouncing?.debounce_delay_s) marks.push({ icon: Merge, label: "Joined with later runs" });
  if (module.cache_ttl) marks.push({ icon: HardDriveDownload, label: "Its result is cached" });
  if (module.sleep && module.value.type !== "identity")
    marks.push({ icon: CalendarClock, label: "Waits afterwards" });
  return marks;
}
