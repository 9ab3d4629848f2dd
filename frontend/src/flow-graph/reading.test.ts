import { describe, expect, it } from "vitest";
import { checkFlow } from "./checks";
import { evaluate } from "./evaluate";
import { findInFlow } from "./find";
import { code } from "./fixtures";
import { layoutFlow, nearestPlace } from "./layout";
import { parseOpenFlow, toJson, toYaml } from "./openflow";
import { restartableSteps, stepsWithin } from "./restart";
import { certaintyOf, scopeOf } from "./scope";
import { collectRuns, type FlowStatus, type KnownRun, runOfAll, suspendedStep, withCanceled } from "./status";
import { truncateAfter } from "./truncate";
import type { FlowModule, FlowValue, OpenFlow } from "./types";
import { walk } from "./walk";

const loop = (id: string, modules: FlowModule[], expr = "flow_input.items"): FlowModule => ({
  id,
  value: { type: "forloopflow", iterator: { type: "javascript", expr }, modules, skip_failures: false },
});
const choice = (id: string, first: FlowModule[], otherwise: FlowModule[], expr = "true"): FlowModule => ({
  id,
  value: { type: "branchone", branches: [{ expr, modules: first }], default: otherwise },
});
const flow = (modules: FlowModule[], more: Partial<FlowValue> = {}): OpenFlow => ({
  summary: "",
  value: { modules, ...more },
});
const say = (given: OpenFlow, knowledge = {}) =>
  checkFlow(given, knowledge).map((problem) => problem.message);

describe("scopeOf", () => {
  const value: FlowValue = {
    modules: [
      { ...code("a"), suspend: { required_events: 1 } },
      loop("b", [code("c"), choice("d", [code("e"), code("h")], [code("f")])]),
      code("g"),
    ],
  };
  const readable = (id: string) =>
    scopeOf(value, id).results.map((found) => `${found.module.id}:${found.certainty}`);
  it("reads what ran before, in the list and around it", () => {
    expect(readable("h")).toEqual(["e:sure", "c:sure", "a:sure"]);
    expect(scopeOf(value, "h")).toMatchObject({ previous: { id: "e" }, loops: 1, afterApproval: false });
  });
  it("may read what lies in earlier containers", () => {
    expect(readable("g")).toEqual([
      "b:sure",
      "c:maybe",
      "d:maybe",
      "e:maybe",
      "h:maybe",
      "f:maybe",
      "a:sure",
    ]);
  });
  it("says the same of one step as of all", () => {
    const ids = [...[...walk(value)].map((visit) => visit.module.id), "failure", "nowhere"];
    for (const at of ids) {
      const all = new Map(scopeOf(value, at).results.map((found) => [found.module.id, found.certainty]));
      for (const id of ids) expect(certaintyOf(value, at, id), `${id} at ${at}`).toBe(all.get(id) ?? null);
    }
  });
  it("knows the approval before it, and the start of a list", () => {
    expect(scopeOf(value, "b")).toMatchObject({ previous: { id: "a" }, afterApproval: true });
    expect(scopeOf(value, "c").previous).toBeNull();
  });
});

