import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Check,
  CircleAlert,
  CirclePlay,
  type LucideIcon,
  RotateCcw,
  Sparkles,
  TriangleAlert,
} from "lucide-react";
import { useMemo, useState } from "react";
import { draftQuery } from "@/features/drafts/drafts";
import { readStoredFlow } from "@/features/flows/flow-draft";
import { flowQuery, previewFlow, restartFlow } from "@/features/flows/flows";
import { planRestart, type RestartFate, restartableSteps } from "@/flow-graph/restart";
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

const FATES: Record<RestartFate, { label: string; icon: LucideIcon; colour: string }> = {
  kept: { label: "Result kept", icon: Check, colour: "text-success" },
  "kept-changed": {
    label: "Result kept, though the step has changed",
    icon: TriangleAlert,
    colour: "text-warning",
  },
  "kept-partly": { label: "Finished turns kept", icon: RotateCcw, colour: "text-accent-text" },
  again: { label: "Runs again", icon: CirclePlay, colour: "text-accent-text" },
  new: { label: "New, runs", icon: Sparkles, colour: "text-accent-text" },
};

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
  const plan = planRestart(recorded, statuses, next, step, kept);

  const restart = useMutation({
    mutationFn: () => {
      const from = { step_id: step, ...(kept > 0 ? { branch_or_iteration_n: kept } : {}) };
      if (!job) return Promise.reject(new Error("The run is not known."));
      if (code === "draft" || job.job_kind === "flowpreview") {
        return previewFlow(workspace, {
          value: next,
          path: path || undefined,
          args: job.args ?? {},
          restarted_from: { flow_job_id: job.id, ...from },
        });
      }
      return restartFlow(workspace, job.id, {
        ...from,
        ...(code === "deployed" && deployed.data?.version_id !== undefined
          ? { flow_version: deployed.data.version_id }
          : {}),
      });
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
            disabled={!plan.ok}
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
        {plan.ok ? (
          <ol
            className="overflow-hidden rounded-lg border border-line"
            aria-label="What happens to each step"
          >
            {plan.lines.map((line) => {
              const { label, icon: Icon, colour } = FATES[line.fate];
              return (
                <li
                  key={line.module.id}
                  className="flex items-center gap-3 border-b border-line px-3 py-2 text-sm last:border-0"
                >
                  <span className="w-10 shrink-0 truncate font-mono text-xs text-faint">
                    {line.module.id}
                  </span>
                  <span className="min-w-0 flex-1 truncate">{stepTitle(line.module)}</span>
                  <span className={cn("flex items-center gap-1.5 text-xs", colour)}>
                    <Icon className="size-3.5" aria-hidden />
                    {line.fate === "kept-partly" ? `First ${line.turns} kept` : label}
                  </span>
                </li>
              );
            })}
          </ol>
        ) : (
          <p role="alert" className="flex gap-2 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
            <CircleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {plan.reason}
          </p>
        )}
      </div>
    </Dialog>
  );
}
