import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, RotateCcw } from "lucide-react";
import { type ReactNode, useState } from "react";
import { STATE_LOOK, StateIcon } from "@/features/flow-canvas/run-look";
import { stepResultQuery } from "@/features/flows/flows";
import { Arguments } from "@/features/jobs/arguments";
import { Elapsed } from "@/features/jobs/elapsed";
import { StreamedResult } from "@/features/jobs/job-panel";
import { LogView } from "@/features/jobs/log-view";
import { useJob } from "@/features/jobs/use-job";
import { JobResult } from "@/features/results/job-result";
import { ResultToolsPlace, ResultView } from "@/features/results/result-view";
import { isRealJob, type StepRun } from "@/flow-graph/status";
import type { FlowModule } from "@/flow-graph/types";
import { isContainer, isLoop } from "@/flow-graph/walk";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/states";
import { bytes, duration } from "@/ui/time";
import { TurnPicker } from "./turn-picker";
import type { FlowRun } from "./use-flow-run";

function Block({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1.5 text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}

/** A result with its buttons beside the title. */
function ResultBlock({ title, children }: { title: string; children: ReactNode }) {
  const [tools, setTools] = useState<HTMLElement | null>(null);
  return (
    <section className="min-w-0">
      <div className="mb-1.5 flex min-h-7 items-center justify-between gap-2">
        <h3 className="text-xs font-medium text-muted">{title}</h3>
        <span ref={setTools} className="flex items-center gap-1" />
      </div>
      <ResultToolsPlace value={tools}>{children}</ResultToolsPlace>
    </section>
  );
}

/** One job of a flow: what it was given, what it said and what it gave. */
function JobOfStep({ workspace, id }: { workspace: string; id: string }) {
  const live = useJob(workspace, id);
  const { job } = live;
  if (!job) return <Skeleton className="h-40" />;
  const running = job.type === "QueuedJob";
  const hasLog = job.job_kind !== "identity";
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2 text-xs text-muted">
        <span className="tabular-nums">
          {job.type === "CompletedJob" ? (
            duration(job.duration_ms)
          ) : (
            <Elapsed since={job.started_at ?? job.created_at} />
          )}
          {live.memPeak ? ` · ${bytes(live.memPeak * 1024)}` : ""}
        </span>
        {job.worker && <span className="truncate font-mono text-2xs text-faint">{job.worker}</span>}
        <Button size="sm" variant="ghost" asChild className="ml-auto">
          <Link to="/w/$workspace/run/$id" params={{ workspace, id }}>
            Open run <ExternalLink />
          </Link>
        </Button>
      </div>
      <ResultBlock title="Result">
        {job.type === "CompletedJob" ? (
          <JobResult workspace={workspace} job={job} />
        ) : live.stream ? (
          <StreamedResult text={live.stream} />
        ) : (
          <p className="text-sm text-muted">It appears here when the step ends.</p>
        )}
      </ResultBlock>
      {hasLog && (
        <Block title="Log">
          <LogView
            log={live.log}
            live={running}
            className="max-h-72 overflow-hidden rounded-md border border-line"
          />
        </Block>
      )}
      <Block title="Inputs">
        <div className="overflow-hidden rounded-md border border-line">
          <Arguments args={job.args} />
        </div>
      </Block>
    </div>
  );
}

function ContainerResult({ workspace, flowJob, step }: { workspace: string; flowJob: string; step: string }) {
  const result = useQuery(stepResultQuery(workspace, flowJob, step));
  if (result.isPending) return <Skeleton className="h-20" />;
  if (result.isError) return <p className="text-sm text-muted">{result.error.message}</p>;
  return <ResultView value={result.data} name={step} />;
}

function Approvers({ run }: { run: StepRun }) {
  const approvers = run.status.approvers ?? [];
  if (approvers.length === 0) return null;
  return (
    <p className="text-sm text-muted">
      Approved by {approvers.map((known) => known.approver || "anonymous").join(", ")}.
    </p>
  );
}

/** Why there is no job of a step: it failed by its inputs, say, or by an approval that was refused. */
const NO_JOB: Partial<Record<StepRun["state"], string>> = {
  waiting: "The run has not come to this step.",
  failure: "It did not begin. The result of the run says why.",
};

/** What a run did to one step: the turn to look at, earlier tries, log, inputs and result. */
export function StepRunView({
  workspace,
  run,
  module,
  empty,
}: {
  workspace: string;
  run: FlowRun;
  module: FlowModule;
  empty: string;
}) {
  const step = run.runs.get(module.id);
  if (!step) return <p className="text-sm text-muted">{empty}</p>;
  const retries = step.status.failed_retries ?? [];
  const jobs = step.status.flow_jobs ?? [];
  const loop = isLoop(module.value);
  const container = isContainer(module.value);
  const turn = run.picks[module.id] ?? jobs.length - 1;
  const shown = loop ? jobs[turn] : step.job;
  const isTop = run.value?.modules.some((known) => known.id === module.id) ?? false;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <StateIcon state={step.state} />
        <span className="text-sm font-medium">{STATE_LOOK[step.state].label}</span>
        {retries.length > 0 && (
          <Badge tone="warning">
            <RotateCcw /> {retries.length} failed {retries.length === 1 ? "try" : "tries"} before
          </Badge>
        )}
      </div>
      <Approvers run={step} />
      {retries.length > 0 && (
        <p className="flex flex-wrap gap-x-3 text-xs text-muted">
          {retries.map((id, index) => (
            <Link
              key={id}
              to="/w/$workspace/run/$id"
              params={{ workspace, id }}
              className="text-accent-text hover:underline"
            >
              Try {index + 1}
            </Link>
          ))}
        </p>
      )}
      {loop && (
        <TurnPicker
          label="Turn"
          status={step.status}
          turn={turn}
          onTurn={(next) => run.pick(module.id, next)}
          isCanceled={(job) => run.children.get(job ?? "")?.canceled === true}
        />
      )}
      {container && isTop && run.job && ["success", "failure", "skipped"].includes(step.state) && (
        <ResultBlock title={loop ? "Result of all turns" : "Result"}>
          <ContainerResult workspace={workspace} flowJob={run.job.id} step={module.id} />
        </ResultBlock>
      )}
      {isRealJob(shown) && shown !== run.job?.id && module.value.type !== "branchall" && (
        <div className={container ? "border-t border-line pt-4" : undefined}>
          {container && <h3 className="mb-3 text-sm font-medium">{loop ? `Turn ${turn + 1}` : "Branch"}</h3>}
          <JobOfStep key={shown} workspace={workspace} id={shown} />
        </div>
      )}
      {!isRealJob(shown) && !container && (
        <p className="text-sm text-muted">{NO_JOB[step.state] ?? "There is no job to show."}</p>
      )}
    </div>
  );
}
