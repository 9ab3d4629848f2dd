// The inner side of native TypeScript: one process serves many jobs of one identity, one at a time, each in a realm of
// its own with web APIs and nothing of bun or node. What a job leaves running is ended before the next one.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import vm from "node:vm";
import { receiveUntil, send } from "./channel.mjs";
import { describe, encode, finished } from "./values.mjs";

const MOST_MEMORY = 160 * 1024 * 1024;
const MOST_BUILT = 200;
const { gc: collect, build } = globalThis.Bun;
const BUNDLE = "main.mjs";
const own = import.meta.dirname;

const SHARED = [
  "Request", "Response", "Headers", "FormData", "Blob", "File", "URL", "URLSearchParams", "TextEncoder", "TextDecoder",
  "AbortController", "AbortSignal", "Event", "EventTarget", "ReadableStream", "WritableStream", "TransformStream",
  "TextEncoderStream", "TextDecoderStream", "CompressionStream", "DecompressionStream", "DOMException", "WebSocket",
  "crypto", "performance", "atob", "btoa", "structuredClone", "queueMicrotask",
];
const shared = Object.fromEntries(SHARED.filter((name) => name in globalThis).map((name) => [name, globalThis[name]]));
const web = { fetch, setTimeout, setInterval, clearTimeout, clearInterval };
const log = { log: console.log, error: console.error, warn: console.warn };

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

/** A realm for one job; `end` stops what the job left running. */
function realm() {
  const aborted = new AbortController();
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
  const print = (write) => (...values) => write(...values);
  const globals = {
    ...shared,
    fetch: (input, init) => {
      const signal = init?.signal ? AbortSignal.any([init.signal, aborted.signal]) : aborted.signal;
      return web.fetch(input, { ...init, signal });
    },
    setTimeout: later(web.setTimeout, false),
    setInterval: later(web.setInterval, true),
    clearTimeout: stop,
    clearInterval: stop,
    console: {
      log: print(log.log), info: print(log.log), debug: print(log.log), error: print(log.error), warn: print(log.warn),
      trace: print(log.error), table: print(log.log), dir: print(log.log), group: print(log.log),
    },
  };
  const context = vm.createContext(globals);
  const [parse, makeDate] = vm.runInContext("this.self = globalThis; [JSON.parse, (text) => new Date(text)]", context);
  const end = () => {
    aborted.abort();
    for (const id of [...timers.keys()]) stop(id);
  };
  return { context, parse, makeDate, end };
}

class MissingFunction extends Error {
  constructor(name) {
    super(`the script has no function ${name}: it needs \`export async function ${name}(...)\``);
    this.name = "MissingFunction";
    this.stack = "";
  }
}

const built = new Map();

/** The script as one file that runs, and its source map where it was made here. */
async function ready(job, orders) {
  if (!job.raw) return { code: orders.C.toString() };
  const text = orders.F.toString();
  let found = built.get(text);
  if (found === undefined) {
    const files = Object.entries(JSON.parse(text)).map(([name, code]) => [`/src/${name}`, code]);
    const result = await build({
      entrypoints: [`/src/${job.main}`], files: Object.fromEntries(files), target: "browser", format: "esm",
      sourcemap: "external", throw: false,
    });
    if (!result.success) throw { name: "BuildError", errors: result.logs };
    const [code, map] = await Promise.all(result.outputs.map((output) => output.text()));
    found = { code, map };
    built.set(text, found);
    if (built.size > MOST_BUILT) built.delete(built.keys().next().value);
  }
  return found;
}

async function load(job, code, place) {
  // Clients of the API find their variables here, as everywhere else.
  place.context.process = { env: { ...job.env } };
  const module = new vm.SourceTextModule(code, { context: place.context, identifier: BUNDLE });
  await module.link((name) => {
    throw new Error(`native scripts have web APIs only: ${name} cannot be imported`);
  });
  await module.evaluate();
  return module.namespace;
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

async function perform(job, orders, place) {
  const { code, map } = await ready(job, orders);
  place.map = map;
  const namespace = await load(job, code, place);
  let text = orders.A.toString();
  if (job.preprocess) {
    const made = await called(namespace, "preprocessor", job.preprocessor_parameters, place.parse(text), place);
    if (made === null || typeof made !== "object" || Array.isArray(made)) {
      throw new TypeError("preprocessor must return an object with the arguments of main");
    }
    text = encode(made);
    send("N", text);
  }
  const write = (line) => fs.writeSync(1, line);
  return finished(called(namespace, job.entrypoint, job.parameters, place.parse(text), place), write);
}

/** Without our own lines; the realm's code has no name of its own in a stack. */
function tidy(stack) {
  const lines = stack.split("\n").filter((line) => !line.includes(own));
  return lines.join("\n").replaceAll(/\bunknown:(?=\d)/g, `${BUNDLE}:`);
}

let fail = () => {};

async function run(orders, place) {
  const job = JSON.parse(orders.H.toString());
  const broken = new Promise((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {});
  let kind = "R";
  let text;
  try {
    text = encode(await Promise.race([perform(job, orders, place), broken]));
  } catch (error) {
    kind = "E";
    text = describe(error, tidy);
    if (place.map) send("M", place.map);
  }
  fail = () => {};
  const content = Buffer.from(text, "utf8");
  if (content.length > job.result_bytes) send("L", String(content.length));
  else send(kind, content);
  place.end();
}

freezeShared();
let place = realm();
process.on("uncaughtException", (error) => fail(error));
process.on("unhandledRejection", (error) => fail(error));
send("W");
for (let runs = 1; ; runs++) {
  const orders = receiveUntil("G");
  if (orders === null) break;
  await run(orders, place);
  // Everything from here on is done while nobody waits for it.
  if (runs % 48 === 0) {
    collect(true);
    if (process.memoryUsage.rss() > MOST_MEMORY) send("X"); // the worker replaces this process when it is free
  }
  place = realm();
}
process.exit(0);
