import type { Args, Property, Schema } from "@/api/types";
import { isShown } from "./condition";
import { COMPUTED_DEFAULT, discriminator, fieldKind, orderedNames } from "./kind";

/** Text in a JSON field that does not parse; kept so that typing goes on, refused by validation. */
export class Unparsed {
  constructor(readonly text: string) {}
}

/** The default of an argument; GraphQL says that of a boolean as text. Null without one, or with one the script computes. */
function defaultOf(property: Property): Args[string] {
  const value = property.default;
  if (value === undefined || value === COMPUTED_DEFAULT) return null;
  const isText = fieldKind(property).kind === "boolean" && (value === "true" || value === "false");
  return isText ? value === "true" : value;
}

/** The arguments a form starts with: defaults, overlaid by what is given. */
export function initialArgs(schema: Schema | null | undefined, given: Args = {}): Args {
  const args: Args = {};
  for (const [name, property] of Object.entries(schema?.properties ?? {})) {
    const fallback = defaultOf(property);
    if (name in given) args[name] = given[name];
    else if (fallback !== null) args[name] = fallback;
    else if (fieldKind(property).kind === "boolean") args[name] = false;
  }
  return args;
}

/** Keeps of the arguments what the schema still knows, after the signature changed. */
export function carryOver(previous: Schema | null | undefined, next: Schema, args: Args): Args {
  const kept: Args = {};
  for (const [name, value] of Object.entries(args)) {
    const property = next.properties?.[name];
    const before = previous?.properties?.[name];
    if (!property) continue;
    const sameType = !before || (before.type === property.type && before.format === property.format);
    const untouched = before && JSON.stringify(defaultOf(before)) === JSON.stringify(value);
    if (sameType && !untouched) kept[name] = value;
  }
  return initialArgs(next, kept);
}

function isReference(value: unknown): boolean {
  return typeof value === "string" && /^\$(var|jsonvar|res|encrypted):/.test(value);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

type Errors = Record<string, string>;

/** What is said of an argument that was not given yet. */
export const MISSING = "This is required.";

function checkText(property: Property, value: string): string | null {
  if (property.pattern) {
    try {
      if (!new RegExp(property.pattern).test(value)) {
        return property.customErrorMessage || `Must match ${property.pattern}.`;
      }
    } catch {
      // A pattern that the browser cannot read is the server's to judge.
    }
  }
  if (property.minLength !== undefined && value.length < property.minLength) {
    return `Needs at least ${property.minLength} characters.`;
  }
  if (property.maxLength !== undefined && value.length > property.maxLength) {
    return `At most ${property.maxLength} characters.`;
  }
  if (property.format === "email" && !/^[^\s@]+@[^\s@]+$/.test(value)) return "This is not an email address.";
  return null;
}

function check(property: Property, value: unknown, at: string, errors: Errors): void {
  if (value instanceof Unparsed) {
    errors[at] = "This is not valid JSON.";
    return;
  }
  if (isMissing(value) || isReference(value)) return;
  const field = fieldKind(property);
  switch (field.kind) {
    case "text":
    case "textarea":
    case "code": {
      const problem = typeof value === "string" ? checkText(property, value) : null;
      if (problem) errors[at] = problem;
      return;
    }
    case "number": {
      if (typeof value !== "number" || Number.isNaN(value)) errors[at] = "This is not a number.";
      else if (field.integer && !Number.isInteger(value)) errors[at] = "Needs a whole number.";
      else if (field.min !== undefined && value < field.min) errors[at] = `At least ${field.min}.`;
      else if (field.max !== undefined && value > field.max) errors[at] = `At most ${field.max}.`;
      return;
    }
    case "enum":
      if (!field.values.some((choice) => choice === value)) errors[at] = "Choose one of the values.";
      return;
    case "list":
      if (!Array.isArray(value)) errors[at] = "Needs a list.";
      else value.forEach((item, index) => void check(field.item, item, `${at}[${index}]`, errors));
      return;
    case "object":
      checkMembers(field.properties, field.required, value as Args, `${at}.`, errors);
      return;
    case "one-of": {
      const record = value as Args;
      const variant = field.variants.find((one) => one.title === record[discriminator(one)]);
      if (variant?.properties)
        checkMembers(variant.properties, variant.required ?? [], record, `${at}.`, errors);
      return;
    }
    default:
      return;
  }
}

function checkMembers(
  properties: Record<string, Property>,
  required: readonly string[],
  args: Args,
  prefix: string,
  errors: Errors,
): void {
  for (const [name, property] of Object.entries(properties)) {
    // What is not asked for cannot be wrong.
    if (!isShown(property.showExpr, args)) continue;
    const at = `${prefix}${name}`;
    const value = args[name];
    if (isMissing(value)) {
      if (required.includes(name) && property.type !== "boolean") errors[at] = MISSING;
    } else check(property, value, at, errors);
  }
}

/** What is wrong with the arguments, by place: `rows`, `options.depth`, `items[2]`. Empty when all is well. */
export function validate(schema: Schema | null | undefined, args: Args): Errors {
  const errors: Errors = {};
  if (schema?.properties) checkMembers(schema.properties, schema.required ?? [], args, "", errors);
  return errors;
}

/**
 * The arguments as they are sent: only those that were given, and, of a known schema, that were asked for, in
 * the order of the form: runs and past inputs show them in the order in which they are sent.
 */
export function sendable(args: Args, schema?: Schema | null): Args {
  const names = new Set([...(schema ? orderedNames(schema) : []), ...Object.keys(args)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => args[name] !== undefined && isShown(schema?.properties?.[name]?.showExpr, args))
      .map((name) => [name, args[name]]),
  );
}

/** Arguments as the fragment of an address: `name=<JSON>` pairs. */
export function argsToHash(args: Args): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(sendable(args))) params.set(name, JSON.stringify(value));
  return params.toString();
}

/** The reverse of argsToHash; values that are not JSON are taken as text. */
export function hashToArgs(hash: string): Args {
  const args: Args = {};
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    try {
      args[name] = JSON.parse(text);
    } catch {
      args[name] = text;
    }
  }
  return args;
}

/** `max_amount` and `maxAmount` as people write it: "Max amount". */
export function nameInWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replace(/[_-]+/g, " ")
    .trim();
  return words ? words.charAt(0).toUpperCase() + words.slice(1) : name;
}
