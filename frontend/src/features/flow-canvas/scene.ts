import { Position } from "@xyflow/react";
import { groupTitle } from "@/flow-graph/groups";
import type { GraphNode, Layout } from "@/flow-graph/layout";
import { placeId } from "@/flow-graph/layout";
import { runOfAll, type StepRun } from "@/flow-graph/status";
import type { Place } from "@/flow-graph/types";
import type { LineEdge } from "./edges";
import type { BoxData, BoxNode } from "./nodes";

export type SceneInput = {
  layout: Layout;
  selected: string;
  runs?: ReadonlyMap<string, StepRun>;
  durations?: ReadonlyMap<string, number | null>;
  problems?: ReadonlyMap<string, "error" | "warning">;
  notes?: { input?: string; result?: string };
  /** While an input is connected: the boxes that can be used, and whose input it is. */
  wiring?: { sources: ReadonlySet<string>; step: string } | null;
  /** Whether there is a run at all: boxes that it did not reach are then pale. */
  isRun?: boolean;
  /** Steps that are marked together. */
  marked?: ReadonlySet<string>;
};

const HANDLE = { width: 1, height: 1 };
/** Lines say nothing that the order of the boxes does not say to those who hear the page. */
const UNHEARD = { "aria-hidden": true } as const;

function branchRun(node: GraphNode, runs: ReadonlyMap<string, StepRun> | undefined): StepRun | undefined {
  const run = node.module && runs?.get(node.module.id);
  if (!run || node.module?.value.type !== "branchone") return run;
  const chosen = run.status.branch_chosen;
  if (!chosen) return undefined;
  const list = node.list?.list;
  return (chosen.type === "default" ? list === "default" : list === chosen.branch) ? run : undefined;
}

/** The run of what a box stands for. */
function runOf(node: GraphNode, input: SceneInput): StepRun | undefined {
  if (node.kind === "branch") return branchRun(node, input.runs);
  return node.members ? runOfAll(node.members, input.runs) : input.runs?.get(node.id);
}

function dataOf(node: GraphNode, input: SceneInput): BoxData {
  const run = runOf(node, input);
  const passedOver =
    Boolean(input.isRun) &&
    !run &&
    (node.kind === "step" ||
      node.kind === "group" ||
      (node.kind === "branch" && input.runs?.has(node.module?.id ?? "")));
  return {
    node,
    isSelected: node.id === input.selected,
    isMarked: Boolean(input.marked?.has(node.id)),
    run,
    durationMs: input.durations?.get(node.id),
    problem: node.members ? worstOf(node.members, input.problems) : input.problems?.get(node.id),
    note:
      node.kind === "input" ? input.notes?.input : node.kind === "result" ? input.notes?.result : undefined,
    isDimmed: passedOver,
    wire: input.wiring ? wireOf(node, input.wiring) : undefined,
  };
}

function worstOf(ids: readonly string[], problems: SceneInput["problems"]): BoxData["problem"] {
  const found = ids.flatMap((id) => problems?.get(id) ?? []);
  return found.includes("error") ? "error" : found[0];
}

function wireOf(node: GraphNode, wiring: NonNullable<SceneInput["wiring"]>): BoxData["wire"] {
  if (wiring.sources.has(node.id)) return "source";
  return node.id === wiring.step ? "here" : "off";
}

function sameBox(a: GraphNode, b: GraphNode): boolean {
  return (
    a.x === b.x &&
    a.y === b.y &&
    a.module === b.module &&
    a.label === b.label &&
    a.group === b.group &&
    a.hidden === b.hidden &&
    a.kind === b.kind
  );
}

function sameData(a: BoxData, b: BoxData): boolean {
  return (
    sameBox(a.node, b.node) &&
    a.isSelected === b.isSelected &&
    a.isMarked === b.isMarked &&
    a.run?.state === b.run?.state &&
    a.run?.status === b.run?.status &&
    a.durationMs === b.durationMs &&
    a.problem === b.problem &&
    a.note === b.note &&
    a.isDimmed === b.isDimmed &&
    a.wire === b.wire
  );
}

