/**
 * Places for the boxes of a flow, top to bottom. A flow is a tree of lists, so two passes over it suffice:
 * sizes from the leaves up, positions from the root down; linear in the number of steps.
 */

import { entriesOf, type Fold, foldsByStart, within } from "./groups";
import type { FlowGroup, FlowModule, FlowValue, ListKey, Place } from "./types";
import { ROOT } from "./types";
import { listsOf, stepTitle } from "./walk";

export const STEP_WIDTH = 264;
export const STEP_HEIGHT = 56;
const HEAD_WIDTH = 176;
const HEAD_HEIGHT = 32;
const JOIN = 12;
const GAP = 44;
const COLUMN_GAP = 36;
const FRAME_PAD = 20;

export type NodeKind = "input" | "step" | "branch" | "join" | "result" | "special" | "group";

export type GraphNode = {
  id: string;
  kind: NodeKind;
  x: number;
  y: number;
  width: number;
  height: number;
  module?: FlowModule;
  /** For a branch: whose it is, and which. */
  list?: ListKey;
  label?: string;
  /** How many steps a collapsed container or group hides. */
  hidden?: number;
  /** For a folded group: which, and the ids of the steps in it. */
  group?: FlowGroup;
  members?: readonly string[];
};

/** The area of a loop, drawn behind its turns. */
export type Frame = { id: string; x: number; y: number; width: number; height: number };

export type GraphEdge = {
  id: string;
  source: string;
  target: string;
  /** Where a step is inserted on this edge. */
  place?: Place;
  dashed?: boolean;
};

export type Layout = {
  nodes: GraphNode[];
  edges: GraphEdge[];
  frames: Frame[];
  width: number;
  height: number;
};

export const INPUT_NODE = "@input";
export const RESULT_NODE = "@result";
export const joinId = (owner: string) => `${owner}@join`;
export const branchId = (key: ListKey) => `${key.owner}@branch:${key.list}`;
export const placeId = (place: Place) => `${place.owner ?? ""}/${place.list}/${place.index}`;

/** Below this the names of steps are not read any more. */
const SMALLEST_OPENING_ZOOM = 0.6;
const OPENING_MARGIN = 28;

/**
 * How a graph is shown at first: whole where that can be read, else its beginning; never larger than it is.
 * `top` pixels of the screen stay free above it. Where the step `selected` would be out of sight, it is in the middle.
 */
