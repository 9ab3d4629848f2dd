import { describe, expect, it } from "vitest";
import { operationWords } from "./words";

describe("operations of the audit log in words", () => {
  it.each([
    ["variables.create", "Variable created"],
    ["users.token.delete", "Token deleted"],
    ["worker_config.restart", "Workers asked to restart"],
    ["workspaces.archive", "Workspace archived"],
    ["refused.createVariable", "Refused: create variable"],
    ["something.quite_new", "Something quite new"],
  ])("%s: %s", (operation, words) => {
    expect(operationWords(operation)).toBe(words);
  });
});
