import { Flag, Play } from "lucide-react";
import type { FlowRun } from "@/features/flow-run/use-flow-run";
import { JobOutcome } from "@/features/jobs/job-panel";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";

/** What the flow gives: the result of its last step. */
export function ResultPanel({ run, onTest }: { run: FlowRun; onTest: () => void }) {
  const workspace = useWorkspace();
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <span className="inline-flex size-7 items-center justify-center rounded-md border border-line bg-sunken">
          <Flag className="size-3.5 text-muted" aria-hidden />
        </span>
        <h2 className="flex-1 px-1.5 text-sm font-semibold">Result of the flow</h2>
      </header>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4">
        <p className="mb-4 text-sm text-muted">The result of the last step is the result of the flow.</p>
        {run.job ? (
          <JobOutcome workspace={workspace} live={run.live} />
        ) : (
          <Button size="sm" onClick={onTest}>
            <Play /> Test the flow
          </Button>
        )}
      </div>
    </div>
  );
}
