import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Activity, Ban, ChartScatter, FilterX, ListFilter, LoaderCircle, RefreshCw } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import type { Job } from "@/api/types";
import { Elapsed } from "@/features/jobs/elapsed";
import { cancelJob, type JobFilter, jobListQuery, queueCountQuery } from "@/features/jobs/jobs";
import { jobStatus, jobTitle, kindLabel, StatusIcon, StatusWords } from "@/features/jobs/status";
import { membersQuery } from "@/features/people/members";
import { scriptsQuery } from "@/features/scripts/scripts";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { Combobox } from "@/ui/combobox";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, Skeleton, SkeletonRows } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { duration, RelativeTime } from "@/ui/time";

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

function RunRow({ job }: { job: Job }) {
  const workspace = useWorkspace();
  const status = jobStatus(job);
  const cancel = useChange({
    run: () => cancelJob(workspace, job.id),
    touches: [["w", workspace, "jobs", "list"]],
  });
  const active = job.type === "QueuedJob";
  return (
    <li className="group relative flex items-center gap-3 px-3 py-2 hover:bg-hover/60 sm:px-4">
      <StatusIcon status={status} />
      <div className="min-w-0 flex-1">
        <Link
          to="/w/$workspace/run/$id"
          params={{ workspace, id: job.id }}
          className="block truncate text-sm font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          {jobTitle(job)}
        </Link>
        <div className="flex items-center gap-1.5 truncate text-xs text-faint">
          <StatusWords status={status} className="sm:hidden" />
          <RelativeTime at={job.started_at ?? job.created_at} />
          <span className="truncate">by {job.created_by}</span>
        </div>
      </div>
      <div className="hidden max-w-56 items-center justify-end gap-1.5 overflow-hidden md:flex">
        {job.job_kind !== "script" && <Badge>{kindLabel(job.job_kind)}</Badge>}
        {job.trigger_kind && job.trigger_kind !== "ui" && <Badge tone="outline">{job.trigger_kind}</Badge>}
        {job.labels?.slice(0, 2).map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </div>
      <span className="hidden w-24 shrink-0 truncate text-right font-mono text-xs text-faint lg:block">
        {job.tag}
      </span>
      <span className="w-20 shrink-0 text-right text-xs text-muted tabular-nums">
        {job.type === "CompletedJob" ? (
          duration(job.duration_ms)
        ) : job.running ? (
          <Elapsed since={job.started_at} />
        ) : (
          "—"
        )}
      </span>
      <span className="relative z-10 hidden w-7 shrink-0 sm:block">
        {active && (
          <Button
            variant="danger-ghost"
            size="icon-sm"
            aria-label="Cancel this run"
            title="Cancel"
            busy={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            {!cancel.isPending && <Ban />}
          </Button>
        )}
      </span>
    </li>
  );
}

function MoreFilters({ search, set }: { search: RunsSearch; set: (change: Partial<RunsSearch>) => void }) {
  const workspace = useWorkspace();
  const members = useQuery(membersQuery(workspace));
  const count = [
    search.user,
    search.tag,
    search.label,
    search.kinds,
    search.trigger,
    search.args,
    search.result,
  ].filter(Boolean).length;
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button>
          <ListFilter /> Filters
          {count > 0 && <Badge tone="accent">{count}</Badge>}
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="grid w-80 grid-cols-2 gap-3">
        <Field label="User" className="col-span-2">
          <Combobox
            value={search.user ?? ""}
            onValue={(user) => set({ user: user || undefined })}
            options={(members.data ?? []).map((member) => ({ value: member.username, hint: member.email }))}
            placeholder="Anybody"
            clearable
            free
          />
        </Field>
        <Field label="Kind">
          <Select
            value={search.kinds ?? ""}
            onValue={(kinds) => set({ kinds: kinds || undefined })}
            options={[
              { value: "", label: "Runs and tests" },
              { value: "script", label: "Scripts" },
              { value: "flow", label: "Flows" },
              { value: "preview,flowpreview", label: "Tests" },
              { value: "steps", label: "Steps of flows" },
              { value: "dependencies", label: "Locks" },
              { value: "all", label: "Everything" },
            ]}
          />
        </Field>
        <Field label="Tag">
          <Input
            value={search.tag ?? ""}
            onChange={(event) => set({ tag: event.target.value || undefined })}
            placeholder="python3"
          />
        </Field>
        <Field label="Label">
          <Input
            value={search.label ?? ""}
            onChange={(event) => set({ label: event.target.value || undefined })}
          />
        </Field>
        <Field label="Trigger">
          <Select
            value={search.trigger ?? ""}
            onValue={(trigger) => set({ trigger: trigger || undefined })}
            options={[
              { value: "", label: "Any" },
              { value: "ui", label: "Person" },
              { value: "webhook", label: "Webhook" },
              { value: "schedule", label: "Schedule" },
            ]}
          />
        </Field>
        <Field label="Arguments contain" hint='JSON, as {"customer": "ACME"}' className="col-span-2">
          <Input
            defaultValue={search.args ?? ""}
            onBlur={(event) => set({ args: event.target.value.trim() || undefined })}
            className="font-mono text-xs"
          />
        </Field>
        <Field label="Result contains" className="col-span-2">
          <Input
            defaultValue={search.result ?? ""}
            onBlur={(event) => set({ result: event.target.value.trim() || undefined })}
            className="font-mono text-xs"
          />
        </Field>
      </PopoverContent>
    </Popover>
  );
}

export default function RunsPage() {
  const workspace = useWorkspace();
  const search = useSearch({ strict: false }) as RunsSearch;
  const navigate = useNavigate();
  const [now, setNow] = useState(Date.now());
  const [chart, setChart] = useState(localStorage.getItem("postmill.runs.chart") !== "off");
  const filter = useMemo(() => toFilter(search, now), [search, now]);
  const list = useInfiniteQuery({
    ...jobListQuery(workspace, filter),
    placeholderData: (previous) => previous,
  });
  const queue = useQuery(queueCountQuery(workspace));
  const scripts = useQuery(scriptsQuery(workspace));
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
      wide
      description={
        queue.data && queue.data.database_length > 0
          ? `${queue.data.database_length} waiting or running now.`
          : "Everything that ran in this workspace, newest first."
      }
      actions={
        <>
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
        <div className="w-full sm:w-72">
          <Combobox
            aria-label="Path"
            value={search.path ?? ""}
            onValue={(path) => set({ path: path || undefined })}
            options={(scripts.data ?? []).map((script) => ({ value: script.path }))}
            placeholder="Any script or path prefix"
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
          className="w-36"
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
      {chart && jobs.length > 0 && (
        <Card className="mb-3 p-2">
          <Suspense fallback={<Skeleton className="h-[150px]" />}>
            <DurationChart jobs={jobs} />
          </Suspense>
        </Card>
      )}
      <Card>
        {list.isPending && <SkeletonRows rows={10} />}
        {list.isError && jobs.length === 0 && <ErrorState error={list.error} retry={() => void refetch()} />}
        {!list.isPending && !list.isError && jobs.length === 0 && (
          <EmptyState icon={Activity} title={filtered ? "No run matches" : "Nothing ran yet"}>
            {filtered
              ? "Remove a filter or look further back."
              : "Runs of scripts appear here as soon as they start."}
          </EmptyState>
        )}
        <ul className="divide-y divide-line">
          {jobs.map((job) => (
            <RunRow key={job.id} job={job} />
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
