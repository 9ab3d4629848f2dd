/** Areas of the graph that a document names: steps that belong together, with a title. */

import type { Frame, Layout } from "./layout";
import type { FlowModule, FlowValue } from "./types";
import { findVisit, listAt, listsOf } from "./walk";

/** `title` is empty where a note says what the area is. */
export type Area = Frame & { title: string; color: string | undefined };

const PAD = 16;
const TITLE = 22;

function* idsIn(module: FlowModule): Generator<string> {
  yield module.id;
  for (const list of listsOf(module)) for (const inner of list.modules) yield* idsIn(inner);
}

/** The steps from one to another of the same list, with what they hold; none where the document names others. */
function stepsBetween(value: FlowValue, start: string, end: string): Set<string> {
  const first = findVisit(value, start)?.place;
  const last = findVisit(value, end)?.place;
  if (!first || !last || first.owner !== last.owner || first.list !== last.list) return new Set();
  const [from, to] = [Math.min(first.index, last.index), Math.max(first.index, last.index)];
  const list = listAt(value, first) ?? [];
  return new Set(list.slice(from, to + 1).flatMap((module) => [...idsIn(module)]));
}

function around(layout: Layout, ids: ReadonlySet<string>): Omit<Frame, "id"> | null {
  const boxes = [...layout.nodes, ...layout.frames].filter((box) => ids.has(box.id.split("@")[0] ?? ""));
  if (boxes.length === 0) return null;
  const left = Math.min(...boxes.map((box) => box.x)) - PAD;
  const top = Math.min(...boxes.map((box) => box.y)) - TITLE;
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + PAD;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + PAD / 2;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The areas of the groups, and of the notes that belong to several steps. */
export function areasOf(value: FlowValue, layout: Layout): Area[] {
  const areas: Area[] = [];
  const add = (id: string, ids: ReadonlySet<string>, title: string, color: string | undefined) => {
    const place = around(layout, ids);
    if (place) areas.push({ id, ...place, title, color });
  };
  for (const [index, group] of (value.groups ?? []).entries()) {
    const title = group.summary || group.note || "Group";
    add(`area:${index}`, stepsBetween(value, group.start_id, group.end_id), title, group.color);
  }
  for (const note of value.notes ?? []) {
    if (note.type !== "group") continue;
    // What it says stands in the note itself.
    add(`area:${note.id}`, new Set(note.contained_node_ids ?? []), "", note.color);
  }
  return areas;
}
