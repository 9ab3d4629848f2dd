/** What can follow at the caret of an expression that is being typed. */

import { inputNames, isRecorded, type Recorded, recordedNames, typeLabel } from "./available";
import { evaluate } from "./evaluate";
import { iterName, knownRoots, scopeOf } from "./scope";
import { shortValue } from "./short-value";
import type { OpenFlow } from "./types";
import { stepTitle } from "./walk";

/** `opens`: what was taken asks for more at once, as a call does for its path. */
export type Completion = { text: string; detail: string; opens?: boolean };
export type Completions = { from: number; options: Completion[] };
/** Paths that `variable("...")` and `resource("...")` can name. */
export type Paths = { variable: readonly string[]; resource: readonly string[] };

const CHAIN = /([A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*|\[\d+\])*)\??\.([\w$]*)$/;
const WORD = /(?:^|[^\w$.])([A-Za-z_$][\w$]*)$/;
const CALL = /\b(variable|resource)\(\s*["'`]([^"'`]*)$/;

function memberNames(value: unknown): Completion[] {
  if (Array.isArray(value)) {
    return ["length", "map", "filter", "find", "join"].map((text) => ({ text, detail: "list" }));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([name]) => /^[A-Za-z_$][\w$]*$/.test(name))
    .map(([text, member]) => ({
      text,
      detail: shortValue(member, 40),
    }));
}

/** What can follow at the caret: members of what is known, or the names that exist here. */
export function completionsAt(
  text: string,
  caret: number,
  flow: OpenFlow,
  id: string,
  field: string,
  recorded: Recorded,
  paths: Paths = { variable: [], resource: [] },
): Completions | null {
  const before = text.slice(0, caret);
  const call = CALL.exec(before);
  if (call) {
    const typed = call[2] ?? "";
    const kind = call[1] as keyof Paths;
    const closing = /^["'`]/.test(text.slice(caret)) ? "" : `${before.charAt(caret - typed.length - 1)})`;
    const options = paths[kind]
      .filter((path) => path !== typed && path.toLowerCase().includes(typed.toLowerCase()))
      .slice(0, 40)
      .map((path) => ({ text: path + closing, detail: kind }));
    return options.length > 0 ? { from: caret - typed.length, options } : null;
  }
  const chain = CHAIN.exec(before);
  const filter = (options: Completion[], typed: string): Completions | null => {
    const fitting = options.filter(
      (option) => option.text.toLowerCase().startsWith(typed.toLowerCase()) && option.text !== typed,
    );
    return fitting.length > 0 ? { from: caret - typed.length, options: fitting.slice(0, 40) } : null;
  };
  const scope = scopeOf(flow.value, id);
  if (chain?.[1] !== undefined) {
    const base = chain[1].replaceAll("?", "");
    const typed = chain[2] ?? "";
    if (base === "results") {
      const options = scope.results.map(({ module }) => ({
        text: module.id,
        detail: isRecorded(recorded.results, module.id)
          ? shortValue(recorded.results[module.id], 40)
          : stepTitle(module),
      }));
      return filter(options, typed);
    }
    const found = evaluate(base, recordedNames(flow, id, recorded));
    const options = found.ok ? memberNames(found.value) : [];
    if (base === "flow_input") {
      const listed = new Set(options.map((option) => option.text));
      for (const name of inputNames(flow.schema)) {
        if (!listed.has(name))
          options.push({ text: name, detail: typeLabel(flow.schema?.properties?.[name]) });
      }
      for (let depth = 0; depth < scope.loops; depth += 1) {
        if (!listed.has(iterName(depth))) options.push({ text: iterName(depth), detail: "turn of the loop" });
      }
    }
    if (/^flow_input\.iter(_parent)*$/.test(base) && options.length === 0) {
      options.push({ text: "value", detail: "item" }, { text: "index", detail: "number" });
    }
    return filter(options, typed);
  }
  const word = WORD.exec(before)?.[1];
  if (word === undefined) return null;
  return filter(
    [...knownRoots(scope, field)].map((root) =>
      root === "variable" || root === "resource"
        ? { text: `${root}("`, detail: ROOTS[root] ?? "", opens: true }
        : { text: root, detail: ROOTS[root] ?? "" },
    ),
    word,
  );
}

const ROOTS: Record<string, string> = {
  flow_input: "input of the flow",
  flow_env: "environment of the flow",
  results: "results of steps",
  previous_result: "result of the step before",
  result: "result of this step",
  variable: "value of a variable",
  resource: "value of a resource",
  flow_user_state: "state kept by the run",
  error: "the error of a failed step",
  resume: "answer of the approver",
};
