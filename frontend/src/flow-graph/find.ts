/** Search in a flow: names, summaries, code, values and expressions. */

import { expressionsOf, FIELD_LABELS } from "./expressions";
import type { FlowModule, FlowValue } from "./types";
import { allModules, listsOf, stepTitle } from "./walk";

export type Hit = { id: string; title: string; where: string; excerpt: string };

function excerptAround(text: string, at: number, length: number): string {
  const start = Math.max(0, text.lastIndexOf("\n", at) + 1, at - 40);
  const end = Math.min(text.length, Math.max(at + length, start + 90));
  return text.slice(start, end).split("\n")[0]?.trim() ?? "";
}

function textsOf(module: FlowModule): [string, string][] {
  const texts: [string, string][] = [
    ["name", module.id],
    ["summary", module.summary ?? ""],
  ];
  const { value } = module;
  if (value.type === "rawscript") texts.push(["code", value.content]);
  if (value.type === "script" || value.type === "flow") texts.push(["path", value.path]);
  if ("input_transforms" in value) {
    for (const [name, transform] of Object.entries(value.input_transforms ?? {})) {
      if (transform.type === "static" && transform.value !== undefined)
        texts.push([`input ${name}`, JSON.stringify(transform.value) ?? ""]);
    }
  }
  for (const { place, expr } of expressionsOf(module)) {
    texts.push([
      place.name && place.field === "input" ? `input ${place.name}` : FIELD_LABELS[place.field],
      expr,
    ]);
  }
  for (const list of listsOf(module))
    if (typeof list.key.list === "number") texts.push(["branch", list.label]);
  return texts;
}

/** One hit per place that contains the words, in the order of the flow. */
export function findInFlow(value: FlowValue, words: string, limit = 200): Hit[] {
  const needle = words.trim().toLowerCase();
  if (!needle) return [];
  const hits: Hit[] = [];
  for (const module of allModules(value)) {
    for (const [where, text] of textsOf(module)) {
      const at = text.toLowerCase().indexOf(needle);
      if (at < 0) continue;
      hits.push({
        id: module.id,
        title: stepTitle(module),
        where,
        excerpt: excerptAround(text, at, needle.length),
      });
      if (hits.length >= limit) return hits;
    }
  }
  return hits;
}
