/**
 * The value that an expression has now, for a preview while somebody types. It walks the syntax tree itself and
 * knows a harmless part of JavaScript: what people write in flows could come from anybody, so the browser never
 * runs it. What it does not know it says; the engine that runs the flow knows all of it.
 */

import type { Node } from "acorn";
import { parseExpression } from "./javascript";

export type Evaluated = { ok: true; value: unknown } | { ok: false; reason: string };
export type Names = Record<string, unknown>;

// Syntax trees and recorded values have no types that are known here.
// biome-ignore lint/suspicious/noExplicitAny: every member is looked at before it is used
type Loose = any;
type AnyNode = Node & Record<string, Loose>;
type Method = (self: Loose, args: Loose[]) => unknown;

class NotKnown extends Error {}

const UNRECORDED = "Test the flow once to see the value here.";
const BUDGET = 20_000;
const LONGEST_TEXT = 1_000_000;
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

const STRING_METHODS: Record<string, (self: string, args: Loose[]) => unknown> = {
  toUpperCase: (self) => self.toUpperCase(),
  toLowerCase: (self) => self.toLowerCase(),
  trim: (self) => self.trim(),
  split: (self, [by, limit]) => self.split(by as string, limit),
  slice: (self, [from, to]) => self.slice(from, to),
  substring: (self, [from, to]) => self.substring(from, to),
  includes: (self, [what]) => self.includes(what),
  startsWith: (self, [what]) => self.startsWith(what),
  endsWith: (self, [what]) => self.endsWith(what),
  indexOf: (self, [what]) => self.indexOf(what),
  replaceAll: (self, [from, to]) => self.replaceAll(String(from), String(to)),
  replace: (self, [from, to]) => self.replace(String(from), String(to)),
  toString: (self: string) => self,
};

const LIST_METHODS: Record<string, (self: unknown[], args: Loose[]) => unknown> = {
  map: (self, [call]) => self.map((item, index) => call(item, index)),
  filter: (self, [call]) => self.filter((item, index) => call(item, index)),
  find: (self, [call]) => self.find((item, index) => call(item, index)),
  some: (self, [call]) => self.some((item, index) => call(item, index)),
  every: (self, [call]) => self.every((item, index) => call(item, index)),
  flatMap: (self, [call]) => self.flatMap((item, index) => call(item, index)),
  reduce: (self, [call, start]) => self.reduce((sum, item, index) => call(sum, item, index), start),
  join: (self, [by]) => self.join(by),
  slice: (self, [from, to]) => self.slice(from, to),
  includes: (self, [what]) => self.includes(what),
  indexOf: (self, [what]) => self.indexOf(what),
  concat: (self, args) => self.concat(...args),
  flat: (self) => self.flat(),
  at: (self, [index]) => self.at(index),
};

const NUMBER_METHODS: Record<string, (self: number, args: Loose[]) => unknown> = {
  toFixed: (self, [digits]) => self.toFixed(digits),
  toString: (self: number) => String(self),
};

const STATICS: Record<string, Record<string, (...args: Loose[]) => unknown>> = {
  Math: {
    min: Math.min,
    max: Math.max,
    round: Math.round,
    floor: Math.floor,
    ceil: Math.ceil,
    abs: Math.abs,
    sqrt: Math.sqrt,
    pow: Math.pow,
  },
  Object: {
    keys: (value: object) => Object.keys(value),
    values: (value: object) => Object.values(value),
    entries: (value: object) => Object.entries(value),
  },
  JSON: {
    stringify: (value: unknown, _replacer: null, indent: number) => JSON.stringify(value, null, indent),
    parse: (text: string) => JSON.parse(text),
  },
  Array: { isArray: (value: unknown) => Array.isArray(value) },
};

const CALLS: Record<string, (...args: Loose[]) => unknown> = {
  Number: (value: unknown) => Number(value),
  String: (value: unknown) => String(value),
  Boolean: (value: unknown) => Boolean(value),
  parseInt: (text: string, base: number) => Number.parseInt(text, base),
  parseFloat: (text: string) => Number.parseFloat(text),
};

