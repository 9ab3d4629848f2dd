import { Link } from "@tanstack/react-router";
import { CornerUpLeft } from "lucide-react";
import { useEffect } from "react";
import type { LiveJob } from "@/features/jobs/use-job";
import { useCanDevelop } from "@/features/session/session";
import { suspendedStep } from "@/flow-graph/status";
import { FlowRunView } from "./flow-run-view";
import { ResumePanel } from "./resume-panel";
import { useFlowRun } from "./use-flow-run";

/** What the page of a run shows when a flow ran: who is waited for, and its steps. */
export default function FlowRunPart({
  workspace,
  live,
  onWaits,
}: {
  workspace: string;
  live: LiveJob;
  /** Told whether somebody is waited for, be it deep inside a branch. */
  onWaits: (waits: boolean) => void;
}) {
  const run = useFlowRun(workspace, live);
  const waits = run.isRunning && suspendedStep(run.runs) !== null;
  useEffect(() => onWaits(waits), [onWaits, waits]);
  const develop = useCanDevelop();
  const from = run.job?.flow_status?.restarted_from;
  return (
    <div className="mb-4 flex flex-col gap-4">
      {from?.flow_job_id && (
        <p className="flex items-center gap-2 text-sm text-muted">
          <CornerUpLeft className="size-4 text-faint" aria-hidden />
          <span>
            Restarted from step <span className="font-mono text-xs">{from.step_id}</span> of{" "}
            <Link
              to="/w/$workspace/run/$id"
              params={{ workspace, id: from.flow_job_id }}
              className="text-accent-text hover:underline"
            >
              an earlier run
            </Link>
            .
          </span>
        </p>
      )}
      <ResumePanel workspace={workspace} run={run} />
      <FlowRunView workspace={workspace} run={run} canRestart={develop && !run.job?.parent_job} />
    </div>
  );
}
