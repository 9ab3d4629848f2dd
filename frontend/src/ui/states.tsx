import { CircleAlert, Plus, RotateCw } from "lucide-react";
import type { ComponentType, ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./cn";

export function Skeleton({ className }: { className?: string }) {
  return <div className={cn("animate-pulse rounded-md bg-hover", className)} aria-hidden />;
}

/** Placeholder rows of a list that is being loaded. */
export function SkeletonRows({ rows = 6, className }: { rows?: number; className?: string }) {
  return (
    <div className={cn("divide-y divide-line", className)} role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center gap-4 px-4 py-3.5">
          <Skeleton className="size-5 rounded" />
          <Skeleton className={cn("h-3.5", index % 3 === 0 ? "w-52" : index % 3 === 1 ? "w-72" : "w-40")} />
          <Skeleton className="ml-auto h-3.5 w-20" />
        </div>
      ))}
    </div>
  );
}

type EmptyProps = {
  icon: ComponentType<{ className?: string }>;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  className?: string;
};

/** What a list shows when there is nothing in it, with the way to change that. */
export function EmptyState({ icon: Icon, title, children, action, className }: EmptyProps) {
  return (
    <div className={cn("flex flex-col items-center px-6 py-14 text-center", className)}>
      <div className="mb-3 flex size-10 items-center justify-center rounded-lg border border-line bg-sunken">
        <Icon className="size-4.5 text-faint" />
      </div>
      <h3 className="text-base font-semibold">{title}</h3>
      {children && <p className="mt-1 max-w-md text-sm text-muted text-pretty">{children}</p>}
      {action && <div className="mt-4 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

type EmptyListProps = {
  icon: EmptyProps["icon"];
  /** What it lists, in the singular. */
  noun: string;
  search?: string;
  /** Makes the first one; absent for who may not. */
  onNew?: () => void;
  /** What such a thing is good for. */
  children: ReactNode;
};

/** A list without entries: because the search leaves none, or because there are none yet. */
export function EmptyList({ icon, noun, search, onNew, children }: EmptyListProps) {
  if (search) {
    return (
      <EmptyState icon={icon} title={`No ${noun} matches`}>
        Try another word.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={icon}
      title={`No ${noun}s yet`}
      action={
        onNew && (
          <Button variant="primary" onClick={onNew}>
            <Plus /> New {noun}
          </Button>
        )
      }
    >
      {children}
    </EmptyState>
  );
}

/** What is shown instead of content that could not be loaded. */
export function ErrorState({
  error,
  retry,
  className,
}: {
  error: unknown;
  retry?: () => void;
  className?: string;
}) {
  const message = error instanceof Error ? error.message : String(error);
  const title = error instanceof Error && "title" in error ? String(error.title) : "This could not be loaded";
  return (
    <div role="alert" className={cn("flex flex-col items-center px-6 py-12 text-center", className)}>
      <div className="mb-3 flex size-10 items-center justify-center rounded-lg bg-danger-soft">
        <CircleAlert className="size-4.5 text-danger" />
      </div>
      <h3 className="text-base font-semibold">{title}</h3>
      <p className="mt-1 max-w-lg break-words text-sm text-muted">{message}</p>
      {retry && (
        <Button className="mt-4" onClick={retry}>
          <RotateCw /> Try again
        </Button>
      )}
    </div>
  );
}
