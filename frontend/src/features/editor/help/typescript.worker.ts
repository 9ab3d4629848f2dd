/** The checker of TypeScript, one for the page, with a language service for each world: what one editor
 * imports is not there in another. */
import { initialize } from "monaco-editor/internal/common/initialize.js";
import {
  type Context,
  type Data,
  type Files,
  TypeScriptWorker,
  ts,
} from "monaco-editor/languages/features/typescript/ts.worker.js";
import { SETTINGS, type WorldSettings, worldOf } from "./typescript-place";

/** What the standard library declares is parsed once for all worlds. */
const registry = ts.typescript.createDocumentRegistry();

/** Files by their worlds; those in none have the name "". */
function byWorld(files: Files): Map<string, Files> {
  const found = new Map<string, Files>();
  for (const [name, file] of Object.entries(files)) {
    const world = worldOf(name) ?? "";
    const known = found.get(world) ?? {};
    known[name] = file;
    found.set(world, known);
  }
  return found;
}

class World extends TypeScriptWorker {
  constructor(
    context: Context,
    private readonly data: Data,
    private readonly folder: string,
  ) {
    const inWorld = (uri: string) => (worldOf(uri) ?? "") === folder;
    super(
      { getMirrorModels: () => context.getMirrorModels().filter((model) => inWorld(model.uri.toString())) },
      { ...data, extraLibs: {} },
    );
    this._languageService = ts.typescript.createLanguageService(this, registry);
    this.show({});
  }

  /** Takes over what the world holds now. A file that says the same keeps its version: nobody looks at it again. */
  show(files: Files): void {
    const settings = files[`${this.folder}${SETTINGS}`];
    const shown: Files = {};
    for (const [name, { content }] of Object.entries(files)) {
      if (name.endsWith(`/${SETTINGS}`)) continue;
      const known = this._extraLibs[name];
      shown[name] = known?.content === content ? known : { content, version: (known?.version ?? 0) + 1 };
    }
    this._extraLibs = shown;
    if (this.folder) this.set(settings ? JSON.parse(settings.content) : { runtime: null, modules: {} });
  }

  private set({ runtime, modules }: WorldSettings): void {
    const paths: Record<string, string[]> = { "/*": ["*"] };
    for (const [specifier, module] of Object.entries(modules)) {
      const typed = module.replace(/^@([^/]+)\//, "$1__");
      paths[specifier] = [`node_modules/${module}`, `node_modules/@types/${typed}`];
    }
    this._compilerOptions = {
      ...this.data.compilerOptions,
      // Deno declares itself what browsers have too.
      ...(runtime === "deno" ? { lib: ["esnext"] } : {}),
      baseUrl: this.folder,
      paths,
    };
  }
}

class Worlds {
  private worlds = new Map<string, World>();
  private files: Map<string, Files>;

  constructor(
    private readonly context: Context,
    private readonly data: Data,
  ) {
    this.files = byWorld(data.extraLibs);
  }

  of(file: string): World {
    const folder = worldOf(file) ?? "";
    let world = this.worlds.get(folder);
    if (!world) {
      world = new World(this.context, this.data, folder);
      world.show(this.files.get(folder) ?? {});
      this.worlds.set(folder, world);
    }
    return world;
  }

  async updateExtraLibs(files: Files): Promise<void> {
    this.files = byWorld(files);
    for (const [folder, world] of this.worlds) {
      const shown = this.files.get(folder);
      if (shown) world.show(shown);
      else if (folder) this.worlds.delete(folder);
      else world.show({});
    }
  }

  async getLibFiles(): Promise<unknown> {
    return (this.of("") as unknown as { getLibFiles(): Promise<unknown> }).getLibFiles();
  }
}

// Everything else is asked of a file, and answered by the file's world.
const own = new Set(Object.getOwnPropertyNames(Worlds.prototype));
for (const method of Object.getOwnPropertyNames(TypeScriptWorker.prototype)) {
  if (own.has(method) || method.startsWith("_")) continue;
  Object.defineProperty(Worlds.prototype, method, {
    value(this: Worlds, file: string, ...rest: unknown[]) {
      const world = this.of(file) as unknown as Record<string, (...args: unknown[]) => unknown>;
      return world[method]?.(file, ...rest);
    },
  });
}

self.onmessage = () => initialize((context, data) => new Worlds(context as Context, data as Data));
