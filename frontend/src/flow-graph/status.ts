/** What a run did to each step: `flow_status` documents of a flow's run and of its turns, as states of boxes. */

import type { FlowModule, FlowValue } from "./types";
import { listsOf } from "./walk";

export type ModuleStatusType =
  | "WaitingForPriorSteps"
  | "WaitingForEvents"
  | "WaitingForExecutor"
  | "InProgress"
  | "Success"
  | "Failure";

export type ModuleStatus = {
  type: ModuleStatusType;
  id?: string;
  job?: string;
  count?: number;
  progress?: number;
  iterator?: { index?: number; itered?: unknown[]; itered_len?: number };
  flow_jobs?: string[];
  flow_jobs_success?: (boolean | null)[];
  flow_jobs_duration?: { started_at?: (string | null)[]; duration_ms?: (number | null)[] };
  branch_chosen?: { type: "branch" | "default"; branch?: number };
  branchall?: { branch: number; len: number };
  parallel?: boolean;
  while_loop?: boolean;
  approvers?: { resume_id: number; approver: string }[];
  failed_retries?: string[];
  skipped?: boolean;
  parent_module?: string;
};

export type FlowStatus = {
  step: number;
  modules: ModuleStatus[];
  failure_module?: ModuleStatus | null;
  preprocessor_module?: ModuleStatus | null;
  user_states?: Record<string, unknown>;
  retry?: { fail_count?: number; failed_jobs?: string[] };
  approval_conditions?: {
    user_auth_required: boolean;
    user_groups_required: string[];
    self_approval_disabled: boolean;
  } | null;
  restarted_from?: { flow_job_id?: string; step_id?: string; branch_or_iteration_n?: number } | null;
};

export type StepState =
  | "waiting"
  | "queued"
  | "running"
  | "suspended"
  | "success"
  | "failure"
  | "canceled"
  | "skipped";

export type StepRun = {
  state: StepState;
  /** The job whose log, arguments and result belong to the step; null before it starts. */
  job: string | null;
  status: ModuleStatus;
  /** The turn or branch in which the step lies; null in the flow itself. */
  within: string | null;
  /** How many approvals are awaited after it, while it is suspended. */
  awaited?: number;
};

const NIL = "00000000-0000-0000-0000-000000000000";

export function isRealJob(id: string | null | undefined): id is string {
  return Boolean(id) && id !== NIL;
}

const STATES: Record<ModuleStatusType, StepState> = {
  WaitingForPriorSteps: "waiting",
  WaitingForEvents: "waiting",
  WaitingForExecutor: "queued",
  InProgress: "running",
  Success: "success",
  Failure: "failure",
};

export function stateOf(status: ModuleStatus): StepState {
  if (status.type === "Success" && status.skipped) return "skipped";
  return STATES[status.type];
}

/** The run of a flow or of one turn, as far as it is known: its status and, of a turn of one script, its job. */
export type KnownRun = {
  status: FlowStatus | null;
  /** How the job itself ended, for turns that are one script without a flow around it. */
  state: StepState;
};

/** Which turn or branch of each container is looked at; absent means the newest. */
export type Picks = Record<string, number>;

/** The child that is looked at: the picked one, else the newest that exists. */
export function pickedChild(
  module: FlowModule,
  status: ModuleStatus,
  picks: Picks,
  list: number,
): string | null {
  const jobs = status.flow_jobs ?? [];
  if (module.value.type === "branchone") return isRealJob(status.job) ? status.job : null;
  if (module.value.type === "branchall") return isRealJob(jobs[list]) ? (jobs[list] ?? null) : null;
  const index = picks[module.id] ?? jobs.length - 1;
  const job = jobs[index] ?? (jobs.length === 0 ? status.job : undefined);
  return isRealJob(job) ? job : null;
}

type Collected = { runs: Map<string, StepRun>; wanted: Set<string> };

function collectList(
  modules: readonly FlowModule[],
  status: FlowStatus | null,
  known: ReadonlyMap<string, KnownRun>,
  picks: Picks,
  found: Collected,
  within: string | null,
): void {
  const byId = new Map((status?.modules ?? []).map((module) => [module.id, module]));
  for (const [index, module] of modules.entries()) {
    const own = byId.get(module.id) ?? status?.modules[index];
    if (!own || (own.id !== undefined && own.id !== module.id)) continue;
    // The step after an approval waits; a flow that ends with one has an invisible step for that.
    const next = status?.modules[index + 1];
    const waits = next?.type === "WaitingForEvents" && own.type === "Success";
    found.runs.set(module.id, {
      state: waits ? "suspended" : stateOf(own),
      // While people are waited for, the job named is that of the step before.
      job: isRealJob(own.job) && own.type !== "WaitingForEvents" ? own.job : null,
      status: own,
      within,
      ...(waits ? { awaited: next?.count ?? 1 } : {}),
    });
    for (const [list, inner] of listsOf(module).entries()) {
      if (module.value.type === "branchone" && !isChosen(own, list, module.value.branches.length)) continue;
      const child = pickedChild(module, own, picks, list);
      if (!child) continue;
      found.wanted.add(child);
      const run = known.get(child);
      if (!run) continue;
      const only = inner.modules[0];
      if (!run.status && only && inner.modules.length === 1) {
        found.runs.set(only.id, {
          state: run.state,
          job: child,
          status: {
            type: run.state === "failure" || run.state === "canceled" ? "Failure" : "Success",
            id: only.id,
            job: child,
          },
          within: child,
        });
      } else {
        collectList(inner.modules, run.status, known, picks, found, child);
        collectSpecial(run.status?.failure_module, found, child);
      }
    }
    settle(module, found.runs);
  }
}