describe("checkFlow", () => {
  it.each([
    ["results.b", "There is no step “b”."],
    ["results.a", "A step cannot read its own result."],
    ["flow_imput.x", "“flow_imput” is not known here."],
    ["flow_input.iter.value", "flow_input.iter exists only inside a loop."],
    ["resume.x", "“resume” exists only right after an approval."],
    ["1 +", "Input “x” does not parse: Unexpected token."],
    ["", "Input “x” is empty."],
    ["results.later", "“later” runs after this step."],
  ])("complains about %j", (expr, sentence) => {
    expect(say(flow([code("a", { x: expr }), code("later")]))).toEqual([sentence]);
  });
  it.each([
    "results.z.rows.map((row) => row.id)",
    "const {n} = flow_input; return n",
    "`${" + "previous_result}`",
    "variable('u/a/b')",
    "Math.max(...results.z)",
    "try { return JSON.parse(results.z) } catch (e) { return e.message }",
  ])("has nothing against %s", (expr) => {
    expect(say(flow([code("z"), code("a", { x: expr })]))).toEqual([]);
  });
  it("knows containers and branches", () => {
    expect(say(flow([loop("b", [code("c", { x: "results.b" })])]))).toEqual([
      "“b” holds this step and has no result yet.",
    ]);
    expect(say(flow([choice("d", [code("e")], [code("f", { x: "results.e" })])]))).toEqual([
      "“e” lies in another branch of “d”.",
    ]);
    expect(say(flow([loop("b", [code("c")]), code("g", { x: "results.c" })]))[0]).toContain(
      "results.b is the list",
    );
  });
  it("knows the inputs of the flow and of the steps", () => {
    const given = {
      ...flow([code("a", { old: "flow_input.nam", n: "flow_input.name" })]),
      schema: { properties: { name: { type: "string" } } },
    };
    const schema = {
      properties: { n: { type: "integer" }, must: { type: "string" } },
      required: ["n", "must"],
    };
    expect(say(given, { schemas: { a: schema } })).toEqual([
      "The flow has no input “nam”.",
      "It has no input “old” any more.",
      "Input “must” is required.",
      "Input “n” takes a whole number, but is given text.",
    ]);
    // A script that nobody has looked at says nothing of its inputs.
    expect(say(given, { schemas: { a: {} } })).toEqual(["The flow has no input “nam”."]);
  });
  it("lets steps wait for later runs only where none of the same run can be meant", () => {
    const joined = (id: string): FlowModule => ({ ...code(id), debouncing: { debounce_delay_s: 60 } });
    const refused =
      "Only scripts and flows can wait for later runs, and none in loops or in branches that all run.";
    const all: FlowModule = {
      id: "all",
      value: { type: "branchall", branches: [{ modules: [joined("c")] }] },
    };
    expect(say(flow([joined("a"), choice("one", [joined("b")], [])]))).toEqual([]);
    expect(say(flow([loop("each", [joined("b")], "[1]"), all]))).toEqual([refused, refused]);
    expect(say(flow([{ ...joined("pass"), value: { type: "identity" } }]))).toEqual([refused]);
    expect(
      say(flow([{ ...code("a"), debouncing: { debounce_key: "k" } }, loop("each", [code("b")], "[1]")])),
    ).toEqual([]);
  });
  it("knows types from recorded results", () => {
    const schema = { properties: { x: { type: "array" } } };
    const given = flow([code("z"), code("a", { x: "results.z.rows" })]);
    expect(say(given, { schemas: { a: schema }, samples: { z: { rows: [1] } } })).toEqual([]);
    expect(say(given, { schemas: { a: schema }, samples: { z: { rows: 1 } } })).toEqual([
      "Input “x” takes a list, but is given a whole number.",
    ]);
  });
  it("finds settings that the engine refuses", () => {
    expect(
      say(
        flow(
          [
            { ...code("a"), retry: { exponential: { attempts: 2, multiplier: 1, seconds: 0 } } },
            code("a"),
            { id: "w", value: { type: "whileloopflow", modules: [], skip_failures: false } },
            { id: "s", value: { type: "script", path: "", input_transforms: {} } },
          ],
          { early_return: "nobody" },
        ),
      ),
    ).toEqual([
      "Two steps are named “a”.",
      "The early answer names a step “nobody” that does not exist.",
      "Exponential retry needs at least one second as its base.",
      "This loop never stops: give it a stop condition.",
      "Choose the script that this step runs.",
    ]);
  });
});

describe("evaluate", () => {
  const names = { flow_input: { n: 2, items: [{ id: 1 }, { id: 2 }] }, results: { a: { name: "Ada" } } };
  it.each([
    ["flow_input.n + 1", 3],
    ["results.a.name.toUpperCase()", "ADA"],
    ["results.b?.x ?? 'none'", "none"],
    ["`Hi $" + "{results.a.name}`", "Hi Ada"],
    ["flow_input.items.filter((i) => i.id > 1).map((i) => ({...i, x: true}))", [{ id: 2, x: true }]],
    ["return flow_input.n > 1 ? 'many' : 'one'", "many"],
    ["Object.keys(results.a)", ["name"]],
    ["{a: 1}", { a: 1 }],
  ])("%s", (expr, value) => {
    expect(evaluate(expr, names)).toEqual({ ok: true, value });
  });
  it.each([
    "constructor.constructor('return 1')()",
    "results.a.constructor",
    "fetch('/x')",
    "window.location",
    "({}).__proto__",
    "[].map.call",
    "[1,2].map(x => [1,2].map(() => x)).constructor",
    "'x'['constructor']",
    "new Date()",
    "variable('u/a/b')",
  ])("does not run %s", (expr) => {
    const answer = evaluate(expr, names);
    expect(answer.ok ? answer.value : undefined).toBeUndefined();
  });
  it("stops what goes on too long", () => {
    const list = JSON.stringify(Array.from({ length: 300 }, (_, n) => n));
    expect(evaluate(`${list}.map(a => ${list}.map(b => a * b))`, {})).toMatchObject({ ok: false });
    expect(evaluate(`${list}.reduce((a, b) => a + a, "xx")`, {})).toMatchObject({ ok: false });
  });
});

