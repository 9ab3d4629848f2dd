import type { UseQueryResult } from "@tanstack/react-query";
import { ShieldX } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

/** In the place of an editor: the person may run what is here, and write nothing. */
export function MayOnlyRun({ title }: { title: string }) {
  return (
    <EmptyState icon={ShieldX} title={title} className="pt-32">
      Ask an administrator of the workspace if you need to.
    </EmptyState>
  );
}

/**
 * What stands in the place of an editor until all that it starts from is read; null once it is.
 * `sources` are read again on request when they failed.
 */
export function beforeEditor(waiting: boolean, sources: readonly UseQueryResult[]): ReactNode {
  const failed = sources.find((source) => source.isError);
  if (failed) {
    return <ErrorState error={failed.error} retry={() => void failed.refetch()} className="pt-32" />;
  }
  if (!waiting) return null;
  return (
    <div className="flex h-full flex-col gap-3 p-4" role="status" aria-label="Loading">
      <Skeleton className="h-9" />
      <Skeleton className="flex-1" />
    </div>
  );
}
