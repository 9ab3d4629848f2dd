import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, ChartScatter, FilterX, ListChecks, LoaderCircle, RefreshCw } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { flowsQuery } from "@/features/flows/flows";
import { type JobFilter, jobListQuery, queueCountQuery } from "@/features/jobs/jobs";
import { MoreFilters } from "@/features/jobs/more-filters";
import { PickedRuns } from "@/features/jobs/picked-runs";
import { RunRow } from "@/features/jobs/run-row";
import { RunSearch } from "@/features/jobs/run-search";
import { scriptsQuery } from "@/features/scripts/scripts";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Combobox } from "@/ui/combobox";
import { Card, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, Skeleton, SkeletonRows } from "@/ui/states";
import { Segmented } from "@/ui/tabs";

const DurationChart = lazy(() => import("@/features/jobs/duration-chart"));

const SPANS: Record<string, number> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};

type RunsSearch = Omit<JobFilter, "after"> & { since?: string; live?: boolean };

/** The address's search as the list's filter; a span becomes a point in time, to the minute. */
function toFilter({ since, live: _live, ...rest }: RunsSearch, now: number): JobFilter {
  const span = since ? SPANS[since] : undefined;
  const minute = Math.floor(now / 60_000) * 60_000;
  return { ...rest, ...(span ? { after: new Date(minute - span).toISOString() } : {}) };
}

