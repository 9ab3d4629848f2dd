import {
  type ColumnDef,
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type SortingState,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Download } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { SearchInput } from "@/ui/input";
import { cellText, toCsv } from "./csv";
import { download } from "./download";
import type { Row } from "./kind";

function Cell({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className="text-faint">—</span>;
  if (typeof value === "boolean")
    return <span className={value ? "text-success" : "text-muted"}>{String(value)}</span>;
  if (typeof value === "number")
    return <>{value.toLocaleString("en", { maximumFractionDigits: 6, useGrouping: false })}</>;
  if (typeof value === "string" && /^https?:\/\/\S+$/.test(value)) {
    return (
      <a href={value} target="_blank" rel="noreferrer noopener" className="text-accent-text hover:underline">
        {value}
      </a>
    );
  }
  if (typeof value === "object")
    return <span className="font-mono text-xs text-muted">{JSON.stringify(value)}</span>;
  return <>{String(value)}</>;
}

function compare(a: unknown, b: unknown): number {
  const nothing = (value: unknown) => value === null || value === undefined;
  if (nothing(a) || nothing(b)) return Number(nothing(a)) - Number(nothing(b));
  if (typeof a === "number" && typeof b === "number") return a - b;
  return cellText(a).localeCompare(cellText(b), "en", { numeric: true });
}

type DataTableProps = { columns: readonly string[]; rows: readonly Row[]; name?: string };

/** Rows that can be sorted, searched and saved; only those in sight exist, so any number may come. */
export function DataTable({ columns, rows, name = "result" }: DataTableProps) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const [search, setSearch] = useState("");
  const frame = useRef<HTMLDivElement>(null);
  const definitions = useMemo<ColumnDef<Row>[]>(
    () =>
      columns.map((column, index) => ({
        id: `${index}:${column}`,
        header: column,
        accessorFn: (row) => row[column],
        sortingFn: (a, b, id) => compare(a.getValue(id), b.getValue(id)),
        sortUndefined: false,
        cell: (info) => <Cell value={info.getValue()} />,
      })),
    [columns],
  );
  const numeric = useMemo(
    () =>
      new Set(
        columns.filter((column) => {
          const values = rows
            .slice(0, 200)
            .map((row) => row[column])
            .filter((value) => value !== null && value !== undefined);
          return values.length > 0 && values.every((value) => typeof value === "number");
        }),
      ),
    [columns, rows],
  );
  const table = useReactTable({
    data: rows as Row[],
    columns: definitions,
    state: { sorting, globalFilter: search },
    onSortingChange: setSorting,
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
  return (
    <div className="flex min-h-0 flex-col overflow-hidden rounded-md border border-line">
      <div className="flex items-center gap-2 border-b border-line bg-sunken/60 px-2 py-1.5">
        <span className="whitespace-nowrap px-1 text-xs text-muted tabular-nums">
          {visible.length === rows.length ? rows.length : `${visible.length} of ${rows.length}`} rows
        </span>
        {rows.length > 8 && (
          <SearchInput
            label="Search rows"
            value={search}
            onValue={setSearch}
            className="ml-auto w-44 min-w-0"
          />
        )}
        <Button
          size="sm"
          className={rows.length > 8 ? "" : "ml-auto"}
          onClick={() =>
            download(
              `${name}.csv`,
              toCsv(
                columns,
                visible.map((row) => row.original),
              ),
              "text/csv;charset=utf-8",
            )
          }
        >
          <Download /> CSV
        </Button>
      </div>
      <div ref={frame} className="thin-scroll max-h-[520px] overflow-auto">
        <table className="w-full border-separate border-spacing-0 text-sm">
          <thead className="sticky top-0 z-10">
            {table.getHeaderGroups().map((group) => (
              <tr key={group.id}>
                {group.headers.map((header) => {
                  const sorted = header.column.getIsSorted();
                  return (
                    <th
                      key={header.id}
                      aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : "none"}
                      className="border-b border-line bg-sunken p-0 text-left text-xs font-medium text-muted"
                    >
                      <button
                        type="button"
                        onClick={header.column.getToggleSortingHandler()}
                        className={cn(
                          "flex h-8 w-full items-center gap-1 whitespace-nowrap px-3 hover:text-text",
                          numeric.has(String(header.column.columnDef.header)) && "justify-end",
                        )}
                      >
                        {flexRender(header.column.columnDef.header, header.getContext())}
                        {sorted === "asc" && <ArrowUp className="size-3" aria-hidden />}
                        {sorted === "desc" && <ArrowDown className="size-3" aria-hidden />}
                      </button>
                    </th>
                  );
                })}
              </tr>
            ))}
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
                    <td
                      key={cell.id}
                      className={cn(
                        "h-[33px] max-w-96 truncate border-b border-line px-3",
                        numeric.has(String(cell.column.columnDef.header)) && "text-right tabular-nums",
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
      </div>
    </div>
  );
}
