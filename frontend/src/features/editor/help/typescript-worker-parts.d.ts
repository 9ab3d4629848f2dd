/** What Monaco's checker of TypeScript is made of, without types of its own. */
declare module "monaco-editor/internal/common/initialize.js" {
  export function initialize(make: (context: unknown, data: unknown) => unknown): void;
}

declare module "monaco-editor/languages/features/typescript/ts.worker.js" {
  type Files = Record<string, { content: string; version: number }>;
  type Model = { uri: { toString(): string }; version: number; getValue(): string };
  type Context = { getMirrorModels(): Model[] };
  type Data = { compilerOptions: Record<string, unknown>; extraLibs: Files };

  /** Monaco's checker: the host of a language service, and what the page asks it. */
  export class TypeScriptWorker {
    constructor(context: Context, data: Data);
    protected _languageService: unknown;
    protected _extraLibs: Files;
    protected _compilerOptions: Record<string, unknown>;
  }

  export const ts: {
    typescript: {
      createDocumentRegistry(): unknown;
      createLanguageService(host: TypeScriptWorker, registry: unknown): unknown;
    };
  };
}
