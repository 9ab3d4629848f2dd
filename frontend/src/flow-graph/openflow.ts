/** OpenFlow documents as text: reading with plain sentences about what is wrong, and writing in a steady order. */

import { isMap, isScalar, LineCounter, parseDocument, stringify } from "yaml";
import { mapModules } from "./expressions";
import { idMaker } from "./ids";
import type { Branch, FlowModule, FlowValue, ModuleValue, OpenFlow } from "./types";
import { allModules } from "./walk";

export type TextProblem = { message: string; line: number; column: number };
export type Read = { flow: OpenFlow; problems: TextProblem[] } | { flow: null; problems: TextProblem[] };

type Loose = Record<string, unknown>;
type Where = (string | number)[];
type Complain = (where: Where, message: string) => void;

const KINDS: Record<ModuleValue["type"], true> = {
  rawscript: true,
  script: true,
  flow: true,
  forloopflow: true,
  whileloopflow: true,
  branchone: true,
  branchall: true,
  identity: true,
  aiagent: true,
};

function isRecord(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readList(list: unknown, where: Where, complain: Complain, make: () => string): FlowModule[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    complain(where, "Steps are a list.");
    return [];
  }
  return list.flatMap((item, index) => {
    const module = readModule(item, [...where, index], complain, make);
    return module ? [module] : [];
  });
}

function readModule(item: unknown, where: Where, complain: Complain, make: () => string): FlowModule | null {
  if (!isRecord(item)) {
    complain(where, "A step is an object with “id” and “value”.");
    return null;
  }
  if (!isRecord(item.value)) {
    complain([...where, "value"], "A step needs a “value” with its “type”.");
    return null;
  }
  const value = readValue(item.value, [...where, "value"], complain, make);
  if (!value) return null;
  const { delete_after_use, ...rest } = item;
  const id = typeof item.id === "string" && item.id ? item.id : make();
  return {
    ...rest,
    id,
    value,
    ...(delete_after_use === true && rest.delete_after_secs === undefined ? { delete_after_secs: 0 } : {}),
  } as FlowModule;
}

function readBranches(value: unknown, where: Where, complain: Complain, make: () => string): Branch[] {
  if (!Array.isArray(value)) {
    complain(where, "Branches are a list.");
    return [];
  }
  return value.filter(isRecord).map((branch, index) => ({
    ...branch,
    modules: readList(branch.modules, [...where, index, "modules"], complain, make),
  }));
}

function readValue(value: Loose, where: Where, complain: Complain, make: () => string): ModuleValue | null {
  const type = value.type as ModuleValue["type"];
  if (typeof type !== "string" || !Object.hasOwn(KINDS, type)) {
    complain(
      [...where, "type"],
      `“${String(value.type)}” is no kind of step; kinds are ${Object.keys(KINDS).join(", ")}.`,
    );
    return null;
  }
  const text = (name: string) => {
    if (typeof value[name] === "string") return;
    complain([...where, name], `A step of type ${type} needs “${name}” as text.`);
  };
  switch (type) {
    case "rawscript":
    case "script":
    case "flow":
    case "aiagent": {
      const { input_transform, ...rest } = value;
      const transforms = rest.input_transforms ?? input_transform ?? {};
      if (!isRecord(transforms)) complain([...where, "input_transforms"], "Inputs are an object.");
      if (type === "rawscript") {
        text("content");
        text("language");
      } else if (type !== "aiagent") text("path");
      return { ...rest, input_transforms: isRecord(transforms) ? transforms : {} } as ModuleValue;
    }
    case "forloopflow": {
      if (!isRecord(value.iterator)) complain([...where, "iterator"], "A loop needs an “iterator”.");
      return {
        ...value,
        iterator: isRecord(value.iterator) ? value.iterator : { type: "javascript", expr: "" },
        skip_failures: value.skip_failures === true,
        modules: readList(value.modules, [...where, "modules"], complain, make),
      } as ModuleValue;
    }
    case "whileloopflow":
      return {
        ...value,
        skip_failures: value.skip_failures === true,
        modules: readList(value.modules, [...where, "modules"], complain, make),
      } as ModuleValue;
    case "branchone":
      return {
        ...value,
        branches: readBranches(value.branches, [...where, "branches"], complain, make),
        default: readList(value.default, [...where, "default"], complain, make),
      } as ModuleValue;
    case "branchall":
      return {
        ...value,
        branches: readBranches(value.branches, [...where, "branches"], complain, make),
      } as ModuleValue;
    case "identity":
      return value as ModuleValue;
  }
}