const BINARY: Record<string, (a: Loose, b: Loose) => unknown> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "===": (a, b) => a === b,
  "!==": (a, b) => a !== b,
  // biome-ignore lint/suspicious/noDoubleEquals: it is what the text says
  "==": (a, b) => a == b,
  // biome-ignore lint/suspicious/noDoubleEquals: it is what the text says
  "!=": (a, b) => a != b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  in: (a, b) => Object.hasOwn(b, a),
};

class Run {
  private left = BUDGET;

  evaluate(node: AnyNode, names: Names): unknown {
    this.left -= 1;
    if (this.left < 0) throw new NotKnown("It takes too long to preview.");
    const visit = this.visitors[node.type];
    if (!visit) throw new NotKnown("A preview does not know all of this expression.");
    return visit(node, names);
  }

  private readonly visitors: Record<string, (node: AnyNode, names: Names) => unknown> = {
    Literal: (node) => {
      if ("regex" in node) throw new NotKnown("A preview does not run regular expressions.");
      return node.value;
    },
    ParenthesizedExpression: (node, names) => this.evaluate(node.expression, names),
    ChainExpression: (node, names) => this.evaluate(node.expression, names),
    AwaitExpression: (node, names) => this.evaluate(node.argument, names),
    TemplateLiteral: (node, names) => {
      const quasis = node.quasis as AnyNode[];
      const parts = (node.expressions as AnyNode[]).map((part) => String(this.evaluate(part, names)));
      return quasis
        .map((quasi, index) => (quasi.value as { cooked: string }).cooked + (parts[index] ?? ""))
        .join("");
    },
    Identifier: (node, names) => {
      const name = node.name as string;
      if (name === "undefined") return undefined;
      if (Object.hasOwn(names, name)) return names[name];
      throw new NotKnown(UNRECORDED);
    },
    ArrayExpression: (node, names) => this.items(node.elements, names),
    ObjectExpression: (node, names) => {
      const made: Record<string, unknown> = {};
      for (const property of node.properties as AnyNode[]) {
        if (property.type === "SpreadElement") Object.assign(made, this.evaluate(property.argument, names));
        else {
          const key = property.key as AnyNode;
          const name = property.computed
            ? String(this.evaluate(key, names))
            : String(key.type === "Identifier" ? key.name : key.value);
          if (FORBIDDEN.has(name)) throw new NotKnown(`A preview does not use “${name}”.`);
          made[name] = this.evaluate(property.value, names);
        }
      }
      return made;
    },
    UnaryExpression: (node, names) => {
      const value = this.evaluate(node.argument, names);
      switch (node.operator as string) {
        case "!":
          return !value;
        case "-":
          return -(value as number);
        case "+":
          return Number(value);
        case "typeof":
          return typeof value;
        default:
          throw new NotKnown(`A preview does not know “${node.operator}”.`);
      }
    },
    BinaryExpression: (node, names) => {
      const apply = BINARY[node.operator as string];
      if (!apply) throw new NotKnown(`A preview does not know “${node.operator}”.`);
      const value = apply(this.evaluate(node.left, names), this.evaluate(node.right, names));
      if (typeof value === "string" && value.length > LONGEST_TEXT)
        throw new NotKnown("The text is too long to preview.");
      return value;
    },
    LogicalExpression: (node, names) => {
      const left = this.evaluate(node.left, names);
      if (node.operator === "&&") return left && this.evaluate(node.right, names);
      if (node.operator === "||") return left || this.evaluate(node.right, names);
      return left ?? this.evaluate(node.right, names);
    },
    ConditionalExpression: (node, names) =>
      this.evaluate(this.evaluate(node.test, names) ? node.consequent : node.alternate, names),
    MemberExpression: (node, names) => {
      const object = this.evaluate(node.object, names);
      return this.member(object, this.keyOf(node, names), Boolean(node.optional));
    },
    CallExpression: (node, names) => this.call(node, names),
    ArrowFunctionExpression: (node, names) => {
      const params = node.params as AnyNode[];
      if (
        params.some((param) => param.type !== "Identifier") ||
        (node.body as AnyNode).type === "BlockStatement"
      )
        throw new NotKnown("A preview does not know this kind of function.");
      return (...args: unknown[]) => {
        const inner = { ...names };
        for (const [index, param] of params.entries()) inner[param.name as string] = args[index];
        return this.evaluate(node.body, inner);
      };
    },
  };

