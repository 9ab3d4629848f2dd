import { describe, expect, it } from "vitest";
import type { Group, Member } from "@/api/types";
import { mayChangeFolder, mayChangeGroup, mayWrite } from "./rights";

const member = (change: Partial<Member> = {}): Member => ({
  email: "ada@example.com",
  username: "ada",
  is_admin: false,
  is_super_admin: false,
  operator: false,
  disabled: false,
  created_at: "",
  groups: ["all", "oncall"],
  folders: ["shared"],
  folders_read: ["shared", "seen"],
  folders_owners: [],
  ...change,
});

const group = (extra_perms: Record<string, boolean> = {}): Group => ({
  name: "oncall",
  summary: "",
  members: [],
  extra_perms,
});

describe("mayWrite", () => {
  it.each([
    ["u/ada/x", true],
    ["u/bob/x", false],
    ["g/oncall/x", true],
    ["g/finance/x", false],
    ["f/shared/x", true],
    ["f/seen/x", false],
  ])("decides %s by its path", (path, expected) => {
    expect(mayWrite(member(), { path })).toBe(expected);
  });

  it("adds what is granted on the item", () => {
    expect(mayWrite(member(), { path: "f/seen/x", extra_perms: { "g/oncall": true } })).toBe(true);
    expect(mayWrite(member(), { path: "f/seen/x", extra_perms: { "u/ada": false } })).toBe(false);
    expect(mayWrite(member(), { path: "u/ada/x", extra_perms: { "u/ada": false } })).toBe(true);
  });

  it("lets admins change everything and operators nothing", () => {
    expect(mayWrite(member({ is_admin: true }), { path: "u/bob/x" })).toBe(true);
    expect(mayWrite(member({ operator: true }), { path: "u/ada/x", extra_perms: { "u/ada": true } })).toBe(
      false,
    );
    expect(mayWrite(undefined, { path: "u/ada/x" })).toBe(false);
  });
});

describe("folders and groups", () => {
  it("are changed by their owners and managers", () => {
    expect(mayChangeFolder(member(), { name: "shared" })).toBe(false);
    expect(mayChangeFolder(member({ folders_owners: ["shared"] }), { name: "shared" })).toBe(true);
    expect(mayChangeGroup(member(), group())).toBe(false);
    expect(mayChangeGroup(member(), group({ "u/ada": true }))).toBe(true);
    expect(mayChangeGroup(member({ is_super_admin: true }), group())).toBe(true);
  });
});
