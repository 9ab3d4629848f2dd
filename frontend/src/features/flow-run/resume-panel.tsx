import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, CirclePause, ExternalLink, X } from "lucide-react";
import { useState } from "react";
import type { Args } from "@/api/types";
import { resumeAsOwner } from "@/features/approvals/approvals";
import { cancelJob } from "@/features/jobs/jobs";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { initialArgs, sendable, validate } from "@/features/schema-form/values";
import { suspendedStep } from "@/flow-graph/status";
import { findModule, stepTitle } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { tellDone, tellError } from "@/ui/toast";
import type { FlowRun } from "./use-flow-run";

/** Shown while a run waits for people: the form, and the ways to let it go on or end it. */
export function ResumePanel({ workspace, run }: { workspace: string; run: FlowRun }) {
  const client = useQueryClient();
  const waiting = suspendedStep(run.runs);
  const step = waiting && run.value ? findModule(run.value, waiting.id) : undefined;
  const schema = step?.suspend?.resume_form?.schema ?? null;
  const [args, setArgs] = useState<Args | null>(null);
  const [tried, setTried] = useState(false);
  const given = args ?? initialArgs(schema);
  const errors = validate(schema, given);
  // The branch or turn that waits, which may lie inside the flow.
  const id = waiting?.run.within ?? run.job?.id ?? "";
  const again = () => void client.invalidateQueries({ queryKey: ["w", workspace, "jobs"] });
  const resume = useMutation({
    mutationFn: () => resumeAsOwner(workspace, id, sendable(given)),
    onSuccess: () => {
      tellDone("The run goes on");
      again();
    },
    onError: tellError,
  });
  const reject = useMutation({
    mutationFn: () => cancelJob(workspace, run.job?.id ?? id, "rejected"),
    onSuccess: again,
    onError: tellError,
  });
  if (!waiting || !run.isRunning) return null;
  const left = waiting.run.awaited ?? 1;
  return (
    <section className="rounded-lg border border-warning-solid/40 bg-warning-soft/60" aria-label="Approval">
      <header className="flex items-start gap-2.5 px-4 pt-3">
        <CirclePause className="mt-0.5 size-4 shrink-0 text-warning" aria-hidden />
        <div className="min-w-0 flex-1">
          <h3 className="text-sm font-semibold">
            Waiting for {left === 1 ? "an approval" : `${left} approvals`}
          </h3>
          {step && (
            <p className="text-xs text-muted">
              After {stepTitle(step)} ({step.id}).
            </p>
          )}
        </div>
        <Button size="sm" variant="ghost" asChild>
          <a href={`/approve/${workspace}/${id}`} target="_blank" rel="noreferrer">
            Approval page <ExternalLink />
          </a>
        </Button>
      </header>
      <div className="flex flex-col gap-3 px-4 py-3">
        {schema && Object.keys(schema.properties ?? {}).length > 0 && (
          <SchemaForm
            schema={schema}
            args={given}
            onArgs={setArgs}
            workspace={workspace}
            errors={tried ? errors : undefined}
          />
        )}
        <div className="flex gap-2">
          <Button
            size="sm"
            variant="primary"
            busy={resume.isPending}
            onClick={() => {
              setTried(true);
              if (Object.keys(errors).length === 0) resume.mutate();
            }}
          >
            {!resume.isPending && <Check />} Approve
          </Button>
          <Button size="sm" variant="danger-ghost" busy={reject.isPending} onClick={() => reject.mutate()}>
            <X /> Cancel the run
          </Button>
        </div>
      </div>
    </section>
  );
}