/** What became of a special step; what fails inside a branch or turn is handled there. */
function collectSpecial(
  special: ModuleStatus | null | undefined,
  found: Collected,
  within: string | null,
): void {
  if (!special?.id || !isRealJob(special.job)) return;
  // In a nested flow the handler's id has a suffix; its box is the one of the flow.
  const id = special.id.startsWith("failure") ? "failure" : special.id;
  found.runs.set(id, { state: stateOf(special), job: special.job, status: special, within });
}

type Ended = { type: string; canceled?: boolean; success?: boolean };

/** In the status a step that was canceled counts as failed; the runs themselves tell which were. */
export function withCanceled(
  runs: Map<string, StepRun>,
  jobs: ReadonlyMap<string, Ended>,
  flow: Ended | undefined,
): Map<string, StepRun> {
  const canceled = [...runs].filter(([, run]) => {
    if (run.state !== "failure") return false;
    const own = run.job === null ? undefined : jobs.get(run.job);
    const around = run.within === null ? flow : jobs.get(run.within);
    // While people are waited for, the run that is named is that of the step before, which went well.
    return own?.type === "CompletedJob" && !own.success ? Boolean(own.canceled) : Boolean(around?.canceled);
  });
  if (canceled.length === 0) return runs;
  return new Map([...runs, ...canceled.map(([id, run]) => [id, { ...run, state: "canceled" }] as const)]);
}

/** A container in which somebody is waited for and nothing else happens waits itself. */
function settle(module: FlowModule, runs: Map<string, StepRun>): void {
  const own = runs.get(module.id);
  const lists = listsOf(module);
  if (own?.state !== "running" || own.status.parallel || lists.length === 0) return;
  const states = lists.flatMap((list) => list.modules.map((inner) => runs.get(inner.id)?.state));
  if (states.includes("suspended") && !states.includes("running")) {
    runs.set(module.id, { ...own, state: "suspended" });
  }
}

function isChosen(status: ModuleStatus, list: number, branches: number): boolean {
  const chosen = status.branch_chosen;
  if (!chosen) return false;
  return chosen.type === "default" ? list === branches : list === chosen.branch;
}

/**
 * The state of every step that is in sight, and the jobs that have to be known for it. Ask for the wanted
 * jobs and call again with what came: each call descends one level further.
 */
export function collectRuns(
  value: FlowValue,
  status: FlowStatus | null,
  known: ReadonlyMap<string, KnownRun>,
  picks: Picks,
): Collected {
  const found: Collected = { runs: new Map(), wanted: new Set() };
  collectList(value.modules, status, known, picks, found, null);
  collectSpecial(status?.failure_module, found, null);
  collectSpecial(status?.preprocessor_module, found, null);
  return found;
}

const LOUDEST: StepState[] = ["failure", "canceled", "suspended", "running", "queued"];

/** What became of steps that are drawn as one box; undefined while none of them began. */
export function runOfAll(
  ids: readonly string[],
  runs: ReadonlyMap<string, StepRun> | undefined,
): StepRun | undefined {
  const found = ids.flatMap((id) => runs?.get(id) ?? []);
  const loud = LOUDEST.find((state) => found.some((run) => run.state === state));
  if (loud) return found.find((run) => run.state === loud);
  const begun = found.filter((run) => run.state !== "waiting");
  return begun.find((run) => run.state === "success") ?? begun[0] ?? found[0];
}

/** `3 of 10`, for a loop or branches under way. */
export function progressOf(status: ModuleStatus): { done: number; total: number | null } | null {
  if (status.iterator) {
    const total = status.iterator.itered_len ?? status.iterator.itered?.length ?? null;
    const ended = (status.flow_jobs_success ?? []).filter((ok) => ok !== null && ok !== undefined).length;
    return { done: status.parallel ? (status.iterator.index ?? ended) : ended, total };
  }
  if (status.branchall) {
    const ended = (status.flow_jobs_success ?? []).filter((ok) => ok !== null && ok !== undefined).length;
    return { done: ended, total: status.branchall.len };
  }
  return null;
}

/** The step after which people are waited for, in the flow or in the turns that are in sight. */
export function suspendedStep(runs: ReadonlyMap<string, StepRun>): { id: string; run: StepRun } | null {
  // The innermost one: a container around it only waits for it.
  for (const [id, run] of [...runs].reverse()) if (run.state === "suspended") return { id, run };
  return null;
}
