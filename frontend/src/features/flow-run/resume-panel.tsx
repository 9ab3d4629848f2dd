import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CirclePause, ExternalLink } from "lucide-react";
import { useState } from "react";
import type { Args } from "@/api/types";
import { type Answer, ApprovalCard } from "@/features/approvals/approval-card";
import { answerAsMember, approvalQuery } from "@/features/approvals/approvals";
import { suspendedStep } from "@/flow-graph/status";
import { findModule, stepTitle } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { tellDone } from "@/ui/toast";
import type { FlowRun } from "./use-flow-run";

/** Shown while a run waits for people: what is asked, and the answers of those who may give one. */
export function ResumePanel({ workspace, run }: { workspace: string; run: FlowRun }) {
  const waiting = suspendedStep(run.runs);
  if (!waiting || !run.isRunning) return null;
  const step = run.value ? findModule(run.value, waiting.id) : undefined;
  // The branch or turn that waits, which may lie inside the flow.
  const id = waiting.run.within ?? run.job?.id ?? "";
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
      <div className="max-w-2xl px-4 py-3">
        <AnswerHere key={id} workspace={workspace} job={id} />
      </div>
    </section>
  );
}

function AnswerHere({ workspace, job }: { workspace: string; job: string }) {
  const client = useQueryClient();
  const approval = useQuery(approvalQuery(workspace, job));
  const [busy, setBusy] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const answer = async (which: Answer, payload: Args) => {
    setBusy(which);
    setProblem(null);
    try {
      await answerAsMember(workspace, job, which === "approve", payload);
      tellDone(which === "approve" ? "Approved" : "Rejected");
      await client.invalidateQueries({ queryKey: ["w", workspace] });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(null);
    }
  };
  if (approval.isPending) return null;
  if (approval.isError) {
    return <p className="text-sm text-muted">Somebody else has to answer it.</p>;
  }
  return (
    <ApprovalCard
      workspace={workspace}
      approval={approval.data}
      onAnswer={answer}
      busy={busy}
      problem={problem}
    />
  );
}
