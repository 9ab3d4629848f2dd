/** A line of somebody's own code. `file` is the path of a script without its extension. */
export type Place = { file: string; line: number };

const PYTHON = /^\s*File "([^"]+)", line (\d+)/;
const JAVASCRIPT = /(?:\(|at |@)?([^\s()@]+?\.(?:ts|tsx|js|mjs)):(\d+)(?::\d+)?\)?$/;
const FOREIGN =
  /(site-packages|node_modules|\/envs\/[^/]+\/site\/|\/lib\/python|<frozen|^node:|^bun:|wrapper|runner\.mjs)/;

function placeIn(line: string): Place | null {
  const python = PYTHON.exec(line);
  const found = python ?? JAVASCRIPT.exec(line.trim());
  const file = found?.[1];
  if (!file || FOREIGN.test(file)) return null;
  return { file: file.replace(/^(file:\/\/)?\/*/, "").replace(/\.\w+$/, ""), line: Number(found?.[2]) };
}

/** Where a failure came from: the frame nearest to it in own code; Python says it last, JavaScript first. */
export function errorPlace(stack: string): Place | null {
  const lines = stack.split("\n");
  const places = lines.map(placeIn).filter((place) => place !== null);
  return (lines.some((line) => PYTHON.test(line)) ? places.at(-1) : places[0]) ?? null;
}

/** What languages without a stack say in words: Bash, Go (as it runs, and its compiler), PowerShell, databases. */
const IN_WORDS = [
  { pattern: /\bmain\.sh: line (\d+):/g, last: true },
  { pattern: /\binner\/main\.go:(\d+)/g, last: false },
  { pattern: /\bmain\.ps1:(\d+)/g, last: false },
  { pattern: /\(line (\d+)(?:, column \d+)?\)/g, last: false },
];

/** The line of the code that a message names, or null. Bash goes on after a failure: its last one ended the run. */
export function lineInWords(message: string): number | null {
  for (const { pattern, last } of IN_WORDS) {
    const found = [...message.matchAll(pattern)].at(last ? -1 : 0);
    if (found) return Number(found[1]);
  }
  return null;
}

/** The lines around a place, with their numbers. */
export function linesAround(code: string, line: number, reach = 3): { number: number; text: string }[] {
  const lines = code.split("\n");
  const first = Math.max(1, line - reach);
  const last = Math.min(lines.length, line + reach);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    number: first + index,
    text: lines[first + index - 1] ?? "",
  }));
}