function givenIds(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(givenIds);
  if (!isRecord(value)) return [];
  const own = typeof value.id === "string" ? [value.id] : [];
  return [...own, ...Object.values(value).flatMap(givenIds)];
}

/** A flow from a decoded document: `{summary, value, schema}` or a bare `{modules}`. */
export function readOpenFlow(data: unknown, complain: Complain): OpenFlow | null {
  if (!isRecord(data)) {
    complain([], "A flow is an object with “summary” and “value”.");
    return null;
  }
  const bare = data.value === undefined && data.modules !== undefined;
  const value = bare ? data : data.value;
  const base: Where = bare ? [] : ["value"];
  if (!isRecord(value)) {
    complain(["value"], "A flow needs a “value” with its “modules”.");
    return null;
  }
  const make = idMaker(givenIds(value));
  const read: FlowValue = {
    ...value,
    modules: readList(value.modules, [...base, "modules"], complain, make),
  };
  if (value.modules === undefined)
    complain([...base, "modules"], "A flow needs “modules”, the list of its steps.");
  for (const name of ["failure_module", "preprocessor_module"] as const) {
    if (value[name] === undefined || value[name] === null) {
      delete read[name];
      continue;
    }
    const module = readModule(value[name], [...base, name], complain, make);
    if (module) read[name] = { ...module, id: name.replace("_module", "") };
  }
  const seen = new Set<string>();
  for (const { id } of allModules(read)) {
    if (seen.has(id)) complain(base, `Two steps are named “${id}”.`);
    seen.add(id);
  }
  if (bare) return { summary: "", value: read };
  const { schema, description } = data;
  return {
    ...data,
    summary: typeof data.summary === "string" ? data.summary : "",
    ...(typeof description === "string" ? { description } : {}),
    value: read,
    ...(isRecord(schema) && isRecord(schema.properties) ? { schema: schema as never } : {}),
  };
}

/** Reads YAML or JSON (which is YAML). Any problem means that `flow` is null. */
export function parseOpenFlow(text: string): Read {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  // Behind a place that cannot be read all is unexpected: only the first such place is worth telling.
  const told = document.errors.filter((error, index) => index === 0 || error.code !== "UNEXPECTED_TOKEN");
  const problems: TextProblem[] = told.map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { message: error.message, line, column: col };
  });
  if (problems.length > 0) return { flow: null, problems };
  const complain: Complain = (where, message) => {
    let node: unknown = document.contents;
    let range: [number, number, number] | null | undefined;
    for (let end = where.length; end >= 0 && !range; end -= 1) {
      node = end === 0 ? document.contents : document.getIn(where.slice(0, end), true);
      if (isMap(node) || isScalar(node) || (typeof node === "object" && node !== null))
        range = (node as { range?: [number, number, number] }).range;
    }
    const { line, col } = lines.linePos(range?.[0] ?? 0);
    problems.push({ message, line: Math.max(1, line), column: Math.max(1, col) });
  };
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { flow: null, problems: [{ message: String((error as Error).message), line: 1, column: 1 }] };
  }
  const flow = readOpenFlow(data, complain);
  return problems.length > 0 ? { flow: null, problems } : { flow: flow as OpenFlow, problems };
}

const MODULE_ORDER = ["id", "summary", "value"];
const VALUE_ORDER = ["type", "path", "language", "content", "iterator", "input_transforms"];

function ordered<T extends object>(record: T, first: readonly string[]): T {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  const rank = (key: string) => (first.indexOf(key) + first.length + 1) % (first.length + 1);
  const known = entries.filter(([key]) => first.includes(key)).sort(([a], [b]) => rank(a) - rank(b));
  return Object.fromEntries([...known, ...entries.filter(([key]) => !first.includes(key))]) as T;
}

/** The document in the order in which people read it: what it is, then its steps, each beginning with its name. */
export function tidy(flow: OpenFlow): OpenFlow {
  const value = mapModules(flow.value, (module) =>
    ordered({ ...module, value: ordered(module.value, VALUE_ORDER) }, MODULE_ORDER),
  );
  return ordered({ ...flow, value }, ["summary", "description", "value", "schema"]);
}

export function toYaml(flow: OpenFlow): string {
  return stringify(tidy(flow), { lineWidth: 0, aliasDuplicateObjects: false });
}

export function toJson(flow: OpenFlow): string {
  return `${JSON.stringify(tidy(flow), null, 2)}\n`;
}

/** Only what belongs to the document, without what a server adds to a stored flow. */
export function documentOf(flow: OpenFlow): OpenFlow {
  const { summary, description, value, schema } = flow;
  return {
    summary,
    ...(description ? { description } : {}),
    value,
    ...(schema ? { schema } : {}),
  };
}
