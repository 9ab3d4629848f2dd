import {
  JsxEmit,
  ModuleKind,
  type ModuleResolutionKind,
  ScriptTarget,
  typescriptDefaults,
} from "monaco-editor/languages/features/typescript/register.js";
import { CLIENT_TYPES, RUNTIME_TYPES } from "./typescript-types";

export type Runtime = "bun" | "deno";

/** How bundlers find modules, `exports` of packages included: the compiler knows it, Monaco has no name for it. */
const BUNDLER = 100 as ModuleResolutionKind;
const MODULES = "file:///node_modules/";

/** What the checker knows beside the open texts. There is one for the page: the script that was opened last has it. */
const world = {
  scripts: new Map<string, string>(),
  packages: {} as Record<string, string>,
  /** For specifiers with a version or `npm:`: the module that they mean. */
  modules: {} as Record<string, string>,
  runtime: null as { name: Runtime; files: Record<string, string> } | null,
};

let prepared = false;

export function prepareTypeScript(): void {
  if (prepared) return;
  prepared = true;
  // Importing with the extension is what bun wants; a package whose types are not here is no mistake of the script.
  typescriptDefaults.setDiagnosticsOptions({
    onlyVisible: true,
    diagnosticCodesToIgnore: [2691, 5097, 7016, 2307, 2792, 1375, 1378],
  });
  tellOptions();
  tellFiles();
}

/** Shows a script of the workspace; nothing happens where it is known so. */
export function showScript(path: string, content: string): void {
  const file = `file:///${path}.ts`;
  if (world.scripts.get(file) === content) return;
  world.scripts.set(file, content);
  typescriptDefaults.addExtraLib(content, file);
}

/** Shows the packages of the script that is open, and no others. */
export function showPackages(files: Record<string, string>, modules: Record<string, string>): void {
  if (Object.keys(files).length === 0 && Object.keys(world.packages).length === 0) return;
  world.packages = files;
  world.modules = modules;
  tellOptions();
  tellFiles();
}

export function shownRuntime(): Runtime | null {
  return world.runtime?.name ?? null;
}

/** Shows what a runtime brings without an import, in place of another runtime's. */
export function showRuntime(name: Runtime, files: Record<string, string>): void {
  world.runtime = { name, files };
  tellOptions();
  tellFiles();
}

function tellOptions(): void {
  const paths: Record<string, string[]> = { "/*": ["*"] };
  for (const [specifier, module] of Object.entries(world.modules)) {
    const typed = module.replace(/^@([^/]+)\//, "$1__");
    paths[specifier] = [`node_modules/${module}`, `node_modules/@types/${typed}`];
  }
  typescriptDefaults.setCompilerOptions({
    target: ScriptTarget.ESNext,
    module: ModuleKind.ESNext,
    moduleResolution: BUNDLER,
    jsx: JsxEmit.React,
    // Deno declares itself what browsers have too.
    lib: world.runtime?.name === "deno" ? ["esnext"] : ["esnext", "dom", "dom.iterable"],
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
    baseUrl: "file:///",
    paths,
  });
}

/** One message to the checker, whatever changed: each makes it look at everything again. */
function tellFiles(): void {
  const libs: { content: string; filePath: string }[] = [];
  const add = (filePath: string, content: string) => libs.push({ filePath, content });
  for (const [file, content] of world.scripts) add(file, content);
  for (const [name, content] of Object.entries(world.packages)) add(`${MODULES}${name}`, content);
  for (const [name, content] of Object.entries(world.runtime?.files ?? {})) {
    if (!(name in world.packages)) add(`${MODULES}${name}`, content);
  }
  if (!("windmill-client/package.json" in world.packages)) {
    add(`${MODULES}windmill-client/index.d.ts`, CLIENT_TYPES);
  }
  if (!world.runtime) add(`${MODULES}@postmill/runtime/index.d.ts`, RUNTIME_TYPES);
  typescriptDefaults.setExtraLibs(libs);
}
