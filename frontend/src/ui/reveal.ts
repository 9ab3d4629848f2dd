import { type RefObject, useEffect, useRef } from "react";

/** Moves a row that scrolls sideways so far that an entry in it is seen whole. */
function reveal(row: HTMLElement, entry: HTMLElement): void {
  const [left, right] = [entry.offsetLeft, entry.offsetLeft + entry.offsetWidth];
  if (left < row.scrollLeft || right > row.scrollLeft + row.clientWidth) {
    row.scrollLeft = left - (row.clientWidth - entry.offsetWidth) / 2;
  }
}

/**
 * For a row that scrolls sideways: whenever the entry that `selector` finds is another one, it comes into sight.
 * Drawn anew with the same one, the row stays where somebody scrolled it.
 */
export function useRevealed<T extends HTMLElement>(selector: string): RefObject<T | null> {
  const row = useRef<T>(null);
  const last = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const entry = row.current?.querySelector<HTMLElement>(selector) ?? null;
    if (row.current && entry && entry !== last.current) reveal(row.current, entry);
    last.current = entry;
  });
  return row;
}
