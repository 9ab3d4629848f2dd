import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { ChevronsDownUp, ChevronsUpDown, Flag, Layers, LogIn, Plus } from "lucide-react";
import { memo } from "react";
import { groupTitle } from "@/flow-graph/groups";
import type { GraphNode } from "@/flow-graph/layout";
import type { StepRun } from "@/flow-graph/status";
import { isContainer, stepTitle } from "@/flow-graph/walk";
import { cn } from "@/ui/cn";
import { duration } from "@/ui/time";
import { useCanvas } from "./actions";
import { noteColour } from "./notes";
import { STATE_LOOK, StateIcon } from "./run-look";
import { StepIcon, stepKindLabel, stepMarks } from "./step-look";
import { Turns } from "./turns";

export type BoxData = {
  node: GraphNode;
  isSelected: boolean;
  isMarked: boolean;
  run?: StepRun;
  durationMs?: number | null;
  problem?: "error" | "warning";
  /** For the fixed boxes: a second line. */
  note?: string;
  isDimmed?: boolean;
  /** While an input is connected: it can be read, it is what reads, or neither. */
  wire?: "source" | "here" | "off";
};

const WIRE_LOOK = {
  source: "!border-accent !bg-accent-soft ring-2 ring-accent/40",
  here: "!border-dashed !border-accent",
  off: "opacity-45",
};

/** What those who hear the page learn of a box while an input is connected. */
const wireLabel = (wire: BoxData["wire"]) => (wire === "source" ? ", can be taken" : "");
export type BoxNode = Node<BoxData>;

// The lines are drawn from computed places; the handles only have to exist.
const hidden = "!pointer-events-none !min-h-0 !min-w-0 !border-0 !bg-transparent !opacity-0";
const Ends = () => (
  <>
    <Handle type="target" position={Position.Top} className={hidden} isConnectable={false} />
    <Handle type="source" position={Position.Bottom} className={hidden} isConnectable={false} />
  </>
);

const StepBox = memo(function StepBox({ data }: NodeProps<BoxNode>) {
  const { node, run, isSelected, problem } = data;
  const canvas = useCanvas();
  const { module } = node;
  if (!module) return null;
  const marks = stepMarks(module);
  const container = isContainer(module.value);
  return (
    <div
      className={cn(
        "group/box relative flex h-full w-full items-center gap-2.5 rounded-lg border bg-surface px-2.5 shadow-card transition-colors",
        run ? STATE_LOOK[run.state].border : "border-line-strong/70 hover:border-line-strong",
        node.kind === "special" && "border-dashed",
        data.isMarked && "!border-accent bg-accent-soft",
        isSelected && (run ? "ring-2 ring-accent/40" : "!border-accent ring-2 ring-accent/25"),
        // What the run did not reach steps back, but stays readable.
        (data.isDimmed || run?.state === "waiting") && "border-dashed bg-sunken text-muted shadow-none",
        data.wire && WIRE_LOOK[data.wire],
      )}
    >
      <Ends />
      <button
        type="button"
        tabIndex={data.wire === "source" ? 0 : -1}
        onClick={(event) => canvas.onSelect(node.id, event.shiftKey)}
        aria-pressed={isSelected || data.isMarked}
        aria-label={`Step ${module.id}: ${stepTitle(module)}${run ? `, ${STATE_LOOK[run.state].label}` : ""}${wireLabel(data.wire)}`}
        className="absolute inset-0 rounded-lg outline-none"
      />
      <StepIcon module={module} className="pointer-events-none relative" />
      <span className="pointer-events-none relative min-w-0 flex-1 text-left">
        <span className="block truncate text-sm font-medium leading-[18px]">{stepTitle(module)}</span>
        <span className="flex items-center gap-1.5 text-2xs text-faint">
          <span className="truncate">
            {module.summary && !container ? stepKindLabel(module) : subtitle(node)}
          </span>
          {marks.slice(0, 4).map(({ icon: Icon, label }) => (
            <Icon key={label} className="size-3 shrink-0" role="img" aria-label={label} />
          ))}
        </span>
      </span>
      <span className="pointer-events-none relative flex shrink-0 flex-col items-end gap-0.5">
        <span className="flex items-center gap-1">
          <ProblemDot problem={problem} />
          {run && <StateIcon state={run.state} />}
          <span className="rounded bg-hover px-1 font-mono text-2xs text-muted">{module.id}</span>
        </span>
        {run &&
          (container ? (
            <Turns run={run} />
          ) : (
            data.durationMs !== undefined &&
            data.durationMs !== null && (
              <span className="text-2xs text-muted tabular-nums">{duration(data.durationMs)}</span>
            )
          ))}
      </span>
      {container && (
        <button
          type="button"
          tabIndex={-1}
          onClick={() => canvas.onToggle(node.id)}
          aria-label={
            node.hidden === undefined
              ? `Collapse ${module.id}`
              : `${plural(node.hidden, "step")} in ${module.id}: expand`
          }
          className="absolute -bottom-2.5 left-3 flex h-5 items-center gap-1 rounded-full border border-line-strong bg-surface px-1.5 text-2xs text-muted shadow-card hover:text-text [&_svg]:size-3"
        >
          {node.hidden === undefined ? (
            <ChevronsDownUp aria-hidden />
          ) : (
            <>
              <ChevronsUpDown aria-hidden /> {plural(node.hidden, "step")}
            </>
          )}
        </button>
      )}
    </div>
  );
});

