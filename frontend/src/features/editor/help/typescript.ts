import { getTypeScriptWorker } from "monaco-editor/languages/features/typescript/register.js";
import { get, pathOf, post } from "@/api/client";
import type { Script } from "@/api/types";
import type { monaco } from "../monaco";
import type { HelpState, HelpTarget, PackagesState } from "./server";
import { importedScript, importsOf, mayBePackage } from "./typescript-imports";
import { worldOf } from "./typescript-place";
import { registerRename } from "./typescript-rename";
import { prepareTypeScript, type Runtime, TypeWorld } from "./typescript-world";

/** What the server tells of packages: `files` is null where it told the same before. */
type Types = {
  state: "ready" | "failed";
  message: string;
  digest: string;
  files: Record<string, string> | null;
  modules: Record<string, string>;
  packages: number;
  untyped: string[];
  left_out: string[];
};

const MOST_SCRIPTS = 100;
const PAUSE_MS = 700;
const MOST_TRIES = 60;
const PATHS_MS = 15_000;
const PATIENCE_MS = 500;
const TYPESCRIPT = new Set(["bun", "deno", "nativets", "bunnative"]);

let paths: { workspace: string; at: number; known: Promise<Set<string>> } | null = null;

/** The paths that the caller may read, so that nothing is asked for that is not there. */
function knownPaths(workspace: string): Promise<Set<string>> {
  if (paths?.workspace !== workspace || Date.now() - paths.at > PATHS_MS) {
    const known = get<string[]>(`/w/${workspace}/scripts/list_paths`).then((list) => new Set(list));
    paths = { workspace, at: Date.now(), known };
  }
  return paths.known;
}

/** Shows the scripts that a text imports, and those that they import, as far as the caller may read them.
 * The answer: every package that all of them name. */
async function showImports(
  world: TypeWorld,
  workspace: string,
  path: string,
  code: string,
): Promise<string[]> {
  const packages = new Set<string>();
  const waiting: [string, string][] = [[path, code]];
  const seen = new Set([path]);
  while (waiting.length > 0 && seen.size < MOST_SCRIPTS) {
    const [from, text] = waiting.shift() ?? ["", ""];
    for (const specifier of importsOf(text)) {
      if (mayBePackage(specifier)) packages.add(specifier);
      const target = importedScript(specifier, from);
      if (!target || seen.has(target)) continue;
      seen.add(target);
      if (!(await knownPaths(workspace)).has(target)) continue;
      const { content, language } = await get<Script>(`/w/${workspace}/scripts/get/p/${pathOf(target)}`);
      if (!TYPESCRIPT.has(language)) continue;
      world.showScript(target, content);
      waiting.push([target, content]);
    }
  }
  return [...packages].sort();
}

const runtimes = new Map<string, Promise<Types>>();

/** Shows what the runtime brings; without an answer, the few words that every script uses stay known. */
async function showRuntimeOf(world: TypeWorld, workspace: string, language: string): Promise<void> {
  const name: Runtime = language === "deno" ? "deno" : "bun";
  const key = `${workspace}:${name}`;
  const asked = runtimes.get(key) ?? get<Types>(`/w/${workspace}/language_help/runtime_types/${name}`);
  runtimes.set(key, asked);
  const found = await asked.catch(() => null);
  if (found?.state !== "ready") runtimes.delete(key);
  else if (world.shownRuntime !== name) world.showRuntime(name, found.files ?? {});
}

function packagesState(found: Types): PackagesState {
  if (found.state === "failed") return { state: "failed", message: found.message };
  const without = found.untyped.length > 0 ? `No types are published for ${found.untyped.join(", ")}.` : "";
  const large =
    found.left_out.length > 0 ? `Types of ${found.left_out.join(", ")} are too large to be all here.` : "";
  return { state: "ready", modules: found.packages, message: [without, large].filter(Boolean).join(" ") };
}

/** Asks for the packages that a text needs, whenever those that it names are others than before. */
class PackageWatch {
  private wanted = "";
  private known = "";
  private files: Record<string, string> = {};
  private gone = false;

  constructor(
    private readonly world: TypeWorld,
    private readonly tell: (state: PackagesState) => void,
  ) {}

  async look({ workspace, path, language = "bun" }: HelpTarget, code: string): Promise<void> {
    const names = await showImports(this.world, workspace, path, code);
    const wanted = JSON.stringify([workspace, language, names]);
    if (this.gone || wanted === this.wanted) return;
    this.wanted = wanted;
    if (names.length === 0) {
      this.world.showPackages({}, {});
      this.tell({ state: "ready", modules: 0 });
      return;
    }
    const slow = setTimeout(() => this.tell({ state: "resolving" }), PATIENCE_MS);
    try {
      const found = await post<Types>(`/w/${workspace}/language_help/typescript_types`, {
        path,
        code,
        language,
        known: this.known,
      });
      if (this.gone || this.wanted !== wanted) return;
      if (found.state === "ready") {
        this.files = found.files ?? this.files;
        this.known = found.digest;
        this.world.showPackages(this.files, found.modules);
      }
      this.tell(packagesState(found));
    } catch (error) {
      if (this.gone || this.wanted !== wanted) return;
      this.tell({ state: "failed", message: error instanceof Error ? error.message : "" });
    } finally {
      clearTimeout(slow);
    }
  }

  close(): void {
    this.gone = true;
  }
}

/** Gives a TypeScript model the types of the scripts and packages that it imports. */
export function attachTypeScript(
  model: monaco.editor.ITextModel,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  prepareTypeScript();
  registerRename();
  const world = new TypeWorld(worldOf(model.uri.toString()) ?? "file:///");
  let state: HelpState = { connection: "connecting", reason: "", packages: null };
  const tell = (change: Partial<HelpState>) => {
    if (model.isDisposed()) return;
    state = { ...state, ...change };
    onState(state);
  };
  const watch = new PackageWatch(world, (packages) => tell({ packages }));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const { workspace, language } = target();
    void showRuntimeOf(world, workspace, language ?? "bun");
    void watch.look(target(), model.getValue()).catch(() => {});
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  const listening = model.onDidChangeContent(soon);
  tell({});
  look();
  let tries = 0;
  const greet = () => {
    getTypeScriptWorker().then(
      () => tell({ connection: "open" }),
      () => {
        // The worker is there some moments after the first text of the language.
        tries += 1;
        if (model.isDisposed()) return;
        if (tries < MOST_TRIES) greeting = setTimeout(greet, 500);
        else tell({ connection: "away", reason: "The checker did not start." });
      },
    );
  };
  let greeting: ReturnType<typeof setTimeout> | undefined;
  greet();
  return {
    reopen: soon,
    dispose: () => {
      watch.close();
      world.close(model);
      clearTimeout(timer);
      clearTimeout(greeting);
      listening.dispose();
    },
  };
}
