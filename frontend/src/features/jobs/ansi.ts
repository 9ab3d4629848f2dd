/** A run of characters with one look. Colours are a number of the 16 of a terminal, or `#rrggbb`. */
export type Span = {
  text: string;
  fg?: number | string;
  bg?: number | string;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
};
export type AnsiState = Omit<Span, "text">;

const SEQUENCE =
  /\u001b\[([0-9;:<=>?]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[()][A-Z0-9]|\u001b[=>78]/g;

function hex(r: number, g: number, b: number): string {
  return `#${[r, g, b].map((part) => Math.max(0, Math.min(255, part)).toString(16).padStart(2, "0")).join("")}`;
}

/** Colour `index` of the 256: the first 16 are the theme's own. */
function palette(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return hex(grey, grey, grey);
  }
  const level = (n: number) => (n === 0 ? 0 : 55 + n * 40);
  const cube = index - 16;
  return hex(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** Reads `5;n` or `2;r;g;b` after 38 or 48; returns the colour and how many codes were used. */
function extended(codes: readonly number[], at: number): [number | string | undefined, number] {
  if (codes[at] === 5) return [palette(codes[at + 1] ?? 0), 2];
  if (codes[at] === 2) return [hex(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), 4];
  return [undefined, 0];
}

function applyCodes(state: AnsiState, codes: readonly number[]): AnsiState {
  let next: AnsiState = { ...state };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 22) {
      next.bold = undefined;
      next.dim = undefined;
    } else if (code === 23) next.italic = undefined;
    else if (code === 24) next.underline = undefined;
    else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 90 && code <= 97) next.fg = code - 82;
    else if (code === 39) next.fg = undefined;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 100 && code <= 107) next.bg = code - 92;
    else if (code === 49) next.bg = undefined;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes, at + 1);
      if (code === 38) next.fg = colour;
      else next.bg = colour;
      at += used;
    }
  }
  return next;
}

/** Splits one line into spans, starting with the look in which the line before ended. */
export function parseAnsi(line: string, state: AnsiState = {}): { spans: Span[]; state: AnsiState } {
  if (!line.includes("\u001b")) return { spans: line ? [{ text: line, ...state }] : [], state };
  const spans: Span[] = [];
  let current = state;
  let from = 0;
  for (const match of line.matchAll(SEQUENCE)) {
    if (match.index > from) spans.push({ text: line.slice(from, match.index), ...current });
    if (match[2] === "m" && !/[<-?]/.test(match[1] ?? "")) {
      current = applyCodes(
        current,
        (match[1] ?? "").split(/[;:]/).map((code) => Number(code) || 0),
      );
    }
    from = match.index + match[0].length;
  }
  if (from < line.length) spans.push({ text: line.slice(from), ...current });
  return { spans, state: current };
}
