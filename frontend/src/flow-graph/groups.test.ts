import { describe, expect, it } from "vitest";
import { copyText, groupsAmong, pasteAt, readCopied, stepsOfDocument } from "./clipboard";
import { moveModule, removeModule } from "./edit";
import { code, LOOPED } from "./fixtures";
import { changeGroup, findGroup, foldsOver, groupId, groupSteps, keepGroups, ungroup } from "./groups";
import { layoutFlow } from "./layout";
import { toYaml } from "./openflow";
import { extended, idsIn, rangeBetween, removeRange } from "./ranges";
import { readingOrder, stepBesideIn } from "./reading-order";
import type { FlowValue } from "./types";

/** a, b with c and d inside, e, f */
const value: FlowValue = { modules: [...LOOPED.value.modules, code("e"), code("f")] };
const grouped = (from: string, to: string, flow = value) => {
  const range = rangeBetween(flow, from, to);
  const made = range && groupSteps(flow, range, { summary: "Orders", color: "blue" });
  if (!made) throw new Error("no group");
  return made;
};
const ends = (flow: FlowValue) => (flow.groups ?? []).map((group) => [group.start_id, group.end_id]);

describe("rangeBetween", () => {
  it("takes in whole loops where the steps lie in different lists", () => {
    const ids = (a: string, b: string) => {
      const range = rangeBetween(value, a, b);
      return range && idsIn(value, range);
    };
    expect(ids("d", "c")).toEqual(["c", "d"]);
    expect(ids("e", "c")).toEqual(["b", "e"]);
    expect(ids("a", "gone")).toBeNull();
  });
  it("grows and shrinks by one step of the list and stops at its ends", () => {
    expect(extended(value, "a", "a", 1)).toBe("b");
    expect(extended(value, "a", "b", -1)).toBe("a");
    expect(extended(value, "f", "f", 1)).toBe("f");
    const range = rangeBetween(value, "b", "e");
    expect(range && removeRange(value, range).modules.map((module) => module.id)).toEqual(["a", "f"]);
  });
});

describe("groups", () => {
  it("are made, changed and dissolved without touching the steps", () => {
    const made = grouped("a", "b");
    expect(made.value.groups).toEqual([{ summary: "Orders", color: "blue", start_id: "a", end_id: "b" }]);
    expect(made.value.modules).toBe(value.modules);
    const changed = changeGroup(made.value, made.id, {
      summary: "Sums",
      color: undefined,
      autocollapse: true,
    });
    expect(changed.groups).toEqual([{ summary: "Sums", autocollapse: true, start_id: "a", end_id: "b" }]);
    expect(ungroup(changed, made.id)).toEqual(value);
  });
  it("are there once, lie within each other, and take those in that they would cut", () => {
    const made = grouped("a", "b");
    expect(grouped("b", "a", made.value)).toEqual({ value: made.value, id: made.id });
    const outer = grouped("a", "e", made.value);
    expect(ends(outer.value)).toEqual([
      ["a", "b"],
      ["a", "e"],
    ]);
    expect(ends(grouped("b", "f", made.value).value)).toEqual([
      ["a", "b"],
      ["a", "f"],
    ]);
    expect(ends(grouped("c", "d", outer.value).value)).toContainEqual(["c", "d"]);
  });
  it("hold what is left of them and go with their last step", () => {
    const { value: before } = grouped("a", "b");
    const without = (flow: FlowValue, id: string) => keepGroups(flow, removeModule(flow, id));
    expect(ends(without(before, "b"))).toEqual([["a", "a"]]);
    expect(ends(without(before, "e"))).toEqual([["a", "b"]]);
    expect(without(without(before, "b"), "a").groups).toBeUndefined();
  });
  it("lose a step that is moved out and take one in that is moved between", () => {
    const { value: before } = grouped("a", "e");
    const moved = (id: string, index: number) => {
      const after = moveModule(before, id, { owner: null, list: "body", index });
      return keepGroups(before, after, new Set([id]));
    };
    expect(ends(moved("e", 4))).toEqual([["a", "b"]]);
    expect(ends(moved("a", 4))).toEqual([["b", "e"]]);
    expect(ends(moved("f", 1))).toEqual([["a", "e"]]);
  });
  it("come along when a whole document is pasted", () => {
    const document = toYaml({ summary: "", value: grouped("a", "b").value });
    expect(stepsOfDocument(document)?.modules.map((module) => module.id)).toEqual(["a", "b", "e", "f"]);
    expect(stepsOfDocument(document)?.groups).toHaveLength(1);
    expect(stepsOfDocument("the modules of a plain text")).toBeNull();
  });
  it("are copied with their steps, under the copies' names", () => {
    const { value: before } = grouped("c", "d");
    const loop = before.modules.slice(1, 2);
    const copied = readCopied(copyText(loop, groupsAmong(before, loop)));
    if (!copied) throw new Error("nothing copied");
    const pasted = pasteAt(before, { owner: null, list: "body", index: 4 }, copied);
    const [, group] = pasted.value.groups ?? [];
    expect(group?.summary).toBe("Orders");
    expect(group && findGroup(pasted.value, groupId(group))?.range.owner).toBe(pasted.ids[0]);
  });
});

describe("a folded group", () => {
  const { value: flow, id } = grouped("a", "b");
  it("is one box between its neighbours, and steps can be put before and after it", () => {
    const layout = layoutFlow(flow, new Set([id]));
    const box = layout.nodes.find((node) => node.id === id);
    expect(box).toMatchObject({ kind: "group", hidden: 4, members: ["a", "b", "c", "d"] });
    expect(layout.nodes.map((node) => node.id)).toEqual(["@input", id, "e", "f", "@result"]);
    expect(layout.edges.map((edge) => [edge.source, edge.target, edge.place?.index])).toEqual([
      ["@input", id, 0],
      [id, "e", 2],
      ["e", "f", 3],
      ["f", "@result", 4],
    ]);
  });
  it("is read before its steps while it is open, and instead of them while it is folded", () => {
    expect(readingOrder(flow)).toEqual([id, "a", "b", "c", "d", "e", "f"]);
    expect(readingOrder(flow, new Set([id]))).toEqual([id, "e", "f"]);
    const outer = grouped("a", "e", flow);
    expect(readingOrder(outer.value, new Set([id]))).toEqual([outer.id, id, "e", "f"]);
    expect(stepBesideIn(flow, "e", -1, new Set([id]), { groups: false, before: ["@input"] })).toBe("@input");
  });
  it("is unfolded for a step that is chosen in it", () => {
    expect(foldsOver(flow, "c", new Set([id, "b"]))).toEqual(["b", id]);
    expect(foldsOver(flow, "e", new Set([id]))).toEqual([]);
  });
});
