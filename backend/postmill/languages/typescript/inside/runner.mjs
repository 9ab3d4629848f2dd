// The inner side of a TypeScript job, in bun or node: waits for its orders, loads the script, calls its function and
// hands the result over. It is started ahead of the job, and has rehearsed, so that a job pays for neither.
import fs from "node:fs";
import { receiveUntil, send } from "./channel.mjs";
import { round } from "./rounds.mjs";
import { describe, encode, finished, inOrder } from "./values.mjs";

const HOME = process.env.TMPDIR ?? "/tmp";
const OUTCOME = { sent: false, running: false };
let resultBytes = 1 << 20;

class MissingFunction extends Error {
  constructor(name) {
    super(`the script has no function ${name}: it needs \`export async function ${name}(...)\``);
    this.name = "MissingFunction";
    this.stack = "";
  }
}

class BadPreprocessor extends Error {
  constructor(value) {
    const kind = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
    super(`preprocessor must return an object with the arguments of main, but returned ${kind}`);
    this.name = "BadPreprocessor";
    this.stack = "";
  }
}

/** Writes the files of the script below `folder`, and shows it the packages where they are not part of the code. */
function place(folder, files, packages) {
  fs.mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const slash = name.lastIndexOf("/");
    fs.mkdirSync(slash < 0 ? folder : `${folder}/${name.slice(0, slash)}`, { recursive: true });
    fs.writeFileSync(`${folder}/${name}`, text);
  }
  if (packages) fs.symlinkSync(packages, `${folder}/node_modules`);
}

/** Without the folder and the runner's own lines. */
function tidier(folder, packages) {
  const own = import.meta.dirname ?? "\0";
  return (stack) =>
    stack
      .split("\n")
      .filter((line) => !line.includes(own) && !/^\s*at (async )?(loadAndEvaluateModule|moduleEvaluation|processTicksAndRejections)/.test(line))
      .join("\n")
      .replaceAll(packages ? `${packages}/` : "\0", "node_modules/")
      .replaceAll(`file://${folder}/`, "")
      .replaceAll(`${folder}/`, "");
}

function functionOf(module, name) {
  const found = module[name] ?? module.default?.[name];
  if (typeof found !== "function") throw new MissingFunction(name);
  return found;
}

async function call(job, load, argsText) {
  let args = JSON.parse(argsText);
  const module = await load();
  if (job.preprocess) {
    const made = await functionOf(module, "preprocessor")(...inOrder(job.preprocessor_parameters, args));
    if (made === null || typeof made !== "object" || Array.isArray(made)) throw new BadPreprocessor(made);
    const text = encode(made);
    send("N", text);
    args = JSON.parse(text);
  }
  if (job.checkpoint != null) {
    const body = module[job.entrypoint] ?? module.default;
    if (typeof body !== "function") throw new MissingFunction(job.entrypoint);
    return round(body, module, inOrder(job.parameters, args), job.checkpoint);
  }
  const result = functionOf(module, job.entrypoint)(...inOrder(job.parameters, args));
  return finished(result, (line) => fs.writeSync(1, line));
}

function reply(kind, text) {
  if (OUTCOME.sent) return;
  OUTCOME.sent = true;
  const content = Buffer.from(text, "utf8");
  if (content.length > resultBytes) send("L", String(content.length));
  else send(kind, content);
}

let usesStreams = false;

/**
 * What was printed is in the pipe before the result is told. The console writes at once; only `process.stdout` and its
 * sibling may hold something back, and merely looking at them costs more than the rest of a small job.
 */
async function flushed() {
  if (!usesStreams) return;
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
}

async function runOnce(job, load, args, tidy) {
  OUTCOME.sent = false;
  OUTCOME.running = true;
  resultBytes = job.result_bytes;
  try {
    const text = encode(await call(job, load, args));
    await flushed();
    reply("R", text);
    return 0;
  } catch (error) {
    await flushed();
    reply("E", describe(error, tidy));
    return 1;
  } finally {
    OUTCOME.running = false;
  }
}

function changeEnvironment(before, after) {
  for (const name of Object.keys(before)) if (!(name in after)) delete process.env[name];
  Object.assign(process.env, after);
}

async function run(orders) {
  const job = JSON.parse(orders.H.toString());
  const folder = `${HOME}/script`;
  const files = JSON.parse(orders.F.toString());
  usesStreams = [orders.F, orders.C].some((code) => code?.includes("stdout") || code?.includes("stderr"));
  place(folder, files, job.packages);
  if (orders.C) fs.writeFileSync(`${folder}/${job.main}`, orders.C);
  if (orders.Y?.length) fs.writeFileSync(`${folder}/${job.main}.jsc`, orders.Y);
  changeEnvironment(process.env, job.env);
  const tidy = tidier(folder, job.packages);
  watchForTrouble(tidy);
  let module;
  const load = () => (module ??= import(`${folder}/${job.main}`));
  let code = await runOnce(job, load, orders.A.toString(), tidy);
  while (job.warm) {
    const next = receiveUntil("G");
    if (next === null) break;
    for (const [name, value] of Object.entries(JSON.parse(next.V.toString()))) {
      if (value === null) delete process.env[name];
      else process.env[name] = value;
    }
    code = await runOnce(job, load, next.A.toString(), tidy);
  }
  process.exit(code);
}

function watchForTrouble(tidy) {
  const fail = (error) => {
    reply("E", describe(error, tidy));
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  // Nothing is left that could ever settle what the script waits for.
  process.on("beforeExit", () => {
    if (OUTCOME.running) fail(new Error("the script waits for a promise that nothing will ever settle"));
  });
  // `process.exit()` is a success without a result; any other status is told by the process's end.
  process.on("exit", (code) => {
    if (OUTCOME.running && !code) reply("R", "null");
  });
}

/** Walks the way of a job once, a failure included, so that its parts are loaded and compiled. */
async function rehearse() {
  const folder = `${HOME}/rehearsal`;
  const code = "type T = { x: number };\nexport async function main(x: T): Promise<number> { return x.x; }\n";
  place(folder, { "main.ts": code }, undefined);
  const module = await import(`${folder}/main.ts`);
  encode(await finished(module.main(...inOrder([["x", false]], { x: { x: 1 } })), () => {}));
  describe(new Error("rehearsed"), tidier(folder));
  fs.rmSync(folder, { recursive: true, force: true });
}

if (process.argv.includes("--rehearse")) await rehearse();
send("W");
const orders = receiveUntil("G");
if (orders !== null) await run(orders);
