// The inner side of a job in deno: waits for its orders, loads the script, calls its function and hands the result over.
// It is started ahead of the job, and has rehearsed; a warm one does it again and again.
import { receiveUntil, send } from "./deno_channel.mjs";
import { round } from "./rounds.mjs";
import { describe, encode, finished, inOrder } from "./values.mjs";

const HOME = Deno.env.get("TMPDIR") ?? "/tmp";
const OUTCOME = { sent: false, running: false };
let resultBytes = 1 << 20;

function reply(kind, text) {
  if (OUTCOME.sent) return;
  OUTCOME.sent = true;
  const content = new TextEncoder().encode(text);
  if (content.length > resultBytes) send("L", String(content.length));
  else send(kind, content);
}

function functionOf(module, name) {
  const found = module[name];
  if (typeof found === "function") return found;
  const missing = new Error(`the script has no function ${name}: it needs \`export async function ${name}(...)\``);
  throw Object.assign(missing, { name: "MissingFunction", stack: "" });
}

function write(line) {
  let rest = new TextEncoder().encode(line);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

async function call(job, load, text) {
  let args = JSON.parse(text);
  const module = await load();
  if (job.preprocess) {
    const made = await functionOf(module, "preprocessor")(...inOrder(job.preprocessor_parameters, args));
    if (made === null || typeof made !== "object" || Array.isArray(made)) {
      const kind = made === null ? "null" : Array.isArray(made) ? "an array" : typeof made;
      const bad = new Error(`preprocessor must return an object with the arguments of main, but returned ${kind}`);
      throw Object.assign(bad, { name: "BadPreprocessor", stack: "" });
    }
    const changed = encode(made);
    send("N", changed);
    args = JSON.parse(changed);
  }
  if (job.checkpoint != null) {
    const body = module[job.entrypoint] ?? module.default;
    if (typeof body !== "function") functionOf(module, job.entrypoint);
    return round(body, module, inOrder(job.parameters, args), job.checkpoint);
  }
  return finished(functionOf(module, job.entrypoint)(...inOrder(job.parameters, args)), write);
}

let usesStreams = false;

/** What was printed is in the pipe before the result is told: only writers of node's streams may hold something back. */
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

function place(folder, files) {
  Deno.mkdirSync(folder, { recursive: true });
  for (const [name, code] of Object.entries(files)) {
    const slash = name.lastIndexOf("/");
    if (slash >= 0) Deno.mkdirSync(`${folder}/${name.slice(0, slash)}`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/${name}`, code);
  }
}

/** Without the folder and the runner's own lines. */
function tidier(folder) {
  const own = new URL(".", import.meta.url).href;
  return (stack) =>
    stack.split("\n").filter((line) => !line.includes(own)).join("\n").replaceAll(`file://${folder}/`, "");
}

function changeVariables(changed) {
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) Deno.env.delete(name);
    else Deno.env.set(name, value);
  }
}

async function run(orders) {
  const job = JSON.parse(orders.H);
  const folder = `${HOME}/script`;
  usesStreams = /\bstd(?:out|err)\b/.test(orders.F);
  place(folder, JSON.parse(orders.F));
  const gone = Object.keys(Deno.env.toObject()).filter((name) => !(name in job.env));
  changeVariables({ ...Object.fromEntries(gone.map((name) => [name, null])), ...job.env });
  const tidy = tidier(folder);
  watchForTrouble(tidy);
  let module;
  const load = () => (module ??= import(`file://${folder}/${job.main}`));
  let code = await runOnce(job, load, orders.A, tidy);
  while (job.warm) {
    const next = receiveUntil("G");
    if (next === null) break;
    changeVariables(JSON.parse(next.V));
    code = await runOnce(job, load, next.A, tidy);
  }
  Deno.exit(code);
}

function watchForTrouble(tidy) {
  const fail = (event) => {
    event.preventDefault();
    reply("E", describe(event.error ?? event.reason, tidy));
    Deno.exit(1);
  };
  globalThis.addEventListener("error", fail);
  globalThis.addEventListener("unhandledrejection", fail);
  // Nothing is left that could ever settle what the script waits for.
  globalThis.addEventListener("beforeunload", () => {
    if (!OUTCOME.running) return;
    reply("E", describe(new Error("the script waits for a promise that nothing will ever settle"), tidy));
    Deno.exit(1);
  });
  // `Deno.exit()` is a success without a result; any other status is told by the process's end.
  globalThis.addEventListener("unload", () => {
    if (OUTCOME.running && !Deno.exitCode) reply("R", "null");
  });
}

/** Walks the way of a job once, a failure included, so that its parts are loaded and compiled. */
async function rehearse() {
  const folder = `${HOME}/rehearsal`;
  const code = "type T = { x: number };\nexport async function main(x: T): Promise<number> { return x.x; }\n";
  place(folder, { "main.ts": code });
  const module = await import(`file://${folder}/main.ts`);
  encode(await finished(module.main(...inOrder([["x", false]], { x: { x: 1 } })), () => {}));
  describe(new Error("rehearsed"), tidier(folder));
  Deno.removeSync(folder, { recursive: true });
}

async function live() {
  if (Deno.args.includes("--rehearse")) await rehearse();
  send("W");
  const orders = receiveUntil("G");
  if (orders !== null) await run(orders);
}

live(); // not awaited: deno ends without a word where a module's own promise is never settled
