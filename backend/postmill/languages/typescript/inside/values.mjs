// From JSON arguments to those of a function, from what it returned to JSON text, from an error to its record.

/** The arguments in the order of the signature: `parameters` are `[name, is a date]` pairs. */
export function inOrder(parameters, given) {
  return parameters.map(([name, isDate]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    return isDate && typeof value === "string" ? new Date(value) : value;
  });
}

/** JSON text of a result: big integers as text, nothing as null. */
export function encode(result) {
  return JSON.stringify(result, bigintAsText) ?? "null";
}

function bigintAsText(_key, value) {
  return typeof value === "bigint" ? value.toString() : value;
}

/** What was meant: promises are awaited, async iterables and generators are streamed, which leaves null. */
export async function finished(result, write) {
  const value = await result;
  if (value === null || typeof value !== "object") return value;
  if (typeof value[Symbol.asyncIterator] === "function") {
    for await (const chunk of value) stream(chunk, write);
    return null;
  }
  if (typeof value[Symbol.iterator] === "function" && typeof value.next === "function") {
    for (const chunk of value) stream(await chunk, write);
    return null;
  }
  return value;
}

const decoder = new TextDecoder();

function stream(chunk, write) {
  let text = chunk;
  if (chunk instanceof Uint8Array) text = decoder.decode(chunk);
  else if (typeof chunk !== "string") text = encode(chunk);
  write("WM_STREAM: " + text.replaceAll("\n", "\\n") + "\n");
}

// Runtimes name the importing file by its place in the sandbox.
const NOT_FOUND = /^(Cannot find (module|package)|Module not found)\b/;

/** JSON text `{message, name, stack, extra?}` of anything that was thrown; `tidy` rewrites the stack. */
export function describe(error, tidy) {
  const isObject = error !== null && typeof error === "object";
  if (!isObject) return JSON.stringify({ message: String(error), name: "Error" });
  const message = messageOf(error);
  const record = {
    message: (NOT_FOUND.test(message ?? "") ? tidy(message) : message) ?? safely(() => encode(error)) ?? "the error has no readable message",
    name: textOf(error, "name") ?? "Error",
    stack: tidy(textOf(error, "stack") ?? ""),
  };
  const extra = {};
  for (const key of Object.keys(error)) {
    if (!(key in record) && !HIDDEN.has(key)) extra[key] = safely(() => error[key]);
  }
  if (Object.keys(extra).length > 0) {
    record.extra = safely(() => JSON.parse(encode(extra))) ?? Object.fromEntries(Object.keys(extra).map(shown, extra));
  }
  return JSON.stringify(record);
}

/** Errors of the transpiler say where; several at once say all of it. */
function messageOf(error) {
  const several = safely(() => error.errors);
  if (Array.isArray(several) && several.length > 0) return several.map((one) => messageOf(one) ?? String(one)).join("\n");
  const message = textOf(error, "message");
  const place = safely(() => error.position);
  if (message === undefined || typeof place?.line !== "number" || typeof place.file !== "string") return message;
  const file = place.file.replace(/^.*?\/(?:script|src)\//, "");
  return `${message} (${file}, line ${place.line}, column ${place.column})`;
}

// What the engine itself keeps in an error.
const HIDDEN = new Set(["line", "column", "sourceURL", "originalLine", "originalColumn", "position", "logs", "errors"]);

function shown(key) {
  return [key, safely(() => String(this[key]).slice(0, 1000)) ?? null];
}

function textOf(object, key) {
  const value = safely(() => object[key]);
  return typeof value === "string" ? value : undefined;
}

function safely(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}
