/** Names of steps: `a`, `b`, ... `z`, `aa`: short, because expressions repeat them. */

/** The n-th name, from 0. */
export function idAt(n: number): string {
  let rest = n;
  let id = "";
  do {
    id = String.fromCharCode(97 + (rest % 26)) + id;
    rest = Math.floor(rest / 26) - 1;
  } while (rest >= 0);
  return id;
}

// Words that an expression could not use after `results.` in every shortcut, or that the engine keeps for itself.
const RESERVED = new Set(["failure", "preprocessor", "do", "if", "in", "as", "of", "is"]);

/** A maker of names that are free; each one it gave counts as taken. */
export function idMaker(taken: Iterable<string>): () => string {
  const used = new Set(taken);
  let n = 0;
  return () => {
    for (;;) {
      const id = idAt(n);
      n += 1;
      if (used.has(id) || RESERVED.has(id)) continue;
      used.add(id);
      return id;
    }
  };
}

/** Why a name cannot be given to a step, or null. */
export function idProblem(id: string, taken: ReadonlySet<string>): string | null {
  if (!id) return "Give it a name.";
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(id)) return "Letters, digits and “_”, beginning with a letter.";
  if (id.length > 64) return "At most 64 characters.";
  if (id === "failure" || id === "preprocessor") return `“${id}” names a special step.`;
  if (taken.has(id)) return `There is a step “${id}” already.`;
  return null;
}