describe("findInFlow", () => {
  it("finds code, expressions and names", () => {
    const value = flow([code("a", { x: "results.needle" }), loop("needles", [])]).value;
    expect(findInFlow(value, "needle").map((hit) => `${hit.id} ${hit.where}`)).toEqual([
      "a input x",
      "needles name",
    ]);
    expect(findInFlow(value, " ")).toEqual([]);
  });
});

describe("layoutFlow", () => {
  const value: FlowValue = {
    modules: [code("a"), loop("b", [code("c"), choice("d", [code("e")], [])]), code("g")],
  };
  it("puts boxes below each other without overlap", () => {
    const { nodes } = layoutFlow(value);
    for (const one of nodes) {
      for (const two of nodes) {
        if (one === two) continue;
        const apart =
          one.x + one.width <= two.x ||
          two.x + two.width <= one.x ||
          one.y + one.height <= two.y ||
          two.y + two.height <= one.y;
        expect(apart, `${one.id} over ${two.id}`).toBe(true);
      }
    }
  });
  it("has a place for a new step at every line of a list", () => {
    const places = layoutFlow(value).edges.flatMap((edge) => (edge.place ? [edge.id] : []));
    expect(places).toEqual([
      "/body/0",
      "/body/1",
      "b/body/0",
      "b/body/1",
      "d/0/0",
      "d/0/1",
      "d/default/0",
      "b/body/2",
      "/body/2",
      "/body/3",
    ]);
  });
  it("hides what a collapsed step holds", () => {
    const { nodes } = layoutFlow(value, new Set(["b"]));
    expect(nodes.map((node) => node.id)).toEqual(["@input", "a", "b", "g", "@result"]);
    expect(nodes[2]?.hidden).toBe(3);
  });
  it("lays out 1,000 steps as a line of boxes", () => {
    const long = { modules: Array.from({ length: 1000 }, (_, n) => code(`s${n}`)) };
    const layout = layoutFlow(long);
    expect(layout.nodes).toHaveLength(1002);
    expect(nearestPlace(layout, 0, 0)).toEqual({ owner: null, list: "body", index: 0 });
    expect(nearestPlace(layout, 5, 1e9)).toEqual({ owner: null, list: "body", index: 1000 });
  });
});

describe("documents", () => {
  const full: OpenFlow = {
    summary: "Order",
    value: {
      modules: [code("a", { x: "flow_input.n" }), loop("b", [code("c")])],
      failure_module: code("failure"),
    },
    schema: { properties: { n: { type: "integer" } } },
  };
  it("come back from YAML and from JSON as they were", () => {
    expect(parseOpenFlow(toYaml(full))).toEqual({ flow: full, problems: [] });
    expect(parseOpenFlow(toJson(full))).toEqual({ flow: full, problems: [] });
    expect(toYaml(full)).toMatch(
      /^summary: Order\nvalue:\n {2}modules:\n {4}- id: a\n {6}value:\n {8}type: rawscript\n/,
    );
  });
  it("may be a bare value, leave ids out and use older words", () => {
    const { flow: read } = parseOpenFlow(
      JSON.stringify({
        modules: [
          { value: { type: "script", path: "u/a/b", input_transform: {} }, delete_after_use: true },
          { id: "a", value: { type: "identity" }, unknown: 1 },
        ],
      }),
    );
    expect(read?.value.modules).toEqual([
      { id: "b", value: { type: "script", path: "u/a/b", input_transforms: {} }, delete_after_secs: 0 },
      { id: "a", value: { type: "identity" }, unknown: 1 },
    ]);
  });
  it.each([
    ["[1]", 1, "A flow is an object"],
    ["summary: x\nvalue: 3", 2, "A flow needs a “value”"],
    ["value:\n  modules:\n    - id: a\n", 3, "A step needs a “value”"],
    ["value:\n  modules:\n    - id: a\n      value:\n        type: magic\n", 5, "“magic” is no kind of step"],
    [
      "value:\n  modules:\n    - id: a\n      value:\n        type: rawscript\n        language: bash\n",
      5,
      "needs “content”",
    ],
    [
      "value:\n  modules: [{id: a, value: {type: identity}}, {id: a, value: {type: identity}}]",
      1,
      "Two steps",
    ],
    ["a: b: c", 1, ""],
  ])("that are wrong are refused with a line: %j", (text, line, sentence) => {
    const read = parseOpenFlow(text);
    expect(read.flow).toBeNull();
    expect(read.problems[0]?.message).toContain(sentence);
    expect(Math.abs((read.problems[0]?.line ?? 0) - line)).toBeLessThanOrEqual(1);
  });

  it("are told of by the place where reading ended, not by all that follows", () => {
    const read = parseOpenFlow("  bad: [1\n  summary: a\nvalue:\n  modules:\n    - id: a\n    - id: b\n");
    expect(read.problems.map((problem) => problem.line)).toEqual([2]);
  });
});

