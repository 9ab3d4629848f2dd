/** Says of an import which script of the workspace it means, by the path of the one that imports; null for packages. */
export function importedScript(specifier: string, from: string): string | null {
  const name = specifier.replace(/\.(ts|js|tsx|mjs)$/, "");
  if (/^\/(f|u)\//.test(name)) return name.slice(1);
  if (/^(f|u)\/[^/]+\/./.test(name)) return name;
  if (!name.startsWith("./") && !name.startsWith("../")) return null;
  const parts = from.split("/").slice(0, -1);
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.length >= 3 ? parts.join("/") : null;
}

/** The specifiers of imports and re-exports in a text, by a look that needs no parser. */
export function importsOf(code: string): string[] {
  const found = code.matchAll(
    /(?:^|[;\n])\s*(?:import|export)\b[^;'"]*?["']([^'"]+)["']|import\(\s*["']([^'"]+)["']\s*\)/g,
  );
  return [...new Set([...found].map((match) => match[1] ?? match[2] ?? ""))].filter(Boolean);
}

/** Whether a specifier may name a package of the registry: neither a script, nor a part of the runtime, nor an address. */
export function mayBePackage(specifier: string): boolean {
  return !/^(\.|\/|[fu]\/[^/]+\/|node:|bun:|https?:|jsr:)/.test(specifier);
}
