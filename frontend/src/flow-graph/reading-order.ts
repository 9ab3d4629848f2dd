/** The order in which a flow is read, for the arrow keys: groups before their steps, steps before what they hold. */

import { entriesOf, foldsByStart, groupId, groupsOf, isGroupId } from "./groups";
import { idsIn } from "./ranges";
import type { FlowModule, FlowValue } from "./types";
import { listsOf } from "./walk";

/** The open groups by the step with which they begin, the longest first. */
function openByStart(value: FlowValue, collapsed: ReadonlySet<string>): Map<string, string[]> {
  const open = new Map<string, { id: string; length: number }[]>();
  for (const { group, range } of groupsOf(value)) {
    const [id, start] = [groupId(group), idsIn(value, range)[0]];
    if (start === undefined || collapsed.has(id)) continue;
    open.set(start, [...(open.get(start) ?? []), { id, length: range.to - range.from }]);
  }
  return new Map(
    [...open].map(([start, ids]) => [start, ids.sort((a, b) => b.length - a.length).map(({ id }) => id)]),
  );
}

/** What can be chosen in the graph from top to bottom; what is folded away is passed over. */
export function readingOrder(value: FlowValue, collapsed: ReadonlySet<string> = new Set()): string[] {
  const folds = foldsByStart(value, collapsed);
  const open = openByStart(value, collapsed);
  const ids: string[] = [];
  const read = (modules: readonly FlowModule[]) => {
    for (const { module, fold, members } of entriesOf(modules, folds)) {
      const starts = open.get(module.id) ?? [];
      if (fold) {
        // Of the groups that begin here only those around the folded one are in sight.
        const longer = groupsOf(value).filter(({ range }) => range.to - range.from >= members.length);
        const outer = new Set(longer.map(({ group }) => groupId(group)));
        ids.push(...starts.filter((id) => outer.has(id)), fold.id);
        continue;
      }
      ids.push(...starts, module.id);
      if (!collapsed.has(module.id)) for (const list of listsOf(module)) read(list.modules);
    }
  };
  read(value.modules);
  return ids;
}

/** The box before or after another one. */
export function stepBesideIn(
  value: FlowValue,
  from: string,
  by: -1 | 1,
  collapsed: ReadonlySet<string> = new Set(),
  options: { before?: readonly string[]; after?: readonly string[]; groups?: boolean } = {},
): string {
  const { before = [], after = [], groups = true } = options;
  const between = readingOrder(value, collapsed).filter((id) => groups || !isGroupId(id));
  const ids = [...before, ...between, ...after];
  const at = Math.max(0, ids.indexOf(from));
  return ids[Math.max(0, Math.min(ids.length - 1, at + by))] ?? from;
}