  private items(nodes: unknown, names: Names): unknown[] {
    return (nodes as AnyNode[]).flatMap((node) =>
      node.type === "SpreadElement"
        ? [...(this.evaluate(node.argument, names) as unknown[])]
        : [this.evaluate(node, names)],
    );
  }

  private keyOf(node: AnyNode, names: Names): string {
    const property = node.property as AnyNode;
    return node.computed ? String(this.evaluate(property, names)) : String(property.name);
  }

  private member(object: unknown, key: string, optional: boolean): unknown {
    if (object === null || object === undefined) {
      if (optional) return undefined;
      throw new NotKnown(object === null ? `“${key}” is read from null.` : UNRECORDED);
    }
    if (FORBIDDEN.has(key)) throw new NotKnown(`A preview does not read “${key}”.`);
    if (typeof object === "string") return key === "length" ? object.length : object[Number(key)];
    if (typeof object !== "object") return undefined;
    return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
  }

  private call(node: AnyNode, names: Names): unknown {
    const callee = node.callee as AnyNode;
    const args = this.items(node.arguments, names) as Loose[];
    if (callee.type === "Identifier") {
      const name = callee.name as string;
      const local = Object.hasOwn(names, name) ? names[name] : undefined;
      if (typeof local === "function") return local(...args);
      const known = Object.hasOwn(CALLS, name) ? CALLS[name] : undefined;
      if (known) return known(...args);
      if (name === "variable" || name === "resource") {
        throw new NotKnown(`The ${name} is read when the flow runs, with the rights of who runs it.`);
      }
      throw new NotKnown(`“${name}(…)” has a value only when the flow runs.`);
    }
    if (callee.type !== "MemberExpression") throw new NotKnown("A preview does not know this call.");
    const object = callee.object as AnyNode;
    const key = this.keyOf(callee, names);
    if (object.type === "Identifier" && !Object.hasOwn(names, object.name as string)) {
      const group = STATICS[object.name as string];
      const method = group && Object.hasOwn(group, key) ? group[key] : undefined;
      if (method) return method(...args);
    }
    const self = this.evaluate(object, names);
    if ((self === null || self === undefined) && callee.optional) return undefined;
    if (self === undefined) throw new NotKnown(UNRECORDED);
    const table: Record<string, Method> =
      typeof self === "string"
        ? (STRING_METHODS as Record<string, Method>)
        : typeof self === "number"
          ? (NUMBER_METHODS as Record<string, Method>)
          : Array.isArray(self)
            ? (LIST_METHODS as Record<string, Method>)
            : {};
    const method = Object.hasOwn(table, key) ? table[key] : undefined;
    if (!method) throw new NotKnown(`A preview does not know “${key}(…)” here.`);
    return method(self, args);
  }
}

/** The value of an expression with the given names, or why it cannot be shown. */
export function evaluate(text: string, names: Names): Evaluated {
  if (!text.trim()) return { ok: false, reason: "Empty." };
  const parsed = parseExpression(text);
  if (!parsed.ok) return { ok: false, reason: parsed.message };
  const statement = (parsed.root.body as unknown as AnyNode[])[0];
  const rest = (parsed.root.body as unknown as AnyNode[]).length;
  const expression =
    statement?.type === "ExpressionStatement"
      ? statement.expression
      : statement?.type === "ReturnStatement"
        ? statement.argument
        : null;
  if (rest !== 1 || !expression) return { ok: false, reason: "Several statements have no preview." };
  try {
    return { ok: true, value: new Run().evaluate(expression, names) };
  } catch (error) {
    if (error instanceof NotKnown) return { ok: false, reason: error.message };
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