/** The boxes of a scene; a box that did not change is the same object as before, so that it is not drawn again. */
export function sceneNodes(
  input: SceneInput,
  before: ReadonlyMap<string, BoxNode>,
  canMove: boolean,
): BoxNode[] {
  const frames: BoxNode[] = input.layout.frames.map((frame) => {
    const known = before.get(frame.id);
    if (
      known &&
      known.position.x === frame.x &&
      known.position.y === frame.y &&
      known.width === frame.width &&
      known.height === frame.height
    )
      return known;
    return {
      id: frame.id,
      type: "flow-frame",
      position: { x: frame.x, y: frame.y },
      width: frame.width,
      height: frame.height,
      draggable: false,
      selectable: false,
      focusable: false,
      zIndex: -1,
      style: { pointerEvents: "none" },
      data: { node: { ...frame, kind: "join" }, isSelected: false, isMarked: false },
    };
  });
  const boxes = input.layout.nodes.map((node): BoxNode => {
    const data = dataOf(node, input);
    const known = before.get(node.id);
    if (known && sameData(known.data, data)) return known;
    const x = node.width / 2;
    return {
      id: node.id,
      type: `flow-${node.kind}`,
      position: { x: node.x, y: node.y },
      width: node.width,
      height: node.height,
      handles: [
        { type: "target", position: Position.Top, x, y: 0, ...HANDLE },
        { type: "source", position: Position.Bottom, x, y: node.height, ...HANDLE },
      ],
      draggable: canMove && node.kind === "step",
      // What cannot be dragged would let clicks through to the ground.
      style: { pointerEvents: "all" },
      data,
    };
  });
  return [...frames, ...boxes];
}

function insertLabel(place: Place, target: string, isLast: boolean): string {
  if (!isLast) return `Add a step before ${target}`;
  if (place.owner === null) return "Add a step at the end";
  return place.list === "body"
    ? `Add a step at the end of ${place.owner}`
    : `Add a step to ${place.list === "default" ? "Otherwise" : `branch ${place.list + 1}`} of ${place.owner}`;
}

export function sceneEdges(
  input: SceneInput,
  before: ReadonlyMap<string, LineEdge>,
  target: Place | null,
): LineEdge[] {
  const targeted = target && placeId(target);
  const groups = new Map(
    input.layout.nodes.filter((node) => node.members).map((node) => [node.id, node] as const),
  );
  const titleOf = (id: string) => {
    const group = groups.get(id)?.group;
    return group ? `the group ${groupTitle(group)}` : id;
  };
  const run = (id: string) => {
    const group = groups.get(id);
    return group ? runOf(group, input) : input.runs?.get(id);
  };
  return input.layout.edges.map((edge): LineEdge => {
    const isLast = edge.target.includes("@") && !groups.has(edge.target);
    const source = run(edge.source.replace(/@join$/, ""));
    const next = run(edge.target);
    const fromBranch = edge.source.includes("@branch:");
    const isDone =
      (source?.state === "success" ||
        source?.state === "skipped" ||
        edge.source === "@input" ||
        (fromBranch && next !== undefined)) &&
      Boolean(input.isRun) &&
      (next ? next.state !== "waiting" : isLast && source !== undefined);
    const data = {
      place: edge.place,
      toJoin: edge.target.endsWith("@join"),
      isTarget: edge.id === targeted,
      isDone,
      label: edge.place ? insertLabel(edge.place, titleOf(edge.target), isLast) : "",
    };
    const known = before.get(edge.id);
    if (
      known &&
      known.source === edge.source &&
      known.target === edge.target &&
      known.data?.isTarget === data.isTarget &&
      known.data.isDone === data.isDone &&
      known.data.label === data.label
    )
      return known;
    return {
      id: edge.id,
      source: edge.source,
      target: edge.target,
      type: "line",
      focusable: false,
      domAttributes: UNHEARD,
      data,
    };
  });
}
