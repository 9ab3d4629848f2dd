import { describe, expect, it } from "vitest";
import { areasOf } from "./areas";
import { code, LOOPED } from "./fixtures";
import { layoutFlow } from "./layout";
import type { FlowValue } from "./types";

const value: FlowValue = { modules: [...LOOPED.value.modules, code("e"), code("f")] };
const areas = (change: Partial<FlowValue>, collapsed?: Set<string>) => {
  const flow = { ...value, ...change };
  return areasOf(flow, layoutFlow(flow, collapsed));
};

describe("areasOf", () => {
  it("lies around the steps of a group and what they hold, and no others", () => {
    const layout = layoutFlow(value);
    const [area] = areas({ groups: [{ summary: "Orders", start_id: "e", end_id: "b" }] });
    expect(area?.title).toBe("Orders");
    const inside = layout.nodes
      .filter(
        (node) =>
          area &&
          node.x >= area.x &&
          node.y >= area.y &&
          node.x + node.width <= area.x + area.width &&
          node.y + node.height <= area.y + area.height,
      )
      .map((node) => node.id);
    expect(inside.sort()).toEqual(["b", "b@join", "c", "d", "e"]);
  });
  it("lies around the steps of a note, as far as they are drawn", () => {
    const note = { id: "n", text: "Why", color: "blue", type: "group" as const, contained_node_ids: ["c"] };
    expect(areas({ notes: [note] })).toMatchObject([{ id: "area:n", title: "", color: "blue" }]);
    expect(areas({ notes: [note] }, new Set(["b"]))).toEqual([]);
  });
  it("passes over groups of steps that are gone or lie in different lists", () => {
    expect(areas({ groups: [{ start_id: "a", end_id: "gone" }] })).toEqual([]);
    expect(areas({ groups: [{ start_id: "a", end_id: "c" }] })).toEqual([]);
  });
});
