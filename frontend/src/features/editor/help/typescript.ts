import {
  getTypeScriptWorker,
  JsxEmit,
  ModuleKind,
  ModuleResolutionKind,
  ScriptTarget,
  typescriptDefaults,
} from "monaco-editor/languages/features/typescript/register.js";
import { get, pathOf } from "@/api/client";
import type { Script } from "@/api/types";
import type { monaco } from "../monaco";
import type { HelpState, HelpTarget } from "./python";
import { CLIENT_TYPES, RUNTIME_TYPES } from "./typescript-types";

/** Says of an import which script of the workspace it means, by the path of the one that imports; null for packages. */
export function importedScript(specifier: string, from: string): string | null {
  const name = specifier.replace(/\.(ts|js|tsx|mjs)$/, "");
  if (/^\/(f|u)\//.test(name)) return name.slice(1);
  if (/^(f|u)\/[^/]+\/./.test(name)) return name;
  if (!name.startsWith("./") && !name.startsWith("../")) return null;
  const parts = from.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.length >= 3 ? parts.join("/") : null;
}

/** The specifiers of imports and re-exports in a text, by a look that needs no parser. */
export function importsOf(code: string): string[] {
  const found = code.matchAll(
    /(?:^|[;\n])\s*(?:import|export)\b[^;'"]*?["']([^'"]+)["']|import\(\s*["']([^'"]+)["']\s*\)/g,
  );
  return [...new Set([...found].map((match) => match[1] ?? match[2] ?? ""))].filter(Boolean);
}

const MOST_SCRIPTS = 100;
const PAUSE_MS = 700;
const MOST_TRIES = 60;
const PATHS_MS = 15_000;

let prepared = false;
const shown = new Map<string, string>();

function prepare(): void {
  if (prepared) return;
  prepared = true;
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ESNext,
    module: ModuleKind.ESNext,
    moduleResolution: ModuleResolutionKind.NodeJs,
    jsx: JsxEmit.React,
    lib: ["esnext", "dom"],
    allowNonTsExtensions: true,
    allowJs: true,
    esModuleInterop: true,
    allowSyntheticDefaultImports: true,
    noEmit: true,
    strict: true,
    noImplicitAny: false,
    baseUrl: "file:///",
    paths: { "/*": ["*"] },
  });
  // Importing with the extension is what bun wants; a package whose types are not here is no mistake of the script.
  typescriptDefaults.setDiagnosticsOptions({
    diagnosticCodesToIgnore: [2691, 5097, 7016, 2307, 2792, 1375, 1378],
  });
  typescriptDefaults.addExtraLib(CLIENT_TYPES, "file:///node_modules/windmill-client/index.d.ts");
  typescriptDefaults.addExtraLib(RUNTIME_TYPES, "file:///node_modules/@postmill/runtime/index.d.ts");
}

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

/** Fetches the scripts that a text imports, and those that they import, as far as the caller may read them. */
async function showImports(workspace: string, path: string, code: string): Promise<void> {
  const waiting: [string, string][] = [[path, code]];
  const seen = new Set([path]);
  while (waiting.length > 0 && seen.size < MOST_SCRIPTS) {
    const [from, text] = waiting.shift() ?? ["", ""];
    for (const specifier of importsOf(text)) {
      const target = importedScript(specifier, from);
      if (!target || seen.has(target)) continue;
      seen.add(target);
      if (!(await knownPaths(workspace)).has(target)) continue;
      const { content, language } = await get<Script>(`/w/${workspace}/scripts/get/p/${pathOf(target)}`);
      if (!TYPESCRIPT.has(language)) continue;
      const file = `file:///${target}.ts`;
      if (shown.get(file) !== content) {
        shown.set(file, content);
        typescriptDefaults.addExtraLib(content, file);
      }
      waiting.push([target, content]);
    }
  }
}

/** Gives a TypeScript model the types of the workspace's scripts that it imports. */
export function attachTypeScript(
  model: monaco.editor.ITextModel,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } {
  prepare();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    const { workspace, path } = target();
    void showImports(workspace, path, model.getValue()).catch(() => {});
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  };
  const listening = model.onDidChangeContent(soon);
  look();
  onState({ connection: "connecting", reason: "", packages: null });
  let tries = 0;
  const greet = () => {
    getTypeScriptWorker().then(
      () => {
        if (!model.isDisposed()) {
          onState({ connection: "open", reason: "", packages: { state: "ready", modules: 0 } });
        }
      },
      () => {
        // The worker is there some moments after the first text of the language.
        tries += 1;
        if (model.isDisposed()) return;
        if (tries < MOST_TRIES) greeting = setTimeout(greet, 500);
        else onState({ connection: "away", reason: "The checker did not start.", packages: null });
      },
    );
  };
  let greeting: ReturnType<typeof setTimeout> | undefined;
  greet();
  return {
    reopen: soon,
    dispose: () => {
      clearTimeout(timer);
      clearTimeout(greeting);
      listening.dispose();
    },
  };
}