describe("truncateAfter", () => {
  it("ends with the step, also inside containers, and does not wait at its end", () => {
    const value: FlowValue = {
      modules: [
        code("a"),
        loop("b", [{ ...code("c"), suspend: { required_events: 1 } }, code("d")]),
        code("e"),
      ],
    };
    const cut = truncateAfter(value, "c");
    expect([...walk(cut)].map((visit) => visit.module.id)).toEqual(["a", "b", "c"]);
    expect([...walk(cut)][2]?.module.suspend).toBeUndefined();
  });
});

describe("withCanceled", () => {
  const status: FlowStatus = {
    step: 1,
    modules: [
      { type: "Success", id: "a", job: "1" },
      { type: "Failure", id: "b", job: "2" },
    ],
  };
  const { runs } = collectRuns({ modules: [code("a"), code("b")] }, status, new Map(), {});
  const ended = (canceled: boolean, success = false) => ({ type: "CompletedJob", canceled, success });
  const state = (...given: [Map<string, ReturnType<typeof ended>>, ReturnType<typeof ended>]) =>
    withCanceled(runs, ...given).get("b")?.state;
  it("calls a step canceled whose run was, and failed what failed before its flow was canceled", () => {
    expect(state(new Map([["2", ended(true)]]), ended(true))).toBe("canceled");
    expect(state(new Map([["2", ended(false)]]), ended(true))).toBe("failure");
    expect(state(new Map(), ended(false))).toBe("failure");
  });
  it("calls a step canceled that waited for people when its flow was", () => {
    expect(state(new Map([["2", ended(false, true)]]), ended(true))).toBe("canceled");
    expect(state(new Map([["2", ended(false, true)]]), ended(false))).toBe("failure");
  });
  it("shows of steps in one box what asks for attention", () => {
    expect(runOfAll(["a", "b"], runs)?.state).toBe("failure");
    expect(runOfAll(["a"], runs)?.state).toBe("success");
    expect(runOfAll(["z"], runs)).toBeUndefined();
  });
});

