// The inner side of a job in deno: takes its orders from standard input, loads the script, calls its function and leaves
// the outcome in result.json. It is started ahead of the job.
import { round } from "./rounds.mjs";
import { describe, encode, finished, inOrder } from "./values.mjs";

const HEAD = 5;
const HOME = Deno.env.get("TMPDIR") ?? "/tmp";
const OUTCOME = `${Deno.cwd()}/result.json`;
const said = {};
let running = false;
let buffer = new Uint8Array(0);

function fill(size) {
  while (buffer.length < size) {
    const chunk = new Uint8Array(Math.max(65536, size - buffer.length));
    const count = Deno.stdin.readSync(chunk);
    if (count === null) return false;
    const longer = new Uint8Array(buffer.length + count);
    longer.set(buffer);
    longer.set(chunk.subarray(0, count), buffer.length);
    buffer = longer;
  }
  return true;
}

function receiveUntil(last) {
  const received = {};
  const text = new TextDecoder();
  for (;;) {
    if (!fill(HEAD)) return null;
    const kind = String.fromCharCode(buffer[0]);
    const size = new DataView(buffer.buffer, buffer.byteOffset).getUint32(1);
    if (!fill(HEAD + size)) return null;
    const content = text.decode(buffer.subarray(HEAD, HEAD + size));
    buffer = buffer.subarray(HEAD + size);
    if (kind === last) return received;
    received[kind] = content;
  }
}

function leave(kind, text, most) {
  running = false;
  const size = new TextEncoder().encode(text).length;
  if (size > most) said.L = String(size);
  else said[kind] = text;
  Deno.writeTextFileSync(OUTCOME, JSON.stringify(said));
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
      throw Object.assign(new Error("preprocessor must return an object with the arguments of main"), { stack: "" });
    }
    said.N = encode(made);
    args = JSON.parse(said.N);
  }
  if (job.checkpoint != null) {
    const body = module[job.entrypoint] ?? module.default;
    if (typeof body !== "function") functionOf(module, job.entrypoint);
    return round(body, module, inOrder(job.parameters, args), job.checkpoint);
  }
  return finished(functionOf(module, job.entrypoint)(...inOrder(job.parameters, args)), write);
}

async function run(orders) {
  const job = JSON.parse(orders.H);
  const folder = `${HOME}/script`;
  const own = new URL(".", import.meta.url).href;
  const tidy = (stack) =>
    stack.split("\n").filter((line) => !line.includes(own)).join("\n").replaceAll(`file://${folder}/`, "");
  for (const [name, code] of Object.entries(JSON.parse(orders.F))) {
    const slash = name.lastIndexOf("/");
    Deno.mkdirSync(slash < 0 ? folder : `${folder}/${name.slice(0, slash)}`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/${name}`, code);
  }
  for (const name of Object.keys(Deno.env.toObject())) if (!(name in job.env)) Deno.env.delete(name);
  for (const [name, value] of Object.entries(job.env)) Deno.env.set(name, value);
  const fail = (event) => {
    event.preventDefault();
    leave("E", describe(event.error ?? event.reason, tidy), job.result_bytes);
    Deno.exit(1);
  };
  globalThis.addEventListener("error", fail);
  globalThis.addEventListener("unhandledrejection", fail);
  globalThis.addEventListener("unload", () => {
    if (running) leave("R", "null", job.result_bytes);
  });
  running = true;
  const exit = Deno.exit;
  Deno.exit = (code) => {
    if (code) running = false;
    return exit(code);
  };
  const load = () => import(`file://${folder}/${job.main}`);
  let code = 0;
  try {
    leave("R", encode(await call(job, load, orders.A)), job.result_bytes);
  } catch (error) {
    leave("E", describe(error, tidy), job.result_bytes);
    code = 1;
  }
  exit(code);
}

write("\x01ready\n");
const orders = receiveUntil("G");
if (orders !== null) await run(orders);
