import { describe, expect, it } from "vitest";
import { copyText, pasteAt, readCopied, withFreshIds } from "./clipboard";
import { addBranch, insertAt, moveModule, placeAfter, removeBranch, removeModule, shiftModule } from "./edit";
import { code } from "./fixtures";
import { record, redo, startHistory, undo } from "./history";
import { idAt, idMaker, idProblem } from "./ids";
import { keepMeaning, renameInput, renameStep } from "./rename";
import { schemaFromSample } from "./sample";
import type { FlowModule, FlowValue, OpenFlow } from "./types";
import { listAt, stepIds, walk } from "./walk";

const loop = (id: string, modules: FlowModule[], expr = "flow_input.items"): FlowModule => ({
  id,
  value: { type: "forloopflow", iterator: { type: "javascript", expr }, modules, skip_failures: false },
});

const choice = (id: string, first: FlowModule[], otherwise: FlowModule[], expr = "true"): FlowModule => ({
  id,
  value: { type: "branchone", branches: [{ expr, modules: first }], default: otherwise },
});

const order = (value: FlowValue) => [...walk(value)].map((visit) => visit.module.id).join(" ");

const NESTED: FlowValue = {
  modules: [code("a"), loop("b", [code("c"), choice("d", [code("e")], [code("f")])]), code("g")],
};

describe("ids", () => {
  it("counts like columns of a sheet", () => {
    expect([0, 25, 26, 27, 701, 702].map(idAt)).toEqual(["a", "z", "aa", "ab", "zz", "aaa"]);
  });
  it("gives no name twice and none that is taken", () => {
    const make = idMaker(["a", "c"]);
    expect([make(), make(), make()]).toEqual(["b", "d", "e"]);
  });
  it.each([
    ["", "Give it a name."],
    ["1a", "beginning with a letter"],
    ["a-b", "beginning with a letter"],
    ["b", "already"],
    ["failure", "special step"],
  ])("refuses %j", (id, sentence) => {
    expect(idProblem(id, new Set(["b"]))).toContain(sentence);
  });
});

describe("structure", () => {
  it("inserts into loops and branches, sharing what did not change", () => {
    const next = insertAt(NESTED, { owner: "d", list: "default", index: 1 }, [code("x")]);
    expect(order(next)).toBe("a b c d e f x g");
    expect(next.modules[0]).toBe(NESTED.modules[0]);
    expect(order(NESTED)).toBe("a b c d e f g");
  });
  it("removes a step with all that it holds", () => {
    expect(order(removeModule(NESTED, "b"))).toBe("a g");
    expect(order(removeModule(NESTED, "e"))).toBe("a b c d f g");
    expect(removeModule(NESTED, "nobody")).toBe(NESTED);
  });
  it("moves between lists", () => {
    expect(order(moveModule(NESTED, "a", { owner: "d", list: 0, index: 1 }))).toBe("b c d e a f g");
    expect(order(moveModule(NESTED, "f", { owner: null, list: "body", index: 0 }))).toBe("f a b c d e g");
  });
  it("moves within a list to the place that was pointed at", () => {
    const flat: FlowValue = { modules: ["a", "b", "c", "d"].map((id) => code(id)) };
    expect(order(moveModule(flat, "a", { owner: null, list: "body", index: 3 }))).toBe("b c a d");
    expect(order(moveModule(flat, "d", { owner: null, list: "body", index: 1 }))).toBe("a d b c");
    expect(moveModule(flat, "b", { owner: null, list: "body", index: 2 })).toBe(flat);
  });
  it("does not move a step into itself", () => {
    expect(moveModule(NESTED, "b", { owner: "d", list: 0, index: 0 })).toBe(NESTED);
  });
  it("shifts a step by one and stops at the ends", () => {
    expect(order(shiftModule(NESTED, "a", 1))).toBe("b c d e f a g");
    expect(shiftModule(NESTED, "a", -1)).toBe(NESTED);
  });
  it("adds and removes branches", () => {
    const more = addBranch(NESTED, "d");
    expect(listAt(more, { owner: "d", list: 1 })).toEqual([]);
    expect(order(removeBranch(more, "d", 0))).toBe("a b c d f g");
  });
  it("puts a new step after the selected one", () => {
    expect(placeAfter(NESTED, "c")).toEqual({ owner: "b", list: "body", index: 1 });
    expect(placeAfter(NESTED, null)).toEqual({ owner: null, list: "body", index: 3 });
    expect(placeAfter(NESTED, "failure")).toEqual({ owner: null, list: "body", index: 3 });
  });
});

describe("copying", () => {
  it("goes through text and refuses other text", () => {
    expect(readCopied(copyText([code("a")]))).toEqual({ modules: [code("a")], groups: [] });
    expect(readCopied("hello")).toBeNull();
    expect(readCopied('{"modules": []}')).toBeNull();
  });
  it("gives copies free names and lets references among them follow", () => {
    const source = [
      code("a"),
      loop("b", [code("c", { x: "results.a + flow_input.iter.value" })], "results.a"),
    ];
    const pasted = pasteAt({ modules: source }, { owner: null, list: "body", index: 2 }, { modules: source });
    expect(pasted.ids).toEqual(["d", "e"]);
    const copy = pasted.value.modules[3];
    expect(copy?.value).toMatchObject({
      iterator: { expr: "results.d" },
      modules: [
        { id: "f", value: { input_transforms: { x: { expr: "results.d + flow_input.iter.value" } } } },
      ],
    });
    expect([...stepIds(pasted.value)]).toHaveLength(6);
  });
  it("keeps free names, and references to steps that stayed behind", () => {
    expect(withFreshIds({ modules: [code("q", { x: "results.z" })] }, new Set(["a"])).modules).toEqual([
      code("q", { x: "results.z" }),
    ]);
  });
});

