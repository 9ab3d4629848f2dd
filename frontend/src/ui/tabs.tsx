import { Tabs as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { useRevealed } from "./reveal";

export const Tabs = Radix.Root;

export function TabsList({ className, ...rest }: ComponentProps<typeof Radix.List>) {
  const list = useRevealed<HTMLDivElement>("[data-state=active]");
  return (
    <Radix.List
      ref={list}
      className={cn(
        "thin-scroll relative flex gap-3 overflow-x-auto border-b border-line [scrollbar-width:none]",
        className,
      )}
      {...rest}
    />
  );
}

export function Tab({ value, children, count }: { value: string; children: ReactNode; count?: number }) {
  return (
    <Radix.Trigger
      value={value}
      className="-mb-px flex shrink-0 items-center gap-1.5 border-b-2 border-transparent px-1 pb-2 pt-1 text-sm font-medium text-muted transition-colors first:mr-1 first:px-0 hover:text-text focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:text-text"
    >
      {children}
      {count !== undefined && (
        <span className="rounded bg-hover px-1.5 text-2xs text-muted tabular-nums">{count}</span>
      )}
    </Radix.Trigger>
  );
}

export function TabPanel({ className, ...rest }: ComponentProps<typeof Radix.Content>) {
  return <Radix.Content className={cn("outline-none", className)} {...rest} />;
}

/** A compact switch between two or three views of the same thing. */
export function Segmented<T extends string>({
  value,
  onValue,
  options,
  label,
}: {
  value: T;
  onValue: (value: T) => void;
  options: readonly { value: T; label: ReactNode; title?: string }[];
  label: string;
}) {
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className="inline-flex max-w-full overflow-x-auto rounded-md border border-line bg-sunken p-0.5 [scrollbar-width:none]"
    >
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: a radio input cannot look like a segment
        <button
          key={option.value}
          type="button"
          role="radio"
          title={option.title}
          aria-checked={option.value === value}
          onClick={() => onValue(option.value)}
          className={cn(
            "flex h-6 shrink-0 items-center gap-1.5 rounded px-2 text-xs font-medium text-muted hover:text-text [&_svg]:size-3.5",
            option.value === value && "bg-surface text-text shadow-card dark:bg-hover",
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
