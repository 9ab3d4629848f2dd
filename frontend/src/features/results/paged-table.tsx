import { useQueries } from "@tanstack/react-query";
import { Download, Filter, LoaderCircle } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { resultUrl } from "@/features/jobs/jobs";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { SearchInput } from "@/ui/input";
import { ErrorState } from "@/ui/states";
import { bytes } from "@/ui/time";
import { tellError } from "@/ui/toast";
import { Cell } from "./cell";
import { CellPopover, usePickedCell } from "./cell-popover";
import { filterOf } from "./column-filter";
import { ColumnHeading } from "./column-heading";
import { useColumnWidths } from "./column-widths";
import { toCsv } from "./csv";
import { download } from "./download";
import { FilterField } from "./filter-field";
import {
  fetchRows,
  PAGE_ROWS,
  type RowColumn,
  type RowsReference,
  type RowsView,
  rowsFileUrl,
  rowsPageQuery,
  scrolled,
} from "./rows";
import { pathTo } from "./tree";

const ROW = 33;
const HEIGHT = 520;
const CSV_ROWS = 10_000;
const NUMERIC = new Set(["int", "float", "decimal"]);

type PagedTableProps = { workspace: string; job: string; reference: RowsReference; name: string };

/** The next state of a column's order: up, down, as stored. */
function nextSort(sort: string, column: string): string {
  if (sort === column) return `-${column}`;
  return sort === `-${column}` ? "" : column;
}

/** Saves all rows of the view as CSV, fetched piece by piece. */
async function saveCsv(
  props: PagedTableProps,
  view: RowsView,
  onRows: (done: number) => void,
): Promise<void> {
  const parts: string[] = [];
  const { workspace, job, reference, name } = props;
  for (let offset = 0; ; offset += CSV_ROWS) {
    const page = await fetchRows(workspace, job, reference.postmill_rows, view, offset, CSV_ROWS);
    const columns = page.columns.map((column) => column.name);
    const rows = page.rows.map((row) => Object.fromEntries(columns.map((key, at) => [key, row[at]])));
    const text = toCsv(columns, rows);
    parts.push(offset === 0 ? text : text.slice(text.indexOf("\r\n") + 2));
    onRows(offset + page.rows.length);
    if (page.rows.length < CSV_ROWS || offset + page.rows.length >= page.total) break;
  }
  download(`${name}.csv`, new Blob(parts), "text/csv;charset=utf-8");
}