describe("renaming a step", () => {
  it.each([
    ["results.a", "results.first"],
    ["results?.a?.b", "results?.first?.b"],
    ['results["a"].b', 'results["first"].b'],
    ["`$" + "{results.a} a results.a`", "`$" + "{results.first} a results.a`"],
    ["results.ab + results.a", "results.ab + results.first"],
    ["flow_input.a", "flow_input.a"],
    ["'results.a'", "'results.a'"],
    ["const r = results.a; return r.a", "const r = results.first; return r.a"],
    ["[1].map(x => results.a[x])", "[1].map(x => results.first[x])"],
    ["{a: results.a, ...results.b}", "{a: results.first, ...results.b}"],
    ["results.b[results.a.n]", "results.b[results.first.n]"],
    ["results.a +", "results.first +"],
  ])("rewrites %s", (before, after) => {
    const value = renameStep({ modules: [code("a"), code("b", { x: before })] }, "a", "first");
    expect(value.modules[1]).toEqual(code("b", { x: after }));
    expect(value.modules[0]?.id).toBe("first");
  });
  it("reaches every kind of expression", () => {
    const value: FlowValue = {
      modules: [
        code("a"),
        {
          ...choice("b", [loop("c", [], "results.a")], [], "results.a > 1"),
          skip_if: { expr: "results.a" },
          stop_after_if: { expr: "results.a" },
          sleep: { type: "javascript", expr: "results.a" },
          timeout: { type: "javascript", expr: "results.a" },
          retry: { retry_if: { expr: "results.a" } },
          suspend: { user_groups_required: { type: "javascript", expr: "results.a" } },
        },
      ],
      failure_module: code("failure", { x: "results.a" }),
      early_return: "a",
      groups: [{ start_id: "a", end_id: "b" }],
      notes: [{ id: "n", text: "", color: "", type: "group", contained_node_ids: ["a"] }],
    };
    const text = JSON.stringify(renameStep(value, "a", "first"));
    expect(text).not.toMatch(/"a"|results\.a/);
    expect(text.match(/results\.first/g)).toHaveLength(9);
  });
});

describe("renaming an input", () => {
  it("rewrites the schema and its readers", () => {
    const flow: OpenFlow = {
      summary: "",
      value: { modules: [code("a", { x: "flow_input.name", y: "flow_input.iter.value" })] },
      schema: {
        properties: { name: { type: "string" }, other: {} },
        required: ["name"],
        order: ["name", "other"],
      },
    };
    expect(renameInput(flow, "name", "full name")).toEqual({
      summary: "",
      value: { modules: [code("a", { x: 'flow_input["full name"]', y: "flow_input.iter.value" })] },
      schema: {
        properties: { "full name": { type: "string" }, other: {} },
        required: ["full name"],
        order: ["full name", "other"],
      },
    });
  });
});

describe("previous_result", () => {
  it("keeps its meaning when another step comes before its reader", () => {
    const before: FlowValue = { modules: [code("a"), code("b", { x: "previous_result.n" })] };
    const after = insertAt(before, { owner: null, list: "body", index: 1 }, [code("c")]);
    expect(keepMeaning(before, after).modules[2]).toEqual(code("b", { x: "results.a.n" }));
  });
  it("names the input where the reader was the first step", () => {
    const before: FlowValue = { modules: [code("a", { x: "previous_result.n" })] };
    const after = insertAt(before, { owner: null, list: "body", index: 0 }, [code("c")]);
    expect(keepMeaning(before, after).modules[1]).toEqual(code("a", { x: "flow_input.n" }));
  });
  it("is left alone where nothing changed or the step it meant is gone", () => {
    const before: FlowValue = { modules: [code("a"), code("b"), code("c", { x: "previous_result" })] };
    expect(keepMeaning(before, before)).toBe(before);
    const after = removeModule(before, "b");
    expect(keepMeaning(before, after)).toBe(after);
  });
});

describe("history", () => {
  it("undoes and redoes, and joins the typing into one field", () => {
    let history = startHistory("");
    for (const text of ["h", "he", "hel"]) history = record(history, text, "a:summary");
    history = record(history, "hel!", "b:summary");
    expect(undo(history).present).toBe("hel");
    expect(undo(undo(history)).present).toBe("");
    expect(undo(undo(undo(history))).present).toBe("");
    expect(redo(undo(history)).present).toBe("hel!");
  });
  it("forgets what was undone once something else is done", () => {
    const history = record(undo(record(startHistory(1), 2)), 3);
    expect(redo(history)).toBe(history);
    expect(undo(history).present).toBe(1);
  });
});

describe("schemaFromSample", () => {
  it("reads the types of an example", () => {
    expect(
      schemaFromSample({
        name: "Ada",
        mail: "ada@example.org",
        n: 3,
        ratio: 0.5,
        on: true,
        since: "2026-01-02",
        tags: ["a"],
        lines: [
          { sku: "x", n: 1 },
          { sku: "y", n: 1.5, note: null },
        ],
        nothing: null,
      })?.properties,
    ).toEqual({
      name: { type: "string" },
      mail: { type: "string", format: "email" },
      n: { type: "integer" },
      ratio: { type: "number" },
      on: { type: "boolean" },
      since: { type: "string", format: "date" },
      tags: { type: "array", items: { type: "string" } },
      lines: {
        type: "array",
        items: {
          type: "object",
          properties: { sku: { type: "string" }, n: { type: "number" }, note: {} },
          order: ["sku", "n", "note"],
        },
      },
      nothing: {},
    });
  });
  it("takes only objects", () => {
    expect([[1], "x", null].map(schemaFromSample)).toEqual([null, null, null]);
  });
});
