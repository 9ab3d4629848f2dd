import type { HTMLAttributes, ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { cn } from "./cn";

/** A plain table that scrolls sideways on narrow screens. */
export function Table({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className="thin-scroll overflow-x-auto">
      <table className={cn("w-full border-collapse text-sm", className)}>{children}</table>
    </div>
  );
}

export function Th({ className, ...rest }: ThHTMLAttributes<HTMLTableCellElement>) {
  return (
    <th
      className={cn(
        "h-9 whitespace-nowrap border-b border-line bg-sunken/60 px-3 text-left text-xs font-medium text-muted first:pl-4 last:pr-4",
        className,
      )}
      {...rest}
    />
  );
}

export function Tr({ className, ...rest }: HTMLAttributes<HTMLTableRowElement>) {
  return (
    <tr className={cn("group border-b border-line last:border-0 hover:bg-hover/50", className)} {...rest} />
  );
}

export function Td({ className, ...rest }: TdHTMLAttributes<HTMLTableCellElement>) {
  return <td className={cn("h-11 px-3 py-1.5 align-middle first:pl-4 last:pr-4", className)} {...rest} />;
}
