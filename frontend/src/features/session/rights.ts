import type { Folder, Group, Member } from "@/api/types";
import { useMember } from "./session";

/** What has a path and perhaps grants of its own. */
export type WritableItem = { path: string; extra_perms?: Record<string, boolean> | null };

/** What the rights beside the path give: true to write, false to read, undefined nothing. */
function granted(member: Member, perms: Record<string, boolean> | null | undefined): boolean | undefined {
  const names = [`u/${member.username}`, ...(member.groups ?? []).map((group) => `g/${group}`)];
  const given = names.map((name) => perms?.[name]).filter((right) => right !== undefined);
  return given.length === 0 ? undefined : given.some(Boolean);
}

const isAdmin = (member: Member) => member.is_admin || member.is_super_admin;

/** Whether the member may change an item, as the server decides it: by its path, or by a grant on it. */
export function mayWrite(member: Member | undefined, item: WritableItem): boolean {
  if (!member) return false;
  if (isAdmin(member)) return true;
  if (member.operator) return false;
  const [kind, owner = ""] = item.path.split("/");
  const byPath =
    (kind === "u" && owner === member.username) ||
    (kind === "g" && (member.groups ?? []).includes(owner)) ||
    (kind === "f" && member.folders.includes(owner));
  return byPath || granted(member, item.extra_perms) === true;
}

/** Whether an item is its owner's alone: it lies in somebody's own space, and nobody else was given access. */
export function isPrivate(item: WritableItem): boolean {
  return item.path.startsWith("u/") && Object.keys(item.extra_perms ?? {}).length === 0;
}

export function mayChangeFolder(member: Member | undefined, folder: Pick<Folder, "name">): boolean {
  if (!member) return false;
  return isAdmin(member) || (!member.operator && member.folders_owners.includes(folder.name));
}

export function mayChangeGroup(member: Member | undefined, group: Group): boolean {
  if (!member) return false;
  return isAdmin(member) || (!member.operator && granted(member, group.extra_perms) === true);
}

/** Says of an item whether the person may change it. */
export function useMayWrite(): (item: WritableItem) => boolean {
  const member = useMember();
  return (item) => mayWrite(member, item);
}
