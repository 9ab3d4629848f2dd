/** Areas of the graph that a document names: steps that belong together, with a title. */

import { groupId, groupsOf, groupTitle, within } from "./groups";
import type { Frame, Layout } from "./layout";
import { modulesIn, type Range } from "./ranges";
import type { FlowValue } from "./types";

/** `title` is empty where a note says what the area is. */
export type Area = Frame & { title: string; color: string | undefined; note?: string; isGroup: boolean };

const PAD = 16;
const TITLE = 22;
const INDENT = 8;

/** The place around some boxes; `level` leaves room for the titles of the areas inside. */
function around(layout: Layout, ids: ReadonlySet<string>, level: number): Omit<Frame, "id"> | null {
  const boxes = [...layout.nodes, ...layout.frames].filter((box) => ids.has(box.id.split("@")[0] || box.id));
  if (boxes.length === 0) return null;
  const left = Math.min(...boxes.map((box) => box.x)) - PAD - INDENT * level;
  const top = Math.min(...boxes.map((box) => box.y)) - TITLE * (level + 1);
  const right = Math.max(...boxes.map((box) => box.x + box.width)) + PAD + INDENT * level;
  const bottom = Math.max(...boxes.map((box) => box.y + box.height)) + PAD / 2 + (INDENT / 2) * level;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

const lies = (inner: Range, outer: Range) =>
  inner.owner === outer.owner &&
  inner.list === outer.list &&
  inner.from >= outer.from &&
  inner.to <= outer.to &&
  inner.to - inner.from < outer.to - outer.from;

/** How many groups lie in a group, one in the other, in its own list. */
function level(range: Range, all: readonly Range[]): number {
  return Math.max(0, ...all.filter((other) => lies(other, range)).map((other) => level(other, all) + 1));
}

/** The areas of the groups that are not folded, and of the notes that belong to several steps. */
export function areasOf(value: FlowValue, layout: Layout, folded: ReadonlySet<string> = new Set()): Area[] {
  const areas: Area[] = [];
  const groups = groupsOf(value).filter(({ group }) => !folded.has(groupId(group)));
  const ranges = groups.map((found) => found.range);
  for (const { group, range } of groups) {
    const ids = new Set([...within(modulesIn(value, range))].map((module) => module.id));
    for (const node of layout.nodes) {
      if (node.members?.every((id) => ids.has(id))) ids.add(node.id);
    }
    const place = around(layout, ids, level(range, ranges));
    const { color, note } = group;
    if (place)
      areas.push({ id: groupId(group), ...place, title: groupTitle(group), color, note, isGroup: true });
  }
  for (const note of value.notes ?? []) {
    if (note.type !== "group") continue;
    const place = around(layout, new Set(note.contained_node_ids ?? []), 0);
    // What it says stands in the note itself.
    if (place) areas.push({ id: `area:${note.id}`, ...place, title: "", color: note.color, isGroup: false });
  }
  // What lies within another is drawn later, above it.
  return areas.sort((a, b) => b.width * b.height - a.width * a.height);
}