export function openingView(
  { nodes, frames }: Pick<Layout, "nodes" | "frames">,
  screen: Size,
  top: number,
  selected = "",
): { x: number; y: number; zoom: number } {
  const boxes = [...nodes, ...frames];
  const left = Math.min(0, ...boxes.map((box) => box.x));
  const right = Math.max(0, ...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(1, ...boxes.map((box) => box.y + box.height));
  const across = (screen.width - 2 * OPENING_MARGIN) / Math.max(1, right - left);
  const down = (screen.height - top - OPENING_MARGIN) / bottom;
  const zoom = Math.max(SMALLEST_OPENING_ZOOM, Math.min(1, across, down));
  const middle = across < zoom ? 0 : (left + right) / 2;
  const x = screen.width / 2 - middle * zoom;
  const node = nodes.find((known) => known.id === selected);
  if (!node) return { x, y: top, zoom };
  const isBelow = top + (node.y + node.height) * zoom > screen.height;
  const isBeside = x + node.x * zoom < 0 || x + (node.x + node.width) * zoom > screen.width;
  return {
    x: isBeside ? screen.width / 2 - (node.x + node.width / 2) * zoom : x,
    y: isBelow ? screen.height / 2 - (node.y + node.height / 2) * zoom : top,
    zoom,
  };
}

type Size = { width: number; height: number };
type Sizes = Map<FlowModule, Size>;

const BOX: Size = { width: STEP_WIDTH, height: STEP_HEIGHT };

const count = (modules: readonly FlowModule[]) => [...within(modules)].length;

/** What is not drawn: steps whose inside is hidden, and groups that are one box. */
type Hidden = { collapsed: ReadonlySet<string>; folds: ReadonlyMap<string, Fold> };

function listSize(modules: readonly FlowModule[], hidden: Hidden, sizes: Sizes): Size {
  let width = STEP_WIDTH;
  let height = GAP;
  for (const { module, fold } of entriesOf(modules, hidden.folds)) {
    const size = fold ? BOX : measure(module, hidden, sizes);
    width = Math.max(width, size.width);
    height += size.height + GAP;
  }
  return { width, height };
}

function measure(module: FlowModule, hidden: Hidden, sizes: Sizes): Size {
  const size = measured(module, hidden, sizes);
  sizes.set(module, size);
  return size;
}

function measured(module: FlowModule, hidden: Hidden, sizes: Sizes): Size {
  const lists = listsOf(module);
  if (lists.length === 0 || hidden.collapsed.has(module.id)) return BOX;
  const inner = lists.map((list) => listSize(list.modules, hidden, sizes));
  const tallest = Math.max(...inner.map((size) => size.height));
  const loop = module.value.type === "forloopflow" || module.value.type === "whileloopflow";
  if (loop) {
    return {
      width: (inner[0]?.width ?? STEP_WIDTH) + 2 * FRAME_PAD,
      height: STEP_HEIGHT + tallest + JOIN + FRAME_PAD,
    };
  }
  const width = inner.reduce((sum, size) => sum + size.width, 0) + COLUMN_GAP * (inner.length - 1);
  return { width, height: STEP_HEIGHT + GAP + HEAD_HEIGHT + tallest + JOIN };
}

class Placing {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly frames: Frame[] = [];

  constructor(
    private readonly hidden: Hidden,
    private readonly sizes: Sizes,
  ) {}

  /** Places a list below `y`; edges lead from `from` through its steps to `to`. Returns the lower end. */
  list(
    key: ListKey,
    modules: readonly FlowModule[],
    centre: number,
    top: number,
    from: string,
    to: string,
  ): number {
    let y = top + GAP;
    let before = from;
    for (const { index, module, fold, members } of entriesOf(modules, this.hidden.folds)) {
      const place = { ...key, index };
      this.edges.push({ id: placeId(place), source: before, target: fold?.id ?? module.id, place });
      before = fold ? this.folded(fold, members, centre, y) : this.module(module, centre, y);
      y += (fold ? STEP_HEIGHT : (this.sizes.get(module)?.height ?? STEP_HEIGHT)) + GAP;
    }
    const place = { ...key, index: modules.length };
    this.edges.push({ id: placeId(place), source: before, target: to, place });
    return y;
  }

  private folded(fold: Fold, members: readonly FlowModule[], centre: number, y: number): string {
    const ids = [...within(members)].map((module) => module.id);
    this.nodes.push({
      id: fold.id,
      kind: "group",
      x: centre - STEP_WIDTH / 2,
      y,
      ...BOX,
      group: fold.group,
      members: ids,
      label: members.map(stepTitle).join(", "),
      hidden: ids.length,
    });
    return fold.id;
  }

  /** Places a step and what it holds; returns the node from which the next step is reached. */
  private module(module: FlowModule, centre: number, y: number): string {
    const lists = listsOf(module);
    const closed = this.hidden.collapsed.has(module.id);
    this.nodes.push({
      id: module.id,
      kind: "step",
      x: centre - STEP_WIDTH / 2,
      y,
      width: STEP_WIDTH,
      height: STEP_HEIGHT,
      module,
      ...(closed && lists.length > 0
        ? { hidden: lists.reduce((sum, list) => sum + count(list.modules), 0) }
        : {}),
    });
    if (lists.length === 0 || closed) return module.id;
    const size = this.sizes.get(module) ?? BOX;
    const loop = module.value.type === "forloopflow" || module.value.type === "whileloopflow";
    const join = joinId(module.id);
    const joinY = y + size.height - JOIN - (loop ? FRAME_PAD : 0);
    if (loop) {
      const body = lists[0];
      const top = y + STEP_HEIGHT / 2;
      this.frames.push({
        id: `${module.id}@frame`,
        x: centre - size.width / 2,
        y: top,
        width: size.width,
        height: size.height - STEP_HEIGHT / 2,
      });
      if (body) this.list(body.key, body.modules, centre, y + STEP_HEIGHT, module.id, join);
    } else this.branches(module, centre, y, size.width, join);
    this.nodes.push({ id: join, kind: "join", x: centre - JOIN / 2, y: joinY, width: JOIN, height: JOIN });
    return join;
  }

  private branches(module: FlowModule, centre: number, y: number, width: number, join: string): void {
    let left = centre - width / 2;
    const headY = y + STEP_HEIGHT + GAP;
    for (const { key, modules, label } of listsOf(module)) {
      const own = listSize(modules, this.hidden, this.sizes).width;
      const middle = left + own / 2;
      const head = branchId(key);
      this.nodes.push({
        id: head,
        kind: "branch",
        x: middle - HEAD_WIDTH / 2,
        y: headY,
        width: HEAD_WIDTH,
        height: HEAD_HEIGHT,
        list: key,
        label,
        module,
      });
      this.edges.push({ id: `${head}:in`, source: module.id, target: head });
      this.list(key, modules, middle, headY + HEAD_HEIGHT, head, join);
      left += own + COLUMN_GAP;
    }
  }
}

/** The boxes, lines and loop areas of a flow; steps in `collapsed` hide what they hold, groups in it are one box. */
export function layoutFlow(value: FlowValue, collapsed: ReadonlySet<string> = new Set()): Layout {
  const sizes: Sizes = new Map();
  const hidden = { collapsed, folds: foldsByStart(value, collapsed) };
  const body = listSize(value.modules, hidden, sizes);
  const placing = new Placing(hidden, sizes);
  const box = { x: -STEP_WIDTH / 2, ...BOX };
  let y = 0;
  if (value.preprocessor_module) {
    const module = value.preprocessor_module;
    placing.nodes.push({ id: module.id, kind: "special", ...box, y, module });
    placing.edges.push({ id: "@preprocessor", source: module.id, target: INPUT_NODE });
    y += STEP_HEIGHT + GAP;
  }
  placing.nodes.push({ id: INPUT_NODE, kind: "input", ...box, y });
  const resultY = placing.list(ROOT, value.modules, 0, y + STEP_HEIGHT, INPUT_NODE, RESULT_NODE);
  placing.nodes.push({ id: RESULT_NODE, kind: "result", ...box, y: resultY });
  let height = resultY + STEP_HEIGHT;
  if (value.failure_module) {
    const module = value.failure_module;
    placing.nodes.push({ id: module.id, kind: "special", ...box, y: height + GAP, module });
    height += GAP + STEP_HEIGHT;
  }
  return {
    nodes: placing.nodes,
    edges: placing.edges,
    frames: placing.frames,
    width: body.width,
    height,
  };
}

/** The insertion place nearest to a point: where a dragged step is dropped. */
export function nearestPlace(layout: Layout, x: number, y: number): Place | null {
  const at = new Map(layout.nodes.map((node) => [node.id, node]));
  let best: Place | null = null;
  let distance = Number.POSITIVE_INFINITY;
  for (const edge of layout.edges) {
    const source = at.get(edge.source);
    const target = at.get(edge.target);
    if (!edge.place || !source || !target) continue;
    const middleX = target.kind === "join" ? source.x + source.width / 2 : target.x + target.width / 2;
    const middleY = (source.y + source.height + target.y) / 2;
    const far = Math.hypot(middleX - x, middleY - y);
    if (far < distance) {
      distance = far;
      best = edge.place;
    }
  }
  return best;
}
