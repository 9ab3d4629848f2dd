import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Eye, SearchX } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { isStatus } from "@/api/client";
import { Arguments } from "@/features/jobs/arguments";
import { Elapsed } from "@/features/jobs/elapsed";
import { LogBuffer } from "@/features/jobs/log-buffer";
import { LogView } from "@/features/jobs/log-view";
import { jobStatus, jobTitle, StatusBadge } from "@/features/jobs/status";
import { ResultView } from "@/features/results/result-view";
import {
  type Shared,
  type SharedRun,
  sharedLogQuery,
  sharedResultQuery,
  sharedRunQuery,
} from "@/features/sharing/shared-runs";
import { Logo } from "@/ui/logo";
import { Card, CardHeader } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { duration, exactTime, RelativeTime } from "@/ui/time";

const SharedGraph = lazy(() => import("@/features/sharing/shared-graph"));

/** The frame of a page for people who may never have seen the product. */
function Frame({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    const before = document.title;
    document.title = title;
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <main className="thin-scroll h-full overflow-y-auto bg-canvas">
      <div className="mx-auto w-full max-w-[1280px] px-4 py-6 sm:px-8 sm:py-8">
        <div className="mb-5 flex items-center gap-2.5">
          <Logo className="size-7" />
          <span className="text-sm font-semibold">Postmill</span>
          <span className="ml-auto inline-flex items-center gap-1.5 text-xs text-muted">
            <Eye className="size-3.5" aria-hidden /> Shared to look at
          </span>
        </div>
        {children}
      </div>
    </main>
  );
}

function Result({ shared, data }: { shared: Shared; data: SharedRun }) {
  const { run } = data;
  const ended = run.type === "CompletedJob";
  const result = useQuery({ ...sharedResultQuery(shared), enabled: ended });
  const name = run.script_path?.split("/").pop() ?? "result";
  return (
    <Card>
      <CardHeader title="Result" />
      <div className="p-4">
        {!ended ? (
          <p className="text-sm text-muted">
            {jobStatus(run) === "suspended"
              ? "It waits for somebody’s approval. This page follows it."
              : "It has not ended yet. This page follows it."}
          </p>
        ) : result.isError ? (
          <ErrorState error={result.error} retry={() => void result.refetch()} />
        ) : result.isPending ? (
          <Skeleton className="h-24" />
        ) : (
          <ResultView value={result.data} name={name} />
        )}
      </div>
    </Card>
  );
}

function Log({ shared, job, isRunning }: { shared: Shared; job: string; isRunning: boolean }) {
  const log = useQuery(sharedLogQuery(shared, job, isRunning));
  const [buffer] = useState(() => new LogBuffer());
  useEffect(() => buffer.reset(log.data ?? ""), [buffer, log.data]);
  if (log.isError) return <ErrorState error={log.error} retry={() => void log.refetch()} />;
  if (log.isPending) return <Skeleton className="m-4 h-24" />;
  return <LogView log={buffer} live={isRunning} empty="It printed nothing." className="max-h-96" />;
}

/** A run as its owner shows it to people without an account. */
export default function SharedPage() {
  const shared = useParams({ strict: false }) as Shared;
  const query = useQuery(sharedRunQuery(shared));
  const [step, setStep] = useState<{ id: string; title: string; job: string | null } | null>(null);
  if (query.isError && !query.data) {
    return (
      <Frame title="Shared run">
        {isStatus(query.error, 400, 404) ? (
          <EmptyState icon={SearchX} title="This link does not work" className="pt-24">
            It was revoked, has expired, or is incomplete. Ask whoever sent it for a new one.
          </EmptyState>
        ) : (
          <ErrorState error={query.error} retry={() => void query.refetch()} className="pt-24" />
        )}
      </Frame>
    );
  }
  if (!query.data) {
    return (
      <Frame title="Shared run">
        <div className="flex flex-col gap-4" role="status" aria-label="Loading">
          <Skeleton className="h-8 w-2/3" />
          <Skeleton className="h-48" />
        </div>
      </Frame>
    );
  }
  const { data } = query;
  const { run } = data;
  const status = jobStatus(run);
  const isRunning = run.type === "QueuedJob";
  const isFlow = data.flow !== null;
  return (
    <Frame title={jobTitle(run)}>
      <h1 className="break-words text-xl font-semibold leading-7">{jobTitle(run)}</h1>
      <div className="mb-5 mt-1 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        <StatusBadge status={status} label={status === "suspended" ? "Waiting for approval" : undefined} />
        <span className="tabular-nums">
          {run.type === "CompletedJob" ? (
            duration(run.duration_ms)
          ) : (
            <Elapsed since={run.started_at ?? run.created_at} />
          )}
        </span>
        {run.created_at && <span>Started {exactTime(run.created_at)}</span>}
        <span>Shared by {data.shared_by}</span>
        {data.expires_at && (
          <span>
            This link ends <RelativeTime at={data.expires_at} />
          </span>
        )}
      </div>
      <div className="flex flex-col gap-4">
        {data.flow && (
          <Card className="overflow-hidden">
            <CardHeader title="Steps" />
            <Suspense fallback={<Skeleton className="m-4 h-80" />}>
              <SharedGraph
                flow={data.flow}
                status={data.flow_status}
                canceled={status === "canceled"}
                waits={status === "suspended"}
                selected={step?.id ?? null}
                onSelect={setStep}
              />
            </Suspense>
          </Card>
        )}
        <Result shared={shared} data={data} />
        {data.args !== null && (
          <Card>
            <CardHeader title="Inputs" />
            <Arguments args={data.args} />
          </Card>
        )}
        {data.shows_logs && (
          <Card className="overflow-hidden">
            <CardHeader title={step?.job ? `Log of “${step.title}”` : "Log"} />
            {isFlow && !step?.job ? (
              <p className="px-4 py-3 text-sm text-muted">
                {step ? "This step has no log of its own." : "Choose a step above to see what it printed."}
              </p>
            ) : (
              <Log
                key={step?.job ?? run.id}
                shared={shared}
                job={step?.job ?? run.id}
                isRunning={isRunning}
              />
            )}
          </Card>
        )}
      </div>
    </Frame>
  );
}
