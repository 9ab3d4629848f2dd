import type { ReactNode } from "react";
import { cn } from "./cn";

/** The bounds of a page's content: every page is as wide. */
export const FRAME = "mx-auto w-full max-w-[1280px] px-4 pb-16 pt-6 sm:px-8";

/** The frame of an ordinary page: title, actions, content of bounded width. */
export function Page({
  title,
  description,
  actions,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className={FRAME}>
      <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 sm:flex-1 sm:basis-60">
          <h1 className="text-xl font-semibold tracking-[-0.01em]">{title}</h1>
          {description && <p className="mt-0.5 max-w-2xl text-sm text-muted text-pretty">{description}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ className, children }: { className?: string; children: ReactNode }) {
  return (
    <section className={cn("rounded-lg border border-line bg-surface shadow-card", className)}>
      {children}
    </section>
  );
}

export function CardHeader({
  title,
  actions,
  children,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <header className="flex min-h-11 items-center justify-between gap-3 border-b border-line px-4 py-2">
      <div className="min-w-0">
        <h2 className="truncate text-sm font-semibold">{title}</h2>
        {children && <p className="text-xs text-muted">{children}</p>}
      </div>
      {actions && <div className="flex shrink-0 items-center gap-1.5">{actions}</div>}
    </header>
  );
}

/** Label and value pairs of a detail view. */
export function Facts({ items, className }: { items: readonly [string, ReactNode][]; className?: string }) {
  return (
    <dl className={cn("grid grid-cols-[minmax(88px,auto)_minmax(0,1fr)] gap-x-4 gap-y-2 text-sm", className)}>
      {items.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 break-words">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
