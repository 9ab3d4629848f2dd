import { ArrowDown, ArrowUp } from "lucide-react";
import { cn } from "@/ui/cn";
import { Tooltip } from "@/ui/tooltip";
import { ColumnEdge, type ColumnWidths, resizedByKey } from "./column-widths";

type ColumnHeadingProps = {
  name: string;
  /** What stands in the column, in the words of the database, file or script that it comes from. */
  type?: string;
  sorted: "up" | "down" | null;
  numeric: boolean;
  at: number;
  columns: ColumnWidths;
  onSort: () => void;
};

/** The name of a column: a click sorts, its right edge makes the column wider. */
export function ColumnHeading({ name, type, sorted, numeric, at, columns, onSort }: ColumnHeadingProps) {
  return (
    <th
      aria-sort={sorted === "up" ? "ascending" : sorted === "down" ? "descending" : "none"}
      style={columns.widths ? { width: columns.widths[at] } : undefined}
      className="group/th relative border-b border-line bg-sunken p-0 text-left text-xs font-medium text-muted"
    >
      <Tooltip
        side="top"
        text={
          <span className="block break-words">
            <span className="font-medium">{name}</span>
            {type && <span className="ml-1.5 font-mono opacity-80">{type}</span>}
          </span>
        }
      >
        <button
          type="button"
          onClick={onSort}
          onKeyDown={(event) => resizedByKey(event, at, columns)}
          className={cn(
            "flex h-8 w-full items-center gap-1 overflow-hidden whitespace-nowrap px-3 hover:text-text",
            numeric && "justify-end",
          )}
        >
          <span className="truncate" data-name>
            {name}
          </span>
          {sorted === "up" && <ArrowUp className="size-3 shrink-0" aria-hidden />}
          {sorted === "down" && <ArrowDown className="size-3 shrink-0" aria-hidden />}
        </button>
      </Tooltip>
      <ColumnEdge at={at} columns={columns} />
    </th>
  );
}
