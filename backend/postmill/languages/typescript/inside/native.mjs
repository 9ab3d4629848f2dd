// The inner side of native TypeScript: one process serves many runs of one identity, one at a time. A script has a realm of
// its own, with web APIs and nothing of bun or node, which serves its next runs too. What a run leaves running is ended.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";
import { format } from "node:util";
import vm from "node:vm";
import { admitted, mark, receiveUntil, send } from "./channel.mjs";
import { describe, encode, finished } from "./values.mjs";

const MOST_MEMORY = 160 * 1024 * 1024;
const MOST_REALMS = 8;
const MOST_REALM_RUNS = 10_000;
const MOST_REALM_AGE_MS = 600_000;
const { gc: collect, build } = globalThis.Bun;
const BUNDLE = "main.mjs";
const own = import.meta.dirname;
const LEFT = new Error("the run is over");

const SHARED = [
  "Request", "Response", "Headers", "FormData", "Blob", "File", "URL", "URLSearchParams", "TextEncoder", "TextDecoder",
  "AbortController", "AbortSignal", "Event", "EventTarget", "ReadableStream", "WritableStream", "TransformStream",
  "TextEncoderStream", "TextDecoderStream", "CompressionStream", "DecompressionStream", "DOMException", "WebSocket",
  "crypto", "performance", "atob", "btoa", "structuredClone", "queueMicrotask",
];
const shared = Object.fromEntries(SHARED.filter((name) => name in globalThis).map((name) => [name, globalThis[name]]));
const web = { fetch, setTimeout, setInterval, clearTimeout, clearInterval };
const log = { log: console.log, error: console.error, warn: console.warn };

/** What a console prints. Objects of a realm have prototypes of their own, which bun's console would list. */
function print(write) {
  return (...values) => {
    if (values.every((value) => typeof value !== "object" && typeof value !== "function")) return write(...values);
    return write(format(...values));
  };
}

/** The console of a realm. */
function consoleOf() {
  const [out, error, warn, nothing] = [print(log.log), print(log.error), print(log.warn), () => {}];
  const assert = (holds, ...values) => {
    if (!holds) error("Assertion failed", ...values);
  };
  return {
    log: out, info: out, debug: out, table: out, dir: out, group: out, groupCollapsed: out, error, trace: error, warn, assert,
    groupEnd: nothing, time: nothing, timeLog: nothing, timeEnd: nothing, count: nothing, countReset: nothing,
  };
}

/** What all jobs see is the same for each of them: nobody changes it for the next. */
function freezeShared() {
  for (const value of Object.values(shared)) {
    if (typeof value === "function" && value.prototype) Object.freeze(value.prototype);
    Object.freeze(value);
  }
  for (const name of ["Bun", "process", "require", "Buffer", "module", "exports"]) {
    try {
      if (!delete globalThis[name]) globalThis[name] = undefined;
    } catch {
      try {
        globalThis[name] = undefined;
      } catch {
        // It stays; jobs have a realm of their own.
      }
    }
  }
}

/** A realm for the runs of one script; `end` stops what a run left running, and tells whether it left anything. */
function realm() {
  let aborted = new AbortController();
  let fetched = false;
  let opened = false;
  const timers = new Map();
  let last = 0;
  const later = (start, again) => (work, ms, ...args) => {
    const id = ++last;
    const run = () => {
      if (!again) timers.delete(id);
      work(...args);
    };
    timers.set(id, start(run, ms));
    return id;
  };
  const stop = (id) => {
    web.clearTimeout(timers.get(id));
    timers.delete(id);
  };
  const globals = {
    ...shared,
    get WebSocket() {
      opened = true;
      return shared.WebSocket;
    },
    fetch: (input, init) => {
      fetched = true;
      const signal = init?.signal ? AbortSignal.any([init.signal, aborted.signal]) : aborted.signal;
      return web.fetch(input, { ...init, signal });
    },
    setTimeout: later(web.setTimeout, false),
    setInterval: later(web.setInterval, true),
    clearTimeout: stop,
    clearInterval: stop,
    console: consoleOf(),
  };
  const context = vm.createContext(globals);
  const [parse, makeDate] = vm.runInContext("this.self = globalThis; [JSON.parse, (text) => new Date(text)]", context);
  const end = () => {
    const left = timers.size > 0 || opened;
    for (const id of [...timers.keys()]) stop(id);
    if (fetched || left) {
      aborted.abort(LEFT);
      aborted = new AbortController();
      fetched = false;
    }
    return left;
  };
  const place = {
    context, parse, makeDate, end, seen: new Map(), variables: {}, runs: 0, since: performance.now(), namespace: null,
  };
  // Clients of the API find their variables here, as everywhere else.
  context.process = { env: variablesOf(place) };
  return place;
}

/** `process.env` of a realm: the variables of the run that it serves. `seen` notes what the script reads. */
function variablesOf(place) {
  const note = (name) => {
    if (typeof name === "string" && !place.seen.has(name)) place.seen.set(name, env[name]);
  };
  return new Proxy({}, {
    get: (_, name) => (note(name), place.variables[name]),
    has: (_, name) => (note(name), name in place.variables),
    ownKeys: () => Reflect.ownKeys(place.variables),
    getOwnPropertyDescriptor: (_, name) => (note(name), Reflect.getOwnPropertyDescriptor(place.variables, name)),
    set: (_, name, value) => Reflect.set(place.variables, name, value),
    deleteProperty: (_, name) => Reflect.deleteProperty(place.variables, name),
    defineProperty: (_, name, property) => Reflect.defineProperty(place.variables, name, property),
  });
}

