import { queryOptions, useQueries, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { get } from "@/api/client";
import type { Job } from "@/api/types";
import { type FlowJob, stepResultQuery } from "@/features/flows/flows";
import { jobQuery } from "@/features/jobs/jobs";
import { jobStatus } from "@/features/jobs/status";
import type { LiveJob } from "@/features/jobs/use-job";
import {
  collectRuns,
  type KnownRun,
  type Picks,
  type StepRun,
  type StepState,
  suspendedStep,
  withCanceled,
} from "@/flow-graph/status";
import type { FlowValue } from "@/flow-graph/types";
import { findModule, isContainer } from "@/flow-graph/walk";

const REFRESH_MS = 1500;
// While a run waits for people nothing else happens.
const WAITING_MS = 6000;
const MANY = 1000;

/** The runs that a flow's run or one of its turns started, with how long they took. */
export const childJobsQuery = (workspace: string, parent: string) =>
  queryOptions({
    queryKey: ["w", workspace, "jobs", "children", parent],
    queryFn: ({ signal }) =>
      get<Job[]>(`/w/${workspace}/jobs/list`, { parent_job: parent, per_page: MANY }, signal),
  });

const STATES: Record<ReturnType<typeof jobStatus>, StepState> = {
  scheduled: "queued",
  queued: "queued",
  suspended: "suspended",
  running: "running",
  success: "success",
  failure: "failure",
  canceled: "canceled",
  skipped: "skipped",
};

export function knownRun(job: FlowJob): KnownRun {
  return { status: job.flow_status ?? null, state: STATES[jobStatus(job)] };
}

export type FlowRun = {
  live: LiveJob;
  job: FlowJob | undefined;
  value: FlowValue | null;
  runs: ReadonlyMap<string, StepRun>;
  durations: ReadonlyMap<string, number | null>;
  /** Child runs by their id, as far as they are in sight. */
  children: ReadonlyMap<string, Job>;
  picks: Picks;
  pick: (step: string, turn: number) => void;
  isRunning: boolean;
};

const dataOf = <T>(results: { data: T }[]): T[] => results.map((result) => result.data);
const NO_RUNS: ReadonlyMap<string, StepRun> = new Map();
const NO_IDS: string[] = [];

/** A flow's run with the states of its steps, down into the turns and branches that are looked at. */
export function useFlowRun(workspace: string, live: LiveJob, given?: FlowValue): FlowRun {
  const job = live.job as FlowJob | undefined;
  const id = job?.id ?? null;
  const value = job?.raw_flow ?? given ?? null;
  const isRunning = job?.type === "QueuedJob";
  const pace = useRef(REFRESH_MS);
  const [picks, setPicks] = useState<Picks>({});
  const [wanted, setWanted] = useState<string[]>(NO_IDS);

  const turns = useQueries({
    queries: wanted.map((child) => ({
      ...jobQuery(workspace, child),
      refetchInterval: (query: { state: { data?: Job } }) =>
        query.state.data?.type === "CompletedJob" ? (false as const) : pace.current,
    })),
    combine: dataOf,
  });
  const known = useMemo(() => {
    const found = new Map<string, KnownRun>();
    for (const turn of turns) if (turn) found.set(turn.id, knownRun(turn as FlowJob));
    return found;
  }, [turns]);

  const collected = useMemo(
    () => (value ? collectRuns(value, job?.flow_status ?? null, known, picks) : null),
    [value, job?.flow_status, known, picks],
  );
  const next = useMemo(() => [...(collected?.wanted ?? [])].sort(), [collected]);
  useEffect(() => {
    setWanted((before) => (before.join() === next.join() ? before : next));
  }, [next]);
  useEffect(() => {
    if (id !== null) setPicks({});
  }, [id]);

  // Only flows have children; a turn that is one script has none.
  const parents = [
    id,
    ...turns.filter((turn) => (turn as FlowJob | undefined)?.flow_status).map((turn) => turn?.id),
  ];
  const lists = useQueries({
    queries: parents
      .filter((parent): parent is string => Boolean(parent) && job !== undefined)
      .map((parent) => ({
        ...childJobsQuery(workspace, parent),
        // A canceled run has ended before what it started is gone.
        refetchInterval: (query: { state: { data?: Job[] } }) =>
          isRunning || query.state.data?.some((child) => child.type === "QueuedJob")
            ? pace.current
            : (false as const),
      })),
    combine: dataOf,
  });
  // What ended together with the run was seen running the last time.
  const client = useQueryClient();
  const wasRunning = useRef(false);
  useEffect(() => {
    if (wasRunning.current && !isRunning)
      void client.invalidateQueries({ queryKey: ["w", workspace, "jobs", "children"] });
    wasRunning.current = isRunning;
  }, [client, workspace, isRunning]);
  const children = useMemo(() => {
    const found = new Map<string, Job>();
    for (const list of lists) for (const child of list ?? []) found.set(child.id, child);
    for (const turn of turns) if (turn) found.set(turn.id, turn);
    return found;
  }, [lists, turns]);

  const runs = useMemo(
    () => (collected ? withCanceled(collected.runs, children, job) : NO_RUNS),
    [collected, children, job],
  );
  const waits = suspendedStep(runs) !== null;
  pace.current = waits ? WAITING_MS : REFRESH_MS;
  const durations = useMemo(() => {
    const found = new Map<string, number | null>();
    for (const [step, run] of runs) {
      const child = run.job ? children.get(run.job) : undefined;
      if (child?.type === "CompletedJob") found.set(step, child.duration_ms);
    }
    return found;
  }, [runs, children]);

  // Updates come by events; a slow look of its own is the safety net.
  const refetch = useRef(live.refetch);
  refetch.current = live.refetch;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => refetch.current(), waits ? WAITING_MS : REFRESH_MS * 2);
    return () => clearInterval(timer);
  }, [isRunning, waits]);

  return {
    live,
    job,
    value,
    runs,
    durations,
    children,
    picks,
    pick: (step, turn) => setPicks((before) => ({ ...before, [step]: turn })),
    isRunning,
  };
}

const RECORDED = 80;

/** The results that a finished run recorded, by step: those of turns are those of the turn that is looked at. */
export function useRecordedResults(workspace: string, run: FlowRun): Record<string, unknown> {
  const { value, job, runs } = run;
  const ended = [...runs]
    .filter(([, step]) => ["success", "skipped", "suspended"].includes(step.state))
    .slice(0, RECORDED);
  const results = useQueries({
    queries: ended.map(([step, { job: stepJob }]) => {
      const module = value ? findModule(value, step) : undefined;
      if (module && isContainer(module.value) && job) return stepResultQuery(workspace, job.id, step);
      return {
        queryKey: ["w", workspace, "jobs", "recorded", stepJob ?? ""],
        queryFn: async ({ signal }: { signal: AbortSignal }) => {
          const found = await get<Job>(`/w/${workspace}/jobs_u/get/${stepJob}`, { no_logs: true }, signal);
          return found.type === "CompletedJob" ? (found.result ?? null) : null;
        },
        enabled: stepJob !== null,
        staleTime: Number.POSITIVE_INFINITY,
        retry: false,
      };
    }),
    combine: dataOf,
  });
  const key = ended.map(([step]) => step).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for the list of steps
  return useMemo(
    () =>
      Object.fromEntries(
        ended.flatMap(([step], index) => (results[index] === undefined ? [] : [[step, results[index]]])),
      ),
    [key, results],
  );
}