/** Rows that stay on the server, however many: only the pages in sight are fetched. */
export function PagedTable(props: PagedTableProps) {
  const { workspace, job, reference } = props;
  const [sort, setSort] = useState("");
  const [text, setText] = useState("");
  const search = useDeferredValue(text);
  const [filtering, setFiltering] = useState(false);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const wanted = useDeferredValue(typed);
  const view = useMemo<RowsView>(() => {
    const filters = reference.columns.map((column) => filterOf(column, wanted[column.name] ?? ""));
    return { sort, search, filters: filters.filter((one) => one !== null) };
  }, [sort, search, wanted, reference.columns]);
  const widths = useColumnWidths(useMemo(() => reference.columns.map(({ name }) => name), [reference]));
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [saving, setSaving] = useState<number | null>(null);
  const [known, setKnown] = useState(reference.rows);
  const { first, height } = scrolled(top, known, ROW, HEIGHT - ROW);
  const count = Math.ceil(HEIGHT / ROW) + 1;
  const last = Math.min(known, first + count);
  const pages = useMemo(() => {
    const from = Math.floor(first / PAGE_ROWS);
    const to = Math.floor(Math.max(first, last - 1) / PAGE_ROWS);
    return Array.from({ length: to - from + 1 }, (_, at) => from + at);
  }, [first, last]);
  const results = useQueries({
    queries: pages.map((page) => rowsPageQuery(workspace, job, reference.postmill_rows, view, page)),
  });
  const total = results.find((result) => result.data)?.data?.total;
  useEffect(() => {
    if (total !== undefined) setKnown(total);
  }, [total]);
  const failed = results.find((result) => result.isError);
  const rowAt = (index: number): unknown[] | null => {
    const page = Math.floor(index / PAGE_ROWS);
    const data = results[pages.indexOf(page)]?.data;
    return data?.rows[index - page * PAGE_ROWS] ?? null;
  };
  const start = () => {
    frame.current?.scrollTo({ top: 0 });
    setTop(0);
  };
  const { picked, pick, leave } = usePickedCell();
  // Sorted or filtered, a row stands elsewhere than in the result.
  const inOrder = !sort && !search && view.filters.length === 0;
  const wayTo = (at: number, column: RowColumn) => pathTo(`result[${first + at}]`, column.name);
  return (
    <div className="flex min-h-0 flex-col overflow-hidden rounded-md border border-line">
      <div className="flex flex-wrap items-center gap-2 border-b border-line bg-sunken/60 px-2 py-1.5">
        <span className="whitespace-nowrap px-1 text-xs text-muted tabular-nums" role="status">
          {known.toLocaleString("en")} {known === 1 ? "row" : "rows"}
          {known !== reference.rows && ` of ${reference.rows.toLocaleString("en")}`}
          {known > 0 && ` · from ${(first + 1).toLocaleString("en")}`}
        </span>
        {results.some((result) => result.isFetching) && (
          <LoaderCircle className="size-3.5 animate-spin text-faint" aria-label="Loading rows" />
        )}
        <SearchInput
          label="Search rows"
          value={text}
          onValue={(next) => {
            setText(next);
            start();
          }}
          className="ml-auto w-44 min-w-0"
        />
        <Button
          size="sm"
          variant={filtering ? "secondary" : "ghost"}
          aria-pressed={filtering}
          onClick={() => {
            if (filtering) setTyped({});
            setFiltering(!filtering);
            start();
          }}
        >
          <Filter /> Filter
        </Button>
        <Button
          size="sm"
          busy={saving !== null}
          onClick={() => {
            setSaving(0);
            saveCsv(props, view, setSaving)
              .catch(tellError)
              .finally(() => setSaving(null));
          }}
        >
          <Download /> {saving === null ? "CSV" : saving.toLocaleString("en")}
        </Button>
        <Button size="sm" asChild>
          <a href={resultUrl(workspace, job)} download={`${props.name}.json`} title={bytes(reference.bytes)}>
            <Download /> JSON
          </a>
        </Button>
        {reference.postmill_rows && (
          <Button size="sm" asChild>
            <a href={rowsFileUrl(workspace, job, reference.postmill_rows)} download={`${props.name}.parquet`}>
              <Download /> Parquet
            </a>
          </Button>
        )}
      </div>
      {failed?.error && <ErrorState error={failed.error} retry={() => void failed.refetch()} />}
      <section
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
        tabIndex={0}
        aria-label="Rows"
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        style={{ height: Math.min(HEIGHT, height + 2 * ROW) }}
        className="thin-scroll overflow-auto"
      >
        <div style={{ height: height + (filtering ? 2 : 1) * ROW }} className="relative min-w-max">
          <table
            className={cn(
              "sticky top-0 border-separate border-spacing-0 text-sm",
              widths.total ? "table-fixed" : "w-full",
            )}
            style={{ width: widths.total }}
          >
            <thead>
              <tr>
                {reference.columns.map((column, at) => (
                  <ColumnHeading
                    key={column.name}
                    name={column.name}
                    type={column.type}
                    sorted={sort === column.name ? "up" : sort === `-${column.name}` ? "down" : null}
                    numeric={NUMERIC.has(column.kind)}
                    at={at}
                    columns={widths}
                    onSort={() => {
                      setSort(nextSort(sort, column.name));
                      start();
                    }}
                  />
                ))}
              </tr>
              {filtering && (
                <tr>
                  {reference.columns.map((column) => (
                    <FilterField
                      key={column.name}
                      name={column.name}
                      value={typed[column.name] ?? ""}
                      onValue={(next) => {
                        setTyped((known) => ({ ...known, [column.name]: next }));
                        start();
                      }}
                    />
                  ))}
                </tr>
              )}
            </thead>
            <tbody>
              {Array.from({ length: Math.max(0, last - first) }, (_, at) => {
                const row = rowAt(first + at);
                return (
                  <tr key={at} className="hover:bg-hover/50">
                    {reference.columns.map((column, index) => (
                      // biome-ignore lint/a11y/useKeyWithClickEvents: what is downloaded holds the same values
                      <td
                        key={column.name}
                        onClick={(event) => {
                          if (row) pick(event.currentTarget, row[index], inOrder ? wayTo(at, column) : null);
                        }}
                        className={cn(
                          "h-[33px] cursor-default truncate border-b border-line px-3",
                          !widths.total && "max-w-96",
                          NUMERIC.has(column.kind) && "text-right tabular-nums",
                        )}
                      >
                        {row ? <Cell value={row[index]} /> : <span className="text-faint">…</span>}
                      </td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </section>
      <CellPopover picked={picked} onClose={leave} />
      {known === 0 && <p className="px-3 py-6 text-center text-sm text-muted">No row matches.</p>}
    </div>
  );
}
