import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, CircleAlert, CirclePlay, type LucideIcon, RotateCcw, TriangleAlert } from "lucide-react";
import { Fragment, useMemo, useState } from "react";
import { draftQuery } from "@/features/drafts/drafts";
import { readStoredFlow } from "@/features/flows/flow-draft";
import {
  flowQuery,
  previewFlow,
  type RestartStepPlan,
  restartFlow,
  restartPlanQuery,
} from "@/features/flows/flows";
import { restartableSteps, stepsWithin } from "@/flow-graph/restart";
import type { FlowValue } from "@/flow-graph/types";
import { findModule, stepTitle } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { tellError } from "@/ui/toast";
import type { FlowRun } from "./use-flow-run";

type Code = "run" | "deployed" | "draft";

type Look = { label: string; icon: LucideIcon; colour: string };

function lookOf(plan: RestartStepPlan): Look {
  if (plan.fate === "kept" && plan.valid === false) {
    return { label: "Result kept, though outdated", icon: TriangleAlert, colour: "text-warning" };
  }
  if (plan.fate === "kept") return { label: "Result kept", icon: Check, colour: "text-success" };
  const label =
    plan.fate === "again" ? "Runs again" : plan.kept ? `First ${plan.kept} kept` : "Goes on inside";
  return {
    label,
    icon: plan.fate === "again" ? CirclePlay : RotateCcw,
    colour: "text-accent-text",
  };
}

// What the label says already.
const OBVIOUS = ["restart_point", "after_restart_point"];

/** What becomes of each step, and of those inside the part that goes on. */
function PlanLines({ plans, depth = 0 }: { plans: RestartStepPlan[]; depth?: number }) {
  return plans.map((plan) => {
    const { label, icon: Icon, colour } = lookOf(plan);
    const why = (plan.reasons ?? []).filter((reason) => !OBVIOUS.includes(reason.code));
    return (
      <Fragment key={plan.step_id}>
        <li
          className="flex items-start gap-3 border-b border-line px-3 py-2 text-sm last:border-0"
          style={{ paddingLeft: `${0.75 + depth * 1.25}rem` }}
        >
          <span className="w-20 shrink-0 truncate font-mono text-xs leading-5 text-faint">
            {plan.step_id}
          </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate">{plan.summary || plan.step_id}</span>
            {why.length > 0 && (
              <span className="block text-xs text-muted">{why.map((one) => one.message).join("; ")}</span>
            )}
          </span>
          <span className={cn("flex shrink-0 items-center gap-1.5 text-xs leading-5", colour)}>
            <Icon className="size-3.5" aria-hidden />
            {label}
          </span>
        </li>
        {plan.inner && <PlanLines plans={plan.inner} depth={depth + 1} />}
      </Fragment>
    );
  });
}

