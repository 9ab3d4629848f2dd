import {
  JsxEmit,
  ModuleKind,
  type ModuleResolutionKind,
  ScriptTarget,
  typescriptDefaults,
} from "monaco-editor/languages/features/typescript/register.js";
import { monaco } from "../monaco";
import { SETTINGS, type WorldSettings, worldOf } from "./typescript-place";
import { CLIENT_TYPES, RUNTIME_TYPES } from "./typescript-types";

export type Runtime = "bun" | "deno";

/** How bundlers find modules, `exports` of packages included: the compiler knows it, Monaco has no name for it. */
const BUNDLER = 100 as ModuleResolutionKind;

const worlds = new Set<TypeWorld>();
let prepared = false;

export function prepareTypeScript(): void {
  if (prepared) return;
  prepared = true;
  // Importing with the extension is what bun wants; a package whose types are not here is no mistake of the script.
  typescriptDefaults.setDiagnosticsOptions({
    onlyVisible: true,
    diagnosticCodesToIgnore: [2691, 5097, 7016, 2307, 2792, 1375, 1378],
  });
  // Renaming is done by us: Monaco's own writes into files that nobody has open.
  typescriptDefaults.setModeConfiguration({ ...typescriptDefaults.modeConfiguration, rename: false });
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ESNext,
    module: ModuleKind.ESNext,
    moduleResolution: BUNDLER,
    jsx: JsxEmit.React,
    lib: ["esnext", "dom", "dom.iterable"],
    allowNonTsExtensions: true,
    allowImportingTsExtensions: true,
    // With it Monaco takes .d.mts and .d.cts for JavaScript.
    allowJs: false,
    esModuleInterop: true,
    allowSyntheticDefaultImports: true,
    skipLibCheck: true,
    noEmit: true,
    strict: true,
    noImplicitAny: false,
  });
  tell();
}

/** What the checker knows beside the text of one editor: the scripts, packages and runtime of that text alone. */
export class TypeWorld {
  private scripts = new Map<string, string>();
  private packages: Record<string, string> = {};
  private modules: Record<string, string> = {};
  private runtime: { name: Runtime; files: Record<string, string> } | null = null;

  constructor(readonly folder: string) {
    worlds.add(this);
    tell();
  }

  /** Shows a script of the workspace; nothing happens where it is known so. */
  showScript(path: string, content: string): void {
    if (this.scripts.get(path) === content) return;
    this.scripts.set(path, content);
    tell();
  }

  /** Shows these packages, and no others. */
  showPackages(files: Record<string, string>, modules: Record<string, string>): void {
    if (Object.keys(files).length === 0 && Object.keys(this.packages).length === 0) return;
    this.packages = files;
    this.modules = modules;
    tell();
  }

  get shownRuntime(): Runtime | null {
    return this.runtime?.name ?? null;
  }

  /** Shows what a runtime brings without an import, in place of another runtime's. */
  showRuntime(name: Runtime, files: Record<string, string>): void {
    this.runtime = { name, files };
    tell();
  }

  files(): Map<string, string> {
    const found = new Map<string, string>();
    const modules = `${this.folder}node_modules/`;
    for (const [path, content] of this.scripts) found.set(`${this.folder}${path}.ts`, content);
    for (const [name, content] of Object.entries(this.runtime?.files ?? {}))
      found.set(modules + name, content);
    for (const [name, content] of Object.entries(this.packages)) found.set(modules + name, content);
    addBasics(found, modules, this.runtime !== null, "windmill-client/package.json" in this.packages);
    const settings: WorldSettings = { runtime: this.shownRuntime, modules: this.modules };
    found.set(this.folder + SETTINGS, JSON.stringify(settings));
    return found;
  }

  /** Forgets everything, the texts that were looked at included; `kept` is its owner's. */
  close(kept: monaco.editor.ITextModel): void {
    worlds.delete(this);
    for (const model of monaco.editor.getModels()) {
      if (worldOf(model.uri.toString()) === this.folder && model !== kept) model.dispose();
    }
    tell();
  }
}

/** The few words that every script uses are known before the server has answered. */
function addBasics(files: Map<string, string>, modules: string, runtime: boolean, client: boolean): void {
  if (!client) files.set(`${modules}windmill-client/index.d.ts`, CLIENT_TYPES);
  if (!runtime) files.set(`${modules}@postmill/runtime/index.d.ts`, RUNTIME_TYPES);
}

let told: ReturnType<typeof setTimeout> | undefined;

/** One message to the checker for all that changes at once: each makes it look at every text again. */
function tell(): void {
  clearTimeout(told);
  told = setTimeout(() => {
    const files = new Map<string, string>();
    addBasics(files, "file:///node_modules/", false, false);
    for (const world of worlds) {
      for (const [name, content] of world.files()) files.set(name, content);
    }
    typescriptDefaults.setExtraLibs([...files].map(([filePath, content]) => ({ filePath, content })));
    refreshLooked(files);
  });
}

/** Texts that a definition led to follow what stands in their files. */
function refreshLooked(files: Map<string, string>): void {
  for (const model of monaco.editor.getModels()) {
    const content = files.get(model.uri.toString());
    if (content !== undefined && content !== model.getValue()) model.setValue(content);
  }
}
