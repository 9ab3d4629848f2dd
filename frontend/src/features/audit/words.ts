import type { AuditEntry } from "@/api/types";
import words from "./words.json";

/** What the first part of an operation's name is about, what its last part says was done, and those that the two halves
 * do not say well. A test of the server holds this list against what it writes. */
const { nouns, done, whole }: Record<"nouns" | "done" | "whole", Record<string, string>> = words;

/** What was done, by its own name. */
export function actionOf({ operation, parameters }: AuditEntry): string {
  return typeof parameters?.action === "string" ? parameters.action : operation;
}

/** `createVariable` or `edit_slack_command` as words. */
const spaced = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[._]/g, " ")
    .toLowerCase();

/** What an entry of the audit log tells, as a person says it; what is not known here in the words of its name. */
export function operationWords(operation: string): string {
  const told = whole[operation];
  if (told) return told;
  if (operation.startsWith("refused.")) return `Refused: ${spaced(operation.slice("refused.".length))}`;
  const at = operation.lastIndexOf(".");
  const noun = nouns[operation.slice(0, at)];
  const did = done[operation.slice(at + 1)];
  if (noun && did) return `${noun} ${did}`;
  const name = spaced(operation);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
