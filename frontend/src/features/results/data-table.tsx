import {
  type ColumnDef,
  type ColumnFiltersState,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Copy, Download, Filter } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { copyText } from "@/ui/copy";
import { SearchInput } from "@/ui/input";
import { tellDone } from "@/ui/toast";
import { Cell } from "./cell";
import { CellPopover, usePickedCell } from "./cell-popover";
import { passes } from "./column-filter";
import { ColumnHeading } from "./column-heading";
import { useColumnWidths } from "./column-widths";
import { cellText, toCsv, toTabs } from "./csv";
import { download } from "./download";
import { FilterField } from "./filter-field";
import type { Row } from "./kind";
import { pathTo } from "./tree";

const MOST_COPIED = 50_000;

function compare(a: unknown, b: unknown): number {
  const nothing = (value: unknown) => value === null || value === undefined;
  if (nothing(a) || nothing(b)) return Number(nothing(a)) - Number(nothing(b));
  if (typeof a === "number" && typeof b === "number") return a - b;
  return cellText(a).localeCompare(cellText(b), "en", { numeric: true });
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return typeof value === "string" ? "text" : typeof value;
}

/** What stands in each column, as far as the first rows show: "number", "text or list". */
function columnTypes(columns: readonly string[], rows: readonly Row[]): Map<string, string> {
  const sample = rows.slice(0, 200);
  return new Map(
    columns.map((column) => {
      const values = sample
        .map((row) => row[column])
        .filter((value) => value !== null && value !== undefined);
      return [column, [...new Set(values.map(typeOf))].sort().join(" or ")];
    }),
  );
}

type DataTableProps = {
  columns: readonly string[];
  rows: readonly Row[];
  name?: string;
  /** The way to a row, as code writes it; absent where the rows are made of something else. */
  wayTo?: (row: number) => string;
};