function toggled(picked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(picked);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** What is said of scripts or flows, by the kind of their runs and their path. */
const named = (kind: "script" | "flow", items: readonly { path: string; summary?: string }[] = []) =>
  items.map(({ path, summary = "" }): [string, string] => [`${kind}:${path}`, summary]);

export default function RunsPage() {
  const workspace = useWorkspace();
  const search = useSearch({ strict: false }) as RunsSearch;
  const navigate = useNavigate();
  const [now, setNow] = useState(Date.now());
  const [chart, setChart] = useState(localStorage.getItem("postmill.runs.chart") !== "off");
  const [picked, setPicked] = useState<ReadonlySet<string> | null>(null);
  const filter = useMemo(() => toFilter(search, now), [search, now]);
  const list = useInfiniteQuery({
    ...jobListQuery(workspace, filter),
    placeholderData: (previous) => previous,
  });
  const queue = useQuery(queueCountQuery(workspace));
  const scripts = useQuery(scriptsQuery(workspace));
  const flows = useQuery(flowsQuery(workspace));
  const summaries = useMemo(
    () => new Map([...named("flow", flows.data), ...named("script", scripts.data)]),
    [flows.data, scripts.data],
  );
  const end = useRef<HTMLDivElement>(null);
  const set = (change: Partial<RunsSearch>) => {
    setNow(Date.now());
    void navigate({
      to: "/w/$workspace/runs",
      params: { workspace },
      search: { ...search, ...change },
      replace: true,
    });
  };
  const jobs = useMemo(() => {
    const seen = new Set<string>();
    return (list.data?.pages ?? []).flat().filter((job) => !seen.has(job.id) && seen.add(job.id));
  }, [list.data]);
  const busy = jobs.some((job) => job.type === "QueuedJob");
  const { refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = list;

  // While something is under way, or runs wait in the queue, the list keeps itself current.
  const waiting = (queue.data?.database_length ?? 0) > 0;
  useEffect(() => {
    const timer = setInterval(() => void refetch(), busy || waiting ? 2000 : 10_000);
    return () => clearInterval(timer);
  }, [busy, waiting, refetch]);

  useEffect(() => {
    if (!end.current || !hasNextPage) return;
    const watch = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !isFetchingNextPage) void fetchNextPage();
    });
    watch.observe(end.current);
    return () => watch.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  const filtered = Object.entries(search).some(([, value]) => value !== undefined);
  const toggleChart = () => {
    localStorage.setItem("postmill.runs.chart", chart ? "off" : "on");
    setChart(!chart);
  };

  return (
    <Page
      title="Runs"
      description={
        queue.data && queue.data.database_length > 0
          ? `${queue.data.database_length} waiting or running now.`
          : "Everything that ran in this workspace, newest first."
      }
      actions={
        <>
          <Button
            variant={picked ? "secondary" : "ghost"}
            aria-pressed={picked !== null}
            onClick={() => setPicked(picked ? null : new Set())}
          >
            <ListChecks /> {picked ? "Done" : "Select"}
          </Button>
          <Button variant="ghost" aria-pressed={chart} onClick={toggleChart}>
            <ChartScatter /> {chart ? "Hide chart" : "Show chart"}
          </Button>
          <Button size="icon" aria-label="Refresh" title="Refresh" onClick={() => set({})}>
            <RefreshCw className={cn(list.isRefetching && "animate-spin")} />
          </Button>
        </>
      }
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <RunSearch value={search.text ?? ""} onValue={(text) => set({ text })} />
        <div className="w-full sm:w-40">
          <Combobox
            aria-label="Path"
            value={search.path ?? ""}
            onValue={(path) => set({ path: path || undefined })}
            options={[...(scripts.data ?? []), ...(flows.data ?? [])].map(({ path, summary }) => ({
              value: path,
              words: summary || undefined,
              hint: summary ? <span className="block max-w-40 truncate">{summary}</span> : undefined,
            }))}
            placeholder="Any script or flow"
            clearable
            free
          />
        </div>
        <Segmented
          label="Status"
          value={search.status ?? "any"}
          onValue={(status) => set({ status: status === "any" ? undefined : status })}
          options={
            [
              { value: "any", label: "All" },
              { value: "running", label: "Running" },
              { value: "waiting", label: "Queued" },
              { value: "success", label: "Success" },
              { value: "failure", label: "Failed" },
              { value: "canceled", label: "Canceled" },
            ] as const
          }
        />
        <Select
          aria-label="Time"
          value={search.since ?? ""}
          onValue={(since) => set({ since: since || undefined })}
          options={[
            { value: "", label: "Any time" },
            { value: "1h", label: "Last hour" },
            { value: "24h", label: "Last 24 hours" },
            { value: "7d", label: "Last 7 days" },
            { value: "30d", label: "Last 30 days" },
          ]}
          className="w-32"
        />
        <MoreFilters search={search} set={set} />
        {filtered && (
          <Button
            variant="ghost"
            onClick={() => void navigate({ to: "/w/$workspace/runs", params: { workspace }, search: {} })}
          >
            <FilterX /> Clear
          </Button>
        )}
      </div>
      {chart && (list.isPending || jobs.length > 0) && (
        <Card className="mb-3 p-2">
          <Suspense fallback={<Skeleton className="h-[150px]" />}>
            {list.isPending ? <Skeleton className="h-[150px]" /> : <DurationChart jobs={jobs} />}
          </Suspense>
        </Card>
      )}
      <Card>
        {picked && <PickedRuns jobs={jobs} picked={picked} onPick={setPicked} />}
        {list.isPending && <SkeletonRows rows={10} />}
        {list.isError && jobs.length === 0 && <ErrorState error={list.error} retry={() => void refetch()} />}
        {!list.isPending && !list.isError && jobs.length === 0 && (
          <EmptyState icon={Activity} title={filtered ? "No run matches" : "Nothing ran yet"}>
            {filtered
              ? "Remove a filter or look further back."
              : "Runs of scripts and flows appear here as soon as they start."}
          </EmptyState>
        )}
        <ul className="divide-y divide-line">
          {jobs.map((job) => (
            <RunRow
              key={job.id}
              job={job}
              summary={summaries.get(`${job.job_kind}:${job.script_path}`)}
              picked={picked?.has(job.id)}
              onPick={picked ? () => setPicked(toggled(picked, job.id)) : undefined}
            />
          ))}
        </ul>
        {hasNextPage && (
          <div ref={end} className="flex justify-center border-t border-line py-3">
            <Button
              variant="ghost"
              size="sm"
              onClick={() => void fetchNextPage()}
              disabled={isFetchingNextPage}
            >
              {isFetchingNextPage && <LoaderCircle className="animate-spin" />} Older runs
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}
