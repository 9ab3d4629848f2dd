/** Reading the small JavaScript expressions of a flow: do they parse, and what do they refer to. */

import { type Node, parse } from "acorn";

type AnyNode = Node & Record<string, unknown>;

export type Parsed =
  | { ok: true; root: AnyNode; source: string; shift: number; isBody: boolean }
  | { ok: false; message: string; at: number };

const STATEMENT = /^\s*(return|const|let|var|if|for|while|switch|try|throw|function|class|async|await)\b/;

/** Whether the engine takes the text as a function body, which needs a `return`, and not as one expression. */
export function isBody(text: string): boolean {
  return STATEMENT.test(text) || hasSemicolon(text);
}

function hasSemicolon(text: string): boolean {
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quote) {
      if (char === "\\") at += 1;
      else if (char === quote) quote = "";
    } else if (char === '"' || char === "'" || char === "`") quote = char;
    else if (char === ";") return true;
  }
  return false;
}

const OPTIONS = {
  ecmaVersion: "latest",
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
} as const;

// A flow is checked after each edit, and nearly all of its expressions are those of before.
const known = new Map<string, Parsed>();
const REMEMBERED = 4000;

/** The syntax tree of an expression, or where and why it does not parse (an offset in the text). */
export function parseExpression(text: string): Parsed {
  const before = known.get(text);
  if (before) return before;
  const parsed = parseAnew(text);
  if (known.size >= REMEMBERED) known.clear();
  known.set(text, parsed);
  return parsed;
}

function parseAnew(text: string): Parsed {
  const body = isBody(text);
  const source = body ? text : `(${text}\n)`;
  const shift = body ? 0 : 1;
  try {
    return { ok: true, root: parse(source, OPTIONS) as unknown as AnyNode, source, shift, isBody: body };
  } catch (error) {
    const at = Math.max(0, Math.min(text.length, (error as { pos?: number }).pos ?? 0) - shift);
    const message = String((error as Error).message).replace(/\s*\(\d+:\d+\)$/, "");
    return { ok: false, message, at };
  }
}

/** A way into a value: names and numbers after a known identifier, as far as they stand in the text. */
export type Reference = {
  root: string;
  path: (string | number)[];
  /** Offsets of the first name of the path, without quotes; equal when the path is empty. */
  nameStart: number;
  nameEnd: number;
  /** Offsets of the root identifier. */
  start: number;
  end: number;
};

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as AnyNode).type === "string";
}

function* children(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) yield item;
    } else if (isNode(value)) yield value;
  }
}

type Segment = { name: string | number; start: number; end: number };

function segmentOf(member: AnyNode): Segment | null {
  const property = member.property as AnyNode;
  if (!member.computed && property.type === "Identifier") {
    return { name: property.name as string, start: property.start, end: property.end };
  }
  if (property.type === "Literal" && typeof property.value === "string") {
    return { name: property.value, start: property.start + 1, end: property.end - 1 };
  }
  if (property.type === "Literal" && typeof property.value === "number") {
    return { name: property.value, start: property.start, end: property.end };
  }
  return null;
}

function unwrapped(node: AnyNode): AnyNode {
  if (node.type === "ChainExpression") return unwrapped(node.expression as AnyNode);
  if (node.type === "AwaitExpression") return unwrapped(node.argument as AnyNode);
  return node;
}

type Chain = { root: AnyNode; segments: Segment[]; isWhole: boolean };

/** Flattens `a.b[0].c`: the identifier at its root and the segments known before something is computed. */
function chainOf(node: AnyNode): Chain | null {
  const bare = unwrapped(node);
  if (bare.type === "Identifier") return { root: bare, segments: [], isWhole: true };
  if (bare.type !== "MemberExpression") return null;
  const inner = chainOf(bare.object as AnyNode);
  if (!inner) return null;
  const segment = inner.isWhole ? segmentOf(bare) : null;
  return segment ? { ...inner, segments: [...inner.segments, segment] } : { ...inner, isWhole: false };
}

function collect(node: AnyNode, shift: number, found: Reference[]): void {
  const bare = unwrapped(node);
  if (bare.type === "MemberExpression" || bare.type === "Identifier") {
    const chain = chainOf(bare);
    if (chain) {
      const first = chain.segments[0];
      found.push({
        root: chain.root.name as string,
        path: chain.segments.map((segment) => segment.name),
        start: chain.root.start - shift,
        end: chain.root.end - shift,
        nameStart: (first?.start ?? chain.root.end) - shift,
        nameEnd: (first?.end ?? chain.root.end) - shift,
      });
      // What stands in computed brackets is read too: results.a[flow_input.n].
      computedParts(bare, shift, found);
      return;
    }
  }
  if (bare.type === "Property" || bare.type === "PropertyDefinition") {
    if (bare.computed) collect(bare.key as AnyNode, shift, found);
    if (isNode(bare.value)) collect(bare.value, shift, found);
    return;
  }
  for (const child of children(bare)) collect(child, shift, found);
}

