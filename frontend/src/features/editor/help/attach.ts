import type { monaco } from "../monaco";
import { attachShell } from "./check";
import { attachServer, type HelpState, type HelpTarget } from "./server";
import { attachSql } from "./sql";
import { attachTypeScript } from "./typescript";

export type { HelpState, HelpTarget } from "./server";

const WITHOUT_ANY = "Colours, words of this text and the form: no language server knows more of it here.";
const WITHOUT: Record<string, string> = {
  graphql: "Colours, and formatting on save. The fields of the API are not known here.",
};

/** Language help for a model, where there is some for its language. */
export function attachHelp(
  model: monaco.editor.ITextModel,
  language: string,
  target: () => HelpTarget,
  onState: (state: HelpState) => void,
): { reopen: () => void; dispose: () => void } | null {
  switch (language) {
    case "python":
    case "go":
      return attachServer(model, language, target, onState);
    case "typescript":
      return attachTypeScript(model, target, onState);
    case "shell":
      return attachShell(model, target, onState);
    case "sql":
    case "pgsql":
    case "mysql":
      return attachSql(
        model,
        () => {
          const { workspace, language: name, database } = target();
          const resource = database?.() ?? null;
          return name && resource ? { workspace, language: name, resource } : null;
        },
        () => target().language,
        onState,
      );
    default:
      onState({
        connection: "open",
        reason: "",
        packages: null,
        instead: { word: "No language help", sentence: WITHOUT[language] ?? WITHOUT_ANY },
      });
      return null;
  }
}