/** Starts a finished run again from one of its steps: with which code, and what that means for each step. */
export function RestartDialog({
  workspace,
  run,
  step: first,
  onClose,
}: {
  workspace: string;
  run: FlowRun;
  step: string;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const { job } = run;
  const path = job?.script_path ?? "";
  const recorded = run.value as FlowValue;
  const statuses = job?.flow_status?.modules ?? [];
  const possible = restartableSteps(recorded, statuses);
  const [step, setStep] = useState(possible.includes(first) ? first : (possible[possible.length - 1] ?? ""));
  const [turns, setTurns] = useState(0);
  const [within, setWithin] = useState("");
  const [code, setCode] = useState<Code>("run");
  const deployed = useQuery({ ...flowQuery(workspace, path), enabled: path !== "", retry: false });
  const draft = useQuery({ ...draftQuery(workspace, path, "flow"), enabled: path !== "", gcTime: 60_000 });
  const drafted = useMemo(() => readStoredFlow(draft.data?.value), [draft.data]);
  const next: FlowValue =
    code === "deployed" && deployed.data
      ? deployed.data.value
      : code === "draft" && drafted
        ? drafted.value
        : recorded;
  const module = findModule(next, step);
  const status = statuses.find((known) => known.id === step);
  const isSerial =
    (module?.value.type === "forloopflow" && !module.value.parallel) ||
    module?.value.type === "whileloopflow" ||
    (module?.value.type === "branchall" && module.value.parallel === false);
  const started = status?.flow_jobs?.length ?? 0;
  const kept = isSerial ? Math.min(turns, started) : 0;
  const isDraft = code === "draft";
  const inner = stepsWithin(module, status, kept);
  const innerStep = inner.some((known) => known.id === within) ? within : "";
  const from = {
    step_id: step,
    ...(kept > 0 ? { branch_or_iteration_n: kept } : {}),
    ...(code === "deployed" && deployed.data?.version_id !== undefined
      ? { flow_version: deployed.data.version_id }
      : {}),
    ...(innerStep ? { nested_path: [{ step_id: innerStep }] } : {}),
  };
  const planned = useQuery({
    ...restartPlanQuery(workspace, job?.id ?? "", from, isDraft ? next : undefined),
    enabled: job !== undefined && step !== "",
    placeholderData: keepPreviousData,
  });
  const plan = planned.data;
  const refusal = planned.error ? planned.error.message : plan && !plan.possible ? plan.reason : null;
  const outdated = plan?.steps.some((line) => line.fate === "kept" && line.valid === false);
  const earlier = plan?.earliest_outdated;

  const restart = useMutation({
    mutationFn: () => {
      if (!job) return Promise.reject(new Error("The run is not known."));
      if (isDraft || job.job_kind === "flowpreview") {
        return previewFlow(workspace, {
          value: next,
          path: path || undefined,
          args: job.args ?? {},
          restarted_from: {
            flow_job_id: job.id,
            step_id: step,
            ...(kept > 0 ? { branch_or_iteration_n: kept } : {}),
            ...(innerStep ? { nested: { step_id: innerStep } } : {}),
          },
        });
      }
      return restartFlow(workspace, job.id, from);
    },
    onSuccess: (id) => {
      onClose();
      void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id } });
    },
    onError: tellError,
  });

  const codes = [
    { value: "run", label: "As this run had it" },
    ...(deployed.data ? [{ value: "deployed", label: "As deployed now" }] : []),
    ...(drafted ? [{ value: "draft", label: "Your draft" }] : []),
  ];
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Restart from a step"
      description="A new run begins; results recorded before the step are taken over."
      width="560px"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            busy={restart.isPending}
            disabled={!plan?.possible || planned.isPlaceholderData}
            onClick={() => restart.mutate()}
          >
            {!restart.isPending && <RotateCcw />} Restart
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label="From step">
            <Select
              value={step}
              onValue={(id) => {
                setStep(id);
                setTurns(0);
              }}
              options={possible.map((id) => {
                const known = findModule(recorded, id);
                return { value: id, label: known ? `${id}: ${stepTitle(known)}` : id };
              })}
            />
          </Field>
          <Field label="With code">
            <Select value={code} onValue={(value) => setCode(value as Code)} options={codes} />
          </Field>
        </div>
        {isSerial && started > 0 && (
          <Field
            label={module?.value.type === "branchall" ? "From branch" : "From turn"}
            hint={`1 runs all again; ${started} turns were started.`}
          >
            <Input
              type="number"
              min={1}
              max={started + 1}
              value={turns + 1}
              onChange={(event) => {
                const chosen = event.target.valueAsNumber;
                if (chosen >= 1 && chosen <= started + 1) setTurns(Math.round(chosen) - 1);
              }}
            />
          </Field>
        )}
        {inner.length > 0 && (
          <Field label="Inside it, from step">
            <Select
              value={innerStep || "all"}
              onValue={(id) => setWithin(id === "all" ? "" : id)}
              options={[
                { value: "all", label: "The whole part" },
                ...inner.map((known) => ({ value: known.id, label: `${known.id}: ${stepTitle(known)}` })),
              ]}
            />
          </Field>
        )}
        {outdated && earlier && possible.includes(earlier) && earlier !== step && (
          <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
            Not all kept results are what these steps would come to now.
            <Button
              size="sm"
              onClick={() => {
                setStep(earlier);
                setTurns(0);
              }}
            >
              Begin at {earlier}
            </Button>
          </p>
        )}
        {refusal && (
          <p role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
            <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {refusal}
          </p>
        )}
        {plan ? (
          <ol
            className="overflow-hidden rounded-lg border border-line"
            aria-label="What happens to each step"
            aria-busy={planned.isFetching}
          >
            <PlanLines plans={plan.steps} />
          </ol>
        ) : (
          !refusal && <p className="text-sm text-muted">Comparing with what was recorded…</p>
        )}
      </div>
    </Dialog>
  );
}
