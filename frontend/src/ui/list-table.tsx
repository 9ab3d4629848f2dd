import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { cn } from "./cn";
import { FilteredList } from "./filtered-list";
import { Table, Td, Th, Tr } from "./table";

export type Column<T> = {
  /** What stands above it; the column of the row's actions has none. */
  head: string;
  cell: (entry: T) => ReactNode;
  /** Of the head and its cells: when the column shows, and how wide it is. */
  className?: string;
  /** Of the cells alone. */
  look?: string;
};

type ListTableProps<T> = {
  list: UseQueryResult<T[]>;
  keyOf: (entry: T) => string;
  columns: readonly (Column<T> | false | undefined)[];
  search?: string;
  text?: (entry: T) => string;
  empty: ReactNode;
  rows?: number;
};

/** On phones a row is a small card: its first cell beside the actions, below them the others under their heads. */
const CARD =
  "max-sm:grid max-sm:grid-cols-[minmax(0,1fr)_auto] max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1.5 max-sm:px-4 max-sm:py-2.5";
const CELL =
  "max-sm:h-auto max-sm:w-auto max-sm:max-w-none max-sm:p-0 max-sm:first:pl-0 max-sm:last:pr-0 max-sm:whitespace-normal";
const LABELLED =
  "max-sm:flex max-sm:items-baseline max-sm:gap-2 max-sm:before:w-24 max-sm:before:shrink-0 max-sm:before:text-xs max-sm:before:text-faint max-sm:before:content-[attr(data-head)] sm:contents";

const isNothing = (content: ReactNode) =>
  content === undefined || content === null || content === false || content === "";

/** What a query lists as a table, a row each. */
export function ListTable<T>({ keyOf, columns, ...rest }: ListTableProps<T>) {
  const shownColumns = columns.filter((column): column is Column<T> => Boolean(column));
  return (
    <FilteredList {...rest}>
      {(shown) => (
        <Table>
          <thead className="max-sm:hidden">
            <tr>
              {shownColumns.map(({ head, className }) => (
                <Th key={head} className={className} aria-label={head ? undefined : "Actions"}>
                  {head}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((entry) => (
              <Tr key={keyOf(entry)} className={CARD}>
                {shownColumns.map(({ head, cell, className, look }, at) => {
                  const content = cell(entry);
                  if (at === 0 || !head) {
                    const place = head ? "" : "max-sm:col-start-2 max-sm:row-start-1";
                    return (
                      <Td key={head} className={cn(className, look, CELL, place)}>
                        {content}
                      </Td>
                    );
                  }
                  const place = isNothing(content) ? "max-sm:hidden" : "max-sm:col-span-2";
                  return (
                    <Td key={head} className={cn(className, look, CELL, place)}>
                      <span className={LABELLED} data-head={head}>
                        <span className="sm:contents max-sm:min-w-0 max-sm:flex-1">{content}</span>
                      </span>
                    </Td>
                  );
                })}
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </FilteredList>
  );
}
