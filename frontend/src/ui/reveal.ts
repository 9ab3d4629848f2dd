/** Moves a row that scrolls sideways so far that the entry in it which `selector` finds is seen whole. */
export function reveal(row: HTMLElement | null, selector: string): void {
  const entry = row?.querySelector<HTMLElement>(selector);
  if (!row || !entry) return;
  const [left, right] = [entry.offsetLeft, entry.offsetLeft + entry.offsetWidth];
  if (left < row.scrollLeft || right > row.scrollLeft + row.clientWidth) {
    row.scrollLeft = left - (row.clientWidth - entry.offsetWidth) / 2;
  }
}