function ProblemDot({ problem }: { problem: BoxData["problem"] }) {
  if (!problem) return null;
  return (
    <span
      role="img"
      aria-label={problem === "error" ? "Has an error" : "Has a warning"}
      className={cn(
        "relative size-2 shrink-0 rounded-full",
        problem === "error" ? "bg-danger-solid" : "bg-warning-solid",
      )}
    />
  );
}

/** A collapsed group: its name and how many steps it holds. */
const GroupBox = memo(function GroupBox({ data }: NodeProps<BoxNode>) {
  const canvas = useCanvas();
  const { node, run, isSelected } = data;
  const { group } = node;
  if (!group) return null;
  const title = groupTitle(group);
  const steps = plural(node.hidden ?? 0, "step");
  return (
    <div
      className={cn(
        "relative flex h-full w-full items-center gap-2.5 rounded-lg border px-2.5 shadow-card",
        noteColour(group.color),
        run && STATE_LOOK[run.state].border,
        isSelected && "!border-accent ring-2 ring-accent/25",
        data.isDimmed && "border-dashed text-muted shadow-none",
        data.wire && WIRE_LOOK[data.wire],
      )}
    >
      <Ends />
      <button
        type="button"
        tabIndex={-1}
        onClick={() => canvas.onSelect(node.id)}
        aria-pressed={isSelected}
        aria-label={`Group ${title}, ${steps}${run ? `, ${STATE_LOOK[run.state].label}` : ""}`}
        className="absolute inset-0 rounded-lg outline-none"
      />
      <span className="pointer-events-none relative inline-flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-surface text-muted">
        <Layers className="size-3.5" aria-hidden />
      </span>
      <span className="pointer-events-none relative min-w-0 flex-1">
        <span className="block truncate text-sm font-medium leading-[18px]">{title}</span>
        <span className="block truncate text-2xs text-muted">{group.note || node.label}</span>
      </span>
      <ProblemDot problem={data.problem} />
      {run && <StateIcon state={run.state} className="relative" />}
      <button
        type="button"
        tabIndex={-1}
        onClick={() => canvas.onToggle(node.id)}
        aria-label={`${steps} in ${title}: expand`}
        className="absolute -bottom-2.5 left-3 flex h-5 items-center gap-1 rounded-full border border-line-strong bg-surface px-1.5 text-2xs text-muted shadow-card hover:text-text [&_svg]:size-3"
      >
        <ChevronsUpDown aria-hidden /> {steps}
      </button>
    </div>
  );
});

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** The second line of a box whose first says only what kind of step it is. */
function subtitle(node: GraphNode): string {
  const { module } = node;
  if (!module) return "";
  const { value } = module;
  switch (value.type) {
    case "script":
      return "Workspace script";
    case "flow":
      return "Workspace flow";
    case "forloopflow":
      if (value.iterator.type === "javascript") return value.iterator.expr || "No list yet";
      // Of a run that is shown to outsiders, what it goes through is not said.
      return value.iterator.type === "static" ? "A fixed list" : stepKindLabel(module);
    case "whileloopflow":
      return module.stop_after_if ? `until ${module.stop_after_if.expr}` : "No end yet";
    case "branchone":
      return `${plural(value.branches.length, "condition")}, else otherwise`;
    case "branchall":
      return `${plural(value.branches.length, "branch").replace("branchs", "branches")}, ${value.parallel === false ? "in turn" : "at once"}`;
    default:
      return stepKindLabel(module);
  }
}

