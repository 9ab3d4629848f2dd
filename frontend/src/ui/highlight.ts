import type { LanguageFn } from "highlight.js";

type Grammar = () => Promise<{ default: LanguageFn }>;

/** One file for each language, loaded with the first text of it. The names are those of the server and of formats. */
const GRAMMARS: Record<string, Grammar> = {
  python: () => import("highlight.js/lib/languages/python"),
  typescript: () => import("highlight.js/lib/languages/typescript"),
  shell: () => import("highlight.js/lib/languages/bash"),
  powershell: () => import("highlight.js/lib/languages/powershell"),
  go: () => import("highlight.js/lib/languages/go"),
  sql: () => import("highlight.js/lib/languages/sql"),
  graphql: () => import("highlight.js/lib/languages/graphql"),
  php: () => import("highlight.js/lib/languages/php"),
  rust: () => import("highlight.js/lib/languages/rust"),
  csharp: () => import("highlight.js/lib/languages/csharp"),
  json: () => import("highlight.js/lib/languages/json"),
  yaml: () => import("highlight.js/lib/languages/yaml"),
};
const SAME: Record<string, string> = { pgsql: "sql", mysql: "sql" };
/** Longer texts stay plain: colours would cost more than they help. */
export const MOST_CHARACTERS = 400_000;

/** The text as markup, line by line; null where its language has no colours here. */
export async function highlighted(text: string, language: string): Promise<string[] | null> {
  const name = SAME[language] ?? language;
  const grammar = GRAMMARS[name];
  if (!grammar || text.length > MOST_CHARACTERS) return null;
  const [{ default: hljs }, { default: definition }] = await Promise.all([
    import("highlight.js/lib/core"),
    grammar(),
  ]);
  if (!hljs.getLanguage(name)) hljs.registerLanguage(name, definition);
  return linesOf(hljs.highlight(text, { language: name, ignoreIllegals: true }).value);
}

/** Markup cut at its line ends: what is open there is closed and opened again in the next line. */
export function linesOf(markup: string): string[] {
  const open: string[] = [];
  return markup.split("\n").map((line) => {
    const before = open.join("");
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) {
      if (tag === "</span>") open.pop();
      else open.push(tag);
    }
    return before + line + "</span>".repeat(open.length);
  });
}
