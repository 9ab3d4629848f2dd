/** `u/ada/tools/clean` is the owner `u/ada` and the name `tools/clean`. */
export function splitPath(path: string): { owner: string; name: string } {
  const parts = path.split("/");
  if (parts.length < 2 || !/^[ufg]$/.test(parts[0] ?? "")) return { owner: "", name: path };
  return { owner: parts.slice(0, 2).join("/"), name: parts.slice(2).join("/") };
}

export function joinPath(owner: string, name: string): string {
  return owner ? `${owner}/${name}` : name;
}

/** The name of something that was never named by anybody. */
export function newName(kind: "script" | "flow"): string {
  return `${kind}_${Math.random().toString(36).slice(2, 7)}`;
}

/** Whether nobody has named it yet: the name is one of `newName`. */
export function isUnnamed(path: string): boolean {
  return /^(script|flow)_[a-z0-9]{1,5}$/.test(splitPath(path).name);
}

const LONGEST_NAME = 60;

/** A name made of what something does: "Sizes of files" is `sizes_of_files`; empty when nothing can be made of it. */
export function nameFrom(summary: string): string {
  const words = summary.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.join("_").slice(0, LONGEST_NAME).replace(/_+$/, "");
}

/** Why a path would be refused, or null when it is well formed. */
export function pathProblem(path: string): string | null {
  if (path.length > 255) return "A path has at most 255 characters.";
  const { owner, name } = splitPath(path);
  if (!owner) return "Choose whose it is: yours or a folder.";
  if (!name) return "Give it a name.";
  if (!/^[\p{L}\p{N}_ -]+(\/[\p{L}\p{N}_ -]+)*$/u.test(name))
    return "A name has letters, digits, “_”, “-” and “/” between parts.";
  return null;
}
