/** The words of an expression, for colouring it while it is typed. */

import { type Token as AcornToken, tokenizer } from "acorn";

export type TokenKind = "root" | "member" | "string" | "number" | "keyword" | "plain";
export type Token = { text: string; kind: TokenKind };

const QUOTED = new Set(["string", "template", "`", "regexp"]);

function kindOf(token: AcornToken, before: string, roots: ReadonlySet<string>): TokenKind {
  const { label, keyword } = token.type;
  if (keyword) return "keyword";
  if (QUOTED.has(label)) return "string";
  if (label === "num") return "number";
  if (label !== "name") return "plain";
  if (before === "." || before === "?.") return "member";
  return roots.has(String((token as AcornToken & { value: unknown }).value)) ? "root" : "plain";
}

/** The text in pieces that together are the text; what cannot be read (yet) is one plain piece at its end. */
export function tokensOf(text: string, roots: ReadonlySet<string>): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const add = (end: number, kind: TokenKind) => {
    if (end <= at) return;
    const last = tokens[tokens.length - 1];
    const piece = text.slice(at, end);
    if (last?.kind === kind) last.text += piece;
    else tokens.push({ text: piece, kind });
    at = end;
  };
  try {
    let before = "";
    for (const token of tokenizer(text, { ecmaVersion: "latest" })) {
      add(token.start, "plain");
      add(token.end, kindOf(token, before, roots));
      before = token.type.label;
    }
  } catch {
    // Half-typed text: an open quote, a lone sign.
  }
  add(text.length, "plain");
  return tokens;
}