/** Rows that can be sorted, filtered, copied and saved; only those in sight exist, so any number may come. */
export function DataTable({ columns, rows, name = "result", wayTo }: DataTableProps) {
  const { picked, pick, leave } = usePickedCell();
  const [sorting, setSorting] = useState<SortingState>([]);
  const [search, setSearch] = useState("");
  const [filtering, setFiltering] = useState(false);
  const [filters, setFilters] = useState<ColumnFiltersState>([]);
  const widths = useColumnWidths(columns);
  const frame = useRef<HTMLElement>(null);
  const definitions = useMemo<ColumnDef<Row>[]>(
    () =>
      columns.map((column, index) => ({
        id: `${index}:${column}`,
        header: column,
        accessorFn: (row) => row[column],
        sortingFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
        filterFn: (row, id, typed: string) => passes(row.getValue(id), typed),
        sortUndefined: false,
        cell: (info) => <Cell value={info.getValue()} />,
      })),
    [columns],
  );
  const types = useMemo(() => columnTypes(columns, rows), [columns, rows]);
  const table = useReactTable({
    data: rows as Row[],
    columns: definitions,
    state: { sorting, globalFilter: search, columnFilters: filters },
    onSortingChange: setSorting,
    onColumnFiltersChange: setFilters,
    globalFilterFn: (row, _column, text: string) =>
      columns.some((column) => cellText(row.original[column]).toLowerCase().includes(text.toLowerCase())),
    getColumnCanGlobalFilter: () => true,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
  });
  const visible = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: visible.length,
    getScrollElement: () => frame.current,
    estimateSize: () => 33,
    overscan: 20,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items[items.length - 1]?.end ?? 0);
  const isNumeric = (header: unknown) => types.get(String(header)) === "number";
  const originals = (most = visible.length) => visible.slice(0, most).map((row) => row.original);
  return (
    <div className="flex min-h-0 flex-col overflow-hidden rounded-md border border-line">
      <div className="flex flex-wrap items-center gap-1.5 border-b border-line bg-sunken/60 px-2 py-1.5">
        <span className="mr-auto whitespace-nowrap px-1 text-xs text-muted tabular-nums">
          {visible.length === rows.length ? rows.length : `${visible.length} of ${rows.length}`}{" "}
          {rows.length === 1 ? "row" : "rows"}
        </span>
        {rows.length > 8 && (
          <>
            <SearchInput
              label="Search rows"
              value={search}
              onValue={setSearch}
              className="w-40 min-w-0 shrink"
            />
            <Button
              size="sm"
              variant={filtering ? "secondary" : "ghost"}
              aria-pressed={filtering}
              onClick={() => {
                if (filtering) setFilters([]);
                setFiltering(!filtering);
              }}
            >
              <Filter /> Filter
            </Button>
          </>
        )}
        <Button
          size="sm"
          variant="ghost"
          aria-label="Copy rows"
          title="Copy for a spreadsheet"
          onClick={() =>
            void copyText(toTabs(columns, originals(MOST_COPIED))).then(() =>
              tellDone("Copied", `${Math.min(visible.length, MOST_COPIED)} rows, for a spreadsheet`),
            )
          }
        >
          <Copy />
        </Button>
        <Button
          size="sm"
          onClick={() => download(`${name}.csv`, toCsv(columns, originals()), "text/csv;charset=utf-8")}
        >
          <Download /> CSV
        </Button>
      </div>
      <section
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        aria-label="Rows"
        className="thin-scroll max-h-[520px] overflow-auto"
      >
        <table
          className={cn("border-separate border-spacing-0 text-sm", widths.total ? "table-fixed" : "w-full")}
          style={{ width: widths.total }}
        >
          <thead className="sticky top-0 z-10">
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header, at) => {
                  const name = String(header.column.columnDef.header);
                  const sorted = header.column.getIsSorted();
                  return (
                    <ColumnHeading
                      key={header.id}
                      name={name}
                      type={types.get(name)}
                      sorted={sorted ? (sorted === "asc" ? "up" : "down") : null}
                      numeric={isNumeric(name)}
                      at={at}
                      columns={widths}
                      onSort={() => header.column.toggleSorting()}
                    />
                  );
                })}
              </tr>
            ))}
            {filtering && (
              <tr>
                {table.getAllLeafColumns().map((column) => (
                  <FilterField
                    key={column.id}
                    name={String(column.columnDef.header)}
                    value={(column.getFilterValue() as string | undefined) ?? ""}
                    onValue={(next) => column.setFilterValue(next || undefined)}
                  />
                ))}
              </tr>
            )}
          </thead>
          <tbody>
            {before > 0 && (
              <tr aria-hidden>
                <td style={{ height: before }} />
              </tr>
            )}
            {items.map((item) => {
              const row = visible[item.index];
              return row ? (
                <tr key={row.id} className="hover:bg-hover/50">
                  {row.getVisibleCells().map((cell) => (
                    // biome-ignore lint/a11y/useKeyWithClickEvents: the JSON of the result does the same by keyboard
                    <td
                      key={cell.id}
                      title={longText(cell.getValue())}
                      onClick={(event) =>
                        pick(
                          event.currentTarget,
                          cell.getValue(),
                          wayTo ? pathTo(wayTo(row.index), String(cell.column.columnDef.header)) : null,
                        )
                      }
                      className={cn(
                        "h-[33px] cursor-default truncate border-b border-line px-3",
                        !widths.total && "max-w-96",
                        isNumeric(cell.column.columnDef.header) && "text-right tabular-nums",
                      )}
                    >
                      {flexRender(cell.column.columnDef.cell, cell.getContext())}
                    </td>
                  ))}
                </tr>
              ) : null;
            })}
            {after > 0 && (
              <tr aria-hidden>
                <td style={{ height: after }} />
              </tr>
            )}
          </tbody>
        </table>
        {visible.length === 0 && <p className="px-3 py-6 text-center text-sm text-muted">No row matches.</p>}
      </section>
      <CellPopover picked={picked} onClose={leave} />
    </div>
  );
}

/** What a narrow column would cut. */
function longText(value: unknown): string | undefined {
  const text = typeof value === "string" || (typeof value === "object" && value) ? cellText(value) : "";
  return text.length > 24 ? text.slice(0, 1000) : undefined;
}