const EndBox = memo(function EndBox({ data }: NodeProps<BoxNode>) {
  const canvas = useCanvas();
  const isInput = data.node.kind === "input";
  const Icon = isInput ? LogIn : Flag;
  const title = isInput ? "Input" : "Result";
  return (
    <div
      className={cn(
        "relative mx-auto flex h-full w-44 items-center gap-2.5 rounded-full border border-line-strong/70 bg-sunken px-4",
        data.isSelected && "!border-accent ring-2 ring-accent/25",
        data.wire && WIRE_LOOK[data.wire],
      )}
    >
      <Ends />
      <button
        type="button"
        tabIndex={data.wire === "source" ? 0 : -1}
        onClick={() => canvas.onSelect(data.node.id)}
        aria-pressed={data.isSelected}
        aria-label={`${title}${wireLabel(data.wire)}`}
        className="absolute inset-0 rounded-full outline-none"
      />
      <Icon className="pointer-events-none relative size-4 text-faint" aria-hidden />
      <span className="pointer-events-none relative min-w-0 flex-1">
        <span className="block text-sm font-medium leading-[18px]">{title}</span>
        {data.note && <span className="block truncate text-2xs text-faint">{data.note}</span>}
      </span>
      <ProblemDot problem={data.problem} />
    </div>
  );
});

const BranchBox = memo(function BranchBox({ data }: NodeProps<BoxNode>) {
  const canvas = useCanvas();
  const { node } = data;
  const owner = node.module?.id ?? "";
  const isLast =
    node.list?.list === "default" ||
    (node.module?.value.type === "branchall" && node.list?.list === node.module.value.branches.length - 1);
  return (
    <div
      className={cn(
        "relative flex h-full w-full items-center justify-center rounded-full border border-line-strong/70 bg-surface px-3 text-xs text-muted shadow-card",
        data.run?.state === "success" && "border-success-solid/60 text-text",
        data.isDimmed && "border-dashed bg-sunken shadow-none",
        data.wire && WIRE_LOOK[data.wire],
      )}
    >
      <Ends />
      <button
        type="button"
        tabIndex={-1}
        onClick={() => canvas.onSelect(owner)}
        aria-label={`${node.label} of ${owner}`}
        className="absolute inset-0 rounded-full outline-none"
      />
      <span className="pointer-events-none relative truncate">{node.label}</span>
      {canvas.onAddBranch && isLast && (
        <button
          type="button"
          tabIndex={-1}
          onClick={() => canvas.onAddBranch?.(owner)}
          aria-label={`Add a branch to ${owner}`}
          title="Add a branch"
          className="absolute -right-3 flex size-6 items-center justify-center rounded-full border border-line-strong bg-surface text-muted shadow-card hover:border-accent hover:text-accent-text"
        >
          <Plus className="size-3.5" aria-hidden />
        </button>
      )}
    </div>
  );
});

const JoinBox = memo(function JoinBox() {
  return (
    <div className="relative h-full w-full rounded-full border border-line-strong bg-surface">
      <Ends />
    </div>
  );
});

const FrameBox = memo(function FrameBox() {
  return <div className="h-full w-full rounded-xl border border-dashed border-line-strong/80 bg-hover/35" />;
});

// Prefixed: the library styles boxes whose type is called "input".
export const NODE_TYPES = {
  "flow-step": StepBox,
  "flow-special": StepBox,
  "flow-input": EndBox,
  "flow-result": EndBox,
  "flow-branch": BranchBox,
  "flow-join": JoinBox,
  "flow-frame": FrameBox,
  "flow-group": GroupBox,
};
