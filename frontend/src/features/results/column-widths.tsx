import { type KeyboardEvent, type PointerEvent, useCallback, useState } from "react";

const LEAST = 48;
const MOST = 1600;
const MOST_FITTED = 720;
const STEP = 16;
/** What a cell has beside its text: padding on both sides, and a line. */
const AROUND = 26;
/** Room for the arrow of a sorted column. */
const ARROW = 16;
const KEY = "postmill.columns";
const MOST_KEPT = 40;

type Kept = [columns: string, widths: number[]][];

function kept(): Kept {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? (stored as Kept) : [];
  } catch {
    return [];
  }
}

function keep(columns: string, widths: number[] | null): void {
  const others = kept().filter(([known]) => known !== columns);
  const next: Kept = widths ? [[columns, widths], ...others] : others;
  try {
    localStorage.setItem(KEY, JSON.stringify(next.slice(0, MOST_KEPT)));
  } catch {
    // A browser without storage forgets; the widths hold until the page is left.
  }
}

/** The width that shows all that stands in a column, as far as its rows are there. */
export function fittingWidth(table: HTMLTableElement, at: number): number {
  const range = document.createRange();
  const widths = [...table.rows].map((row) => {
    const cell = row.cells[at];
    if (!cell || cell.querySelector("input")) return 0;
    const name = cell.tagName === "TH" ? cell.querySelector("[data-name]") : null;
    range.selectNodeContents(name ?? cell);
    return range.getBoundingClientRect().width + (name ? ARROW : 0);
  });
  return Math.min(MOST_FITTED, Math.max(LEAST, Math.ceil(Math.max(0, ...widths)) + AROUND));
}

export type ColumnWidths = {
  /** One for each column; null while the content decides. */
  widths: readonly number[] | null;
  /** Style and layout of the table. */
  total: number | undefined;
  resize: (table: HTMLTableElement, at: number, width: number) => void;
  fit: (table: HTMLTableElement, at: number) => void;
};

/** How wide somebody made the columns; kept in this browser for tables with the same columns. */
export function useColumnWidths(columns: readonly string[]): ColumnWidths {
  const key = JSON.stringify(columns);
  const [known, setKnown] = useState(() => ({ key, widths: storedWidths(key, columns.length) }));
  // Other columns have widths of their own.
  const current = known.key === key ? known : { key, widths: storedWidths(key, columns.length) };
  if (current !== known) setKnown(current);
  const resize = useCallback(
    (table: HTMLTableElement, at: number, width: number) => {
      setKnown(({ widths }) => {
        // The others stay as they are at this moment.
        const now = widths ?? [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.offsetWidth);
        const next = now.map((one, place) =>
          place === at ? Math.round(Math.min(MOST, Math.max(LEAST, width))) : one,
        );
        keep(key, next);
        return { key, widths: next };
      });
    },
    [key],
  );
  const fit = useCallback(
    (table: HTMLTableElement, at: number) => resize(table, at, fittingWidth(table, at)),
    [resize],
  );
  const { widths } = current;
  return { widths, total: widths?.reduce((sum, one) => sum + one, 0), resize, fit };
}

function storedWidths(key: string, count: number): number[] | null {
  const widths = kept().find(([columns]) => columns === key)?.[1];
  const sound = Array.isArray(widths) && widths.length === count && widths.every(Number.isFinite);
  return sound ? widths : null;
}

function tableOf(element: Element): HTMLTableElement | null {
  return element.closest("table");
}

/** Alt with an arrow on a column's heading changes its width. */
export function resizedByKey(event: KeyboardEvent, at: number, { resize }: ColumnWidths): void {
  const cell = event.currentTarget.closest("th");
  const table = tableOf(event.currentTarget);
  if (!event.altKey || !cell || !table || !/^Arrow(Left|Right)$/.test(event.key)) return;
  event.preventDefault();
  resize(table, at, cell.offsetWidth + (event.key === "ArrowRight" ? STEP : -STEP));
}

/** The right edge of a heading: dragged, or clicked twice to fit what stands in the column. */
export function ColumnEdge({ at, columns }: { at: number; columns: ColumnWidths }) {
  const drag = (event: PointerEvent<HTMLSpanElement>) => {
    const edge = event.currentTarget;
    const cell = edge.closest("th");
    const table = tableOf(edge);
    if (!cell || !table || event.button !== 0) return;
    event.preventDefault();
    const from = event.clientX;
    const width = cell.offsetWidth;
    edge.setPointerCapture(event.pointerId);
    const move = (moved: globalThis.PointerEvent) => {
      if (moved.clientX !== from) columns.resize(table, at, width + moved.clientX - from);
    };
    edge.addEventListener("pointermove", move);
    edge.addEventListener("lostpointercapture", () => edge.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  return (
    <span
      aria-hidden
      data-edge={at}
      onPointerDown={drag}
      onDoubleClick={(event) => {
        const table = tableOf(event.currentTarget);
        if (table) columns.fit(table, at);
      }}
      className="absolute inset-y-0 right-0 w-2 cursor-col-resize touch-none border-r border-transparent select-none hover:border-accent group-hover/th:border-line-strong"
    />
  );
}
