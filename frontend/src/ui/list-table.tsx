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

/** What a query lists as a table, a row each. */
export function ListTable<T>({ keyOf, columns, ...rest }: ListTableProps<T>) {
  const shownColumns = columns.filter((column): column is Column<T> => Boolean(column));
  return (
    <FilteredList {...rest}>
      {(shown) => (
        <Table>
          <thead>
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
              <Tr key={keyOf(entry)}>
                {shownColumns.map(({ head, cell, className, look }) => (
                  <Td key={head} className={cn(className, look)}>
                    {cell(entry)}
                  </Td>
                ))}
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </FilteredList>
  );
}