describe("collectRuns", () => {
  const value: FlowValue = { modules: [code("a"), loop("b", [code("c"), code("d")]), code("e")] };
  const status: FlowStatus = {
    step: 1,
    modules: [
      { type: "Success", id: "a", job: "1" },
      { type: "InProgress", id: "b", job: "3", flow_jobs: ["2", "3"], flow_jobs_success: [true, null] },
      { type: "WaitingForPriorSteps", id: "e" },
    ],
  };
  const turn = (first: "Success" | "InProgress"): KnownRun => ({
    state: "running",
    status: {
      step: 0,
      modules: [
        { type: first, id: "c", job: "c" },
        { type: "WaitingForPriorSteps", id: "d" },
      ],
    },
  });
  it("asks for the newest turn, or the one that was picked", () => {
    expect([...collectRuns(value, status, new Map(), {}).wanted]).toEqual(["3"]);
    expect([...collectRuns(value, status, new Map(), { b: 0 }).wanted]).toEqual(["2"]);
  });
  it("shows the steps of that turn", () => {
    const { runs } = collectRuns(value, status, new Map([["3", turn("InProgress")]]), {});
    expect(Object.fromEntries([...runs].map(([id, run]) => [id, run.state]))).toEqual({
      a: "success",
      b: "running",
      c: "running",
      d: "waiting",
      e: "waiting",
    });
  });
  it("shows a turn that is one script as its step", () => {
    const single: FlowValue = { modules: [code("a"), loop("b", [code("c")]), code("e")] };
    const known = new Map<string, KnownRun>([["3", { state: "failure", status: null }]]);
    expect(collectRuns(single, status, known, {}).runs.get("c")).toMatchObject({
      state: "failure",
      job: "3",
    });
  });
  it("shows the error handler that ran in a branch, unless the flow's own ran", () => {
    const handled = (job: string): FlowStatus => ({
      step: 0,
      modules: [{ type: "Failure", id: "b", job: "2", branch_chosen: { type: "default" } }],
      failure_module: { type: "Success", id: "failure", job },
    });
    const flow: FlowValue = { modules: [choice("b", [], [code("c"), code("d")])] };
    const branch: KnownRun = {
      state: "failure",
      status: {
        step: 0,
        modules: [{ type: "Failure", id: "c", job: "c" }],
        failure_module: { type: "Success", id: "failure-b-0", job: "inner" },
      },
    };
    const handler = (job: string) =>
      collectRuns(flow, handled(job), new Map([["2", branch]]), {}).runs.get("failure");
    expect(handler("")).toMatchObject({ state: "success", job: "inner", within: "2" });
    expect(handler("outer")).toMatchObject({ job: "outer", within: null });
  });
  it("marks the step whose approval is awaited", () => {
    const waiting: FlowStatus = {
      step: 1,
      modules: [
        { type: "Success", id: "a", job: "1" },
        { type: "WaitingForEvents", id: "b", job: "1", count: 1 },
      ],
    };
    expect(collectRuns(value, waiting, new Map(), {}).runs.get("a")?.state).toBe("suspended");
  });
  it("lets what holds the awaited step wait, unless something else runs in it", () => {
    const inside = (parallel: boolean): FlowStatus => ({
      step: 0,
      modules: [{ type: "InProgress", id: "b", job: "2", flow_jobs: ["2"], parallel }],
    });
    const flow: FlowValue = { modules: [loop("b", [code("c"), code("d")])] };
    const turn: KnownRun = {
      state: "running",
      status: {
        step: 1,
        modules: [
          { type: "Success", id: "c", job: "c" },
          { type: "WaitingForEvents", id: "d", job: "c", count: 1 },
        ],
      },
    };
    const states = (parallel: boolean) => {
      const { runs } = collectRuns(flow, inside(parallel), new Map([["2", turn]]), {});
      return [runs.get("b")?.state, runs.get("c")?.state, suspendedStep(runs)?.id];
    };
    expect(states(false)).toEqual(["suspended", "suspended", "c"]);
    expect(states(true)).toEqual(["running", "suspended", "c"]);
  });
});

describe("restart", () => {
  const recorded: FlowValue = { modules: [code("a"), code("b"), code("c")] };
  const statuses = [
    { type: "Success" as const, id: "a" },
    { type: "Failure" as const, id: "b" },
    { type: "WaitingForPriorSteps" as const, id: "c" },
  ];
  it("is possible from steps whose predecessors ended well", () => {
    expect(restartableSteps(recorded, statuses)).toEqual(["a", "b"]);
  });
  it("is possible behind a failure with which the run went on, and not behind one that ended it", () => {
    const continued: FlowValue = {
      modules: [code("a"), { ...code("b"), continue_on_error: true }, code("c")],
    };
    expect(restartableSteps(continued, statuses)).toEqual(["a", "b"]);
    const wentOn = [...statuses.slice(0, 2), { type: "Failure" as const, id: "c" }];
    expect(restartableSteps(continued, wentOn)).toEqual(["a", "b", "c"]);
    expect(restartableSteps(recorded, wentOn)).toEqual(["a", "b"]);
  });
  it("leads into the part that goes on", () => {
    const loop: FlowModule = {
      id: "l",
      value: { type: "forloopflow", iterator: { type: "static" }, modules: [code("x"), code("y")] },
    } as FlowModule;
    const status = { type: "Failure" as const, id: "l", job: "j", flow_jobs: ["0", "1"] };
    const ids = (turns: number) => stepsWithin(loop, status, turns).map((module) => module.id);
    expect(ids(1)).toEqual(["x", "y"]);
    expect(ids(2)).toEqual([]);
    const branch: FlowModule = {
      id: "b",
      value: { type: "branchone", branches: [{ expr: "true", modules: [code("u")] }], default: [code("v")] },
    } as FlowModule;
    const took = { type: "Failure" as const, id: "b", job: "j", branch_chosen: { type: "default" as const } };
    expect(stepsWithin(branch, took, 0).map((module) => module.id)).toEqual(["v"]);
    expect(stepsWithin(code("a"), took, 0)).toEqual([]);
  });
});
