import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, SkeletonRows } from "./states";

type FilteredListProps<T> = {
  list: UseQueryResult<T[]>;
  /** What is searched for; an entry stays when its text holds it, whatever the case. */
  search?: string;
  text?: (entry: T) => string;
  /** What stands there when no entry is left, with the way to change that. */
  empty: ReactNode;
  /** How many placeholder rows. */
  rows?: number;
  children: (shown: T[]) => ReactNode;
};

/** What a query lists: placeholders while it loads, the reason when it fails, and what matches the search. */
export function FilteredList<T>({ list, search = "", text, empty, rows, children }: FilteredListProps<T>) {
  if (list.isPending) return <SkeletonRows rows={rows} />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  const words = search.toLowerCase();
  const shown = text ? list.data.filter((entry) => text(entry).toLowerCase().includes(words)) : list.data;
  return shown.length === 0 ? empty : children(shown);
}