function computedParts(node: AnyNode, shift: number, found: Reference[]): void {
  const bare = unwrapped(node);
  if (bare.type !== "MemberExpression") return;
  if (bare.computed) collect(bare.property as AnyNode, shift, found);
  computedParts(bare.object as AnyNode, shift, found);
}

const LOOSE =
  /\b(results|flow_input|flow_env|previous_result)\b(?:\s*\??\.\s*([A-Za-z_$][\w$]*)|\s*\??\.?\[\s*["']([^"']+)["']\s*\])?/g;

/** References in text that does not parse (yet): good enough to rename and complete while somebody types. */
function looseReferences(text: string): Reference[] {
  return [...text.matchAll(LOOSE)].map((match) => {
    const name = match[2] ?? match[3];
    const start = match.index;
    const end = start + (match[1] ?? "").length;
    const nameStart = name === undefined ? end : start + match[0].lastIndexOf(name);
    return {
      root: match[1] ?? "",
      path: name === undefined ? [] : [name],
      start,
      end,
      nameStart,
      nameEnd: name === undefined ? end : nameStart + name.length,
    };
  });
}

/** Everything that an expression reads, in the order of the text. */
export function referencesIn(text: string): Reference[] {
  const parsed = parseExpression(text);
  if (!parsed.ok) return looseReferences(text);
  const found: Reference[] = [];
  collect(parsed.root, parsed.shift, found);
  return found.sort((a, b) => a.start - b.start);
}

/** `results.a`, or with brackets where the name is no identifier. */
export function memberOf(base: string, name: string | number): string {
  if (typeof name === "number") return `${base}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${base}.${name}` : `${base}[${JSON.stringify(name)}]`;
}

/** The text with one name after `root` replaced wherever it is read. */
export function renameMember(text: string, root: string, from: string, to: string): string {
  if (!text.includes(from)) return text;
  const hits = referencesIn(text).filter((found) => found.root === root && found.path[0] === from);
  let result = text;
  for (const hit of hits.reverse()) {
    const quoted = /["']/.test(result[hit.nameStart - 1] ?? "");
    if (quoted || /^[A-Za-z_$][\w$]*$/.test(to)) {
      result = result.slice(0, hit.nameStart) + to + result.slice(hit.nameEnd);
    } else {
      // The new name needs brackets: `.name` becomes `["na me"]`.
      const dot = result.lastIndexOf(".", hit.nameStart);
      const optional = result[dot - 1] === "?";
      const before = result.slice(0, optional ? dot + 1 : dot);
      result = `${before}[${JSON.stringify(to)}]${result.slice(hit.nameEnd)}`;
    }
  }
  return result;
}

/** The text with an identifier replaced where it is read on its own or as the start of a way into a value. */
export function replaceRoot(text: string, root: string, expression: string): string {
  if (!text.includes(root)) return text;
  let result = text;
  for (const hit of referencesIn(text)
    .filter((found) => found.root === root)
    .reverse()) {
    result = result.slice(0, hit.start) + expression + result.slice(hit.end);
  }
  return result;
}

function* patternNames(node: AnyNode | null): Generator<string> {
  if (!node) return;
  if (node.type === "Identifier") yield node.name as string;
  else if (node.type === "AssignmentPattern") yield* patternNames(node.left as AnyNode);
  else if (node.type === "RestElement") yield* patternNames(node.argument as AnyNode);
  else if (node.type === "ArrayPattern")
    for (const item of node.elements as AnyNode[]) yield* patternNames(item);
  else if (node.type === "ObjectPattern") {
    for (const property of node.properties as AnyNode[]) {
      yield* patternNames((property.type === "RestElement" ? property.argument : property.value) as AnyNode);
    }
  }
}

function* declared(node: AnyNode): Generator<string> {
  if (Array.isArray(node.params)) for (const param of node.params as AnyNode[]) yield* patternNames(param);
  if (node.type === "CatchClause") yield* patternNames(node.param as AnyNode | null);
  if (/^(VariableDeclarator|FunctionDeclaration|FunctionExpression|ClassDeclaration)$/.test(node.type)) {
    yield* patternNames(node.id as AnyNode | null);
  }
  for (const child of children(node)) yield* declared(child);
}

/** Names that an expression declares itself: parameters and variables. */
export function declaredIn(parsed: Parsed): Set<string> {
  return parsed.ok ? new Set(declared(parsed.root)) : new Set();
}