class MissingFunction extends Error {
  constructor(name) {
    super(`the script has no function ${name}: it needs \`export async function ${name}(...)\``);
    this.name = "MissingFunction";
    this.stack = "";
  }
}

/** The script as one file that runs, and its source map where it was made here. */
async function ready(script) {
  if (script.code !== undefined) return;
  const files = Object.entries(JSON.parse(script.files)).map(([name, code]) => [`/src/${name}`, code]);
  const result = await build({
    entrypoints: [`/src/${script.main}`], files: Object.fromEntries(files), target: "browser", format: "esm",
    sourcemap: "external", throw: false,
  });
  if (!result.success) throw { name: "BuildError", errors: result.logs };
  [script.code, script.map] = await Promise.all(result.outputs.map((output) => output.text()));
}

async function load(script, place) {
  const module = new vm.SourceTextModule(script.code, { context: place.context, identifier: BUNDLE });
  await module.link((name) => {
    throw new Error(`native scripts have web APIs only: ${name} cannot be imported`);
  });
  await module.evaluate();
  place.namespace = module.namespace;
}

/** Whether a realm may serve a run with these variables: nothing that it has read of others may live on in it. */
function serves(place, env) {
  if (place.runs >= MOST_REALM_RUNS || performance.now() - place.since > MOST_REALM_AGE_MS) return false;
  for (const [name, value] of place.seen) if (env[name] !== value) return false;
  return true;
}

/** The realm of a script for its next run: the last one, if that may serve again. */
function placeOf(script) {
  const kept = realms.get(script);
  realms.delete(script);
  if (kept !== undefined && serves(kept, env)) return kept;
  const place = blank ?? realm();
  blank = null;
  return place;
}

function keep(script, place) {
  if (script.fresh) return;
  realms.set(script, place);
  if (realms.size > MOST_REALMS) realms.delete(realms.keys().next().value);
}

function called(namespace, name, parameters, args, place) {
  const found = namespace[name];
  if (typeof found !== "function") throw new MissingFunction(name);
  return found(
    ...parameters.map(([key, isDate]) => {
      const value = Object.hasOwn(args, key) ? args[key] : undefined;
      return isDate && typeof value === "string" ? place.makeDate(value) : value;
    }),
  );
}

async function perform(script, argsText, place) {
  await ready(script);
  place.variables = { ...env };
  if (place.namespace === null) await load(script, place);
  let text = argsText;
  if (script.preprocess) {
    const made = await called(
      place.namespace, "preprocessor", script.preprocessor_parameters, place.parse(text), place,
    );
    if (made === null || typeof made !== "object" || Array.isArray(made)) {
      throw new TypeError("preprocessor must return an object with the arguments of main");
    }
    text = encode(made);
    send("N", text);
  }
  const write = (line) => fs.writeSync(1, line);
  return finished(called(place.namespace, script.entrypoint, script.parameters, place.parse(text), place), write);
}

/** Without our own lines; the realm's code has no name of its own in a stack. */
function tidy(stack) {
  const lines = stack.split("\n").filter((line) => !line.includes(own));
  return lines.join("\n").replaceAll(/\bunknown:(?=\d)/g, `${BUNDLE}:`);
}

/** Takes an error that nobody waited for. */
let fail = () => {};

function nobodyWaitedFor(error) {
  if (error !== LEFT) fail(error);
}

async function run(script, orders) {
  const began = performance.now();
  const place = placeOf(script);
  let isBroken = false;
  const broken = new Promise((_, reject) => {
    fail = (error) => {
      isBroken = true;
      reject(error);
    };
  });
  broken.catch(() => {});
  let kind = "R";
  let text;
  try {
    text = encode(await Promise.race([perform(script, orders.A.toString(), place), broken]));
  } catch (error) {
    kind = "E";
    text = describe(error, tidy);
    if (script.map) send("M", script.map);
  }
  fail = () => realms.delete(script);
  place.runs++;
  if (!place.end() && !isBroken && place.namespace !== null) keep(script, place);
  mark(orders.G, (performance.now() - began) * 1000);
  const content = Buffer.from(text, "utf8");
  if (content.length > script.result_bytes) send("L", String(content.length));
  else send(kind, content);
}

/** What orders tell beside the run that they are for: variables that changed, a script under its number. */
function take(orders) {
  if (orders.V) {
    for (const [name, value] of Object.entries(JSON.parse(orders.V.toString()))) {
      if (value === null) delete env[name];
      else env[name] = value;
    }
  }
  const number = orders.I.readUInt32BE(0);
  if (orders.H) {
    const script = JSON.parse(orders.H.toString());
    if (script.raw) script.files = orders.F.toString();
    else script.code = orders.C.toString();
    for (const gone of script.forget) {
      realms.delete(scripts.get(gone));
      scripts.delete(gone);
    }
    scripts.set(number, script);
  }
  return scripts.get(number);
}

const env = {};
const scripts = new Map();
const realms = new Map(); // by script, the one unused for longest first
freezeShared();
let blank = realm();
process.on("uncaughtException", nobodyWaitedFor);
process.on("unhandledRejection", nobodyWaitedFor);
send("W");
for (let runs = 1; ; runs++) {
  const orders = receiveUntil("G");
  if (orders === null) break;
  const script = take(orders);
  if (!admitted(orders.G)) continue;
  await run(script, orders);
  // Everything from here on is done while nobody waits for it. What the run left rejected is told now, not in the next one.
  await new Promise(setImmediate);
  if (runs % 48 === 0 && process.memoryUsage.rss() > MOST_MEMORY) {
    realms.clear();
    collect(true);
    if (process.memoryUsage.rss() > MOST_MEMORY) send("X"); // the worker replaces this process when it is free
  }
  blank ??= realm();
}
process.exit(0);
