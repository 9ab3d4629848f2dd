import { queryOptions } from "@tanstack/react-query";
import { apiUrl, get } from "@/api/client";

export type RowColumn = { name: string; kind: string; type: string };
/** What stands in a result for rows that are kept in a file. */
export type RowsReference = { postmill_rows: string; rows: number; bytes: number; columns: RowColumn[] };
export type RowsPage = {
  columns: RowColumn[];
  rows: unknown[][];
  total: number;
  offset: number;
  limit: number;
};
export type RowsFilter = { column: string; op: string; value?: unknown };
export type RowsView = { sort: string; search: string; filters: RowsFilter[] };

export const PAGE_ROWS = 200;

export function isRowsReference(value: unknown): value is RowsReference {
  return (
    typeof value === "object" &&
    value !== null &&
    "postmill_rows" in value &&
    "columns" in value &&
    Array.isArray(value.columns) &&
    "rows" in value &&
    typeof value.rows === "number"
  );
}

export const fetchRows = (
  workspace: string,
  job: string,
  reference: string,
  view: RowsView,
  offset: number,
  limit: number,
  signal?: AbortSignal,
) =>
  get<RowsPage>(
    `/w/${workspace}/jobs_u/result_rows/${job}`,
    {
      offset,
      limit,
      sort: view.sort,
      search: view.search,
      filters: view.filters.length > 0 ? JSON.stringify(view.filters) : undefined,
      rows: reference || undefined,
    },
    signal,
  );

/** Where the rows of a large result are as a Parquet file. */
export const rowsFileUrl = (workspace: string, job: string, reference: string) =>
  apiUrl(`/w/${workspace}/jobs_u/result_rows_file/${job}?rows=${reference}`);

/** One page of the rows of a result, as sorted and filtered. */
export const rowsPageQuery = (
  workspace: string,
  job: string,
  reference: string,
  view: RowsView,
  page: number,
) =>
  queryOptions({
    queryKey: ["w", workspace, "rows", job, reference, view, page],
    queryFn: ({ signal }) => fetchRows(workspace, job, reference, view, page * PAGE_ROWS, PAGE_ROWS, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

// Browsers draw nothing taller than some 17 million pixels; beyond this the scroll bar stands for shares of the rows.
export const TALLEST = 8_000_000;

/** Which row is the first in sight, and how tall all rows are on screen. */
export function scrolled(
  top: number,
  rows: number,
  rowHeight: number,
  viewHeight: number,
): { first: number; height: number } {
  const height = Math.min(rows * rowHeight, TALLEST);
  if (rows * rowHeight <= TALLEST) return { first: Math.floor(top / rowHeight), height };
  const most = Math.max(1, height - viewHeight);
  const fitting = Math.floor(viewHeight / rowHeight);
  return { first: Math.round((Math.min(top, most) / most) * Math.max(0, rows - fitting)), height };
}
