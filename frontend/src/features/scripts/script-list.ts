import type { Script } from "@/api/types";

export type ListFilter = {
  search: string;
  owner: string;
  language: string;
  starred: boolean;
};

/** `f/reports` of `f/reports/monthly`: the folder or person an item belongs to. */
export function ownerOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** Every word of the search must occur in path, summary or description. */
export function matches(script: Script, search: string): boolean {
  const text = `${script.path} ${script.summary} ${script.description}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The scripts that pass the filter; starred ones first, otherwise in the server's order. */
export function filterScripts(scripts: readonly Script[], filter: ListFilter): Script[] {
  const kept = scripts.filter(
    (script) =>
      (!filter.owner || ownerOf(script.path) === filter.owner) &&
      (!filter.language || script.language === filter.language) &&
      (!filter.starred || script.starred) &&
      matches(script, filter.search),
  );
  return [...kept.filter((script) => script.starred), ...kept.filter((script) => !script.starred)];
}

/** The owners that occur, the person's own space first, then folders by name. */
export function owners(scripts: readonly Script[], username: string | undefined): string[] {
  const mine = `u/${username ?? ""}`;
  const found = [...new Set(scripts.map((script) => ownerOf(script.path)))];
  const rank = (owner: string) => (owner === mine ? 0 : owner.startsWith("f/") ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}
