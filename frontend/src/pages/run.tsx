import { Link, useParams } from "@tanstack/react-router";
import { Code2, Download, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { isStatus } from "@/api/client";
import type { Job } from "@/api/types";
import { Arguments } from "@/features/jobs/arguments";
import { jobLogsUrl } from "@/features/jobs/jobs";
import { LogView } from "@/features/jobs/log-view";
import { isFlowRun, jobStatus } from "@/features/jobs/status";
import { useJob } from "@/features/jobs/use-job";
import { runFacts } from "@/features/run-page/run-facts";
import { RunHead } from "@/features/run-page/run-head";
import { RunResult } from "@/features/run-page/run-result";
import { monacoLanguage } from "@/features/scripts/language";
import { useWorkspace } from "@/features/session/session";
import { ShareDialog } from "@/features/sharing/share-dialog";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { CodeBlock } from "@/ui/code-block";
import { CopyButton } from "@/ui/copy";
import { Card, CardHeader, Facts, FRAME } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";

const TasksCard = lazy(() => import("@/features/jobs/tasks-card"));
const UsageCard = lazy(() => import("@/features/jobs/usage-card"));
const FlowRunPart = lazy(() => import("@/features/flow-run/flow-run-part"));

/** Whether the result says already that the run was canceled, by whom and why. */
function saysThatCanceled(job: Job): boolean {
  if (job.type !== "CompletedJob" || typeof job.result !== "object" || job.result === null) return false;
  const { error } = job.result as { error?: { name?: unknown } | null };
  return error?.name === "Canceled";
}

export default function RunPage() {
  const workspace = useWorkspace();
  const { id } = useParams({ strict: false }) as { id: string };
  const live = useJob(workspace, id);
  const [codeOpen, setCodeOpen] = useState(false);
  const [sharing, setSharing] = useState(false);
  const [waits, setWaits] = useState(false);
  const { job } = live;
  if (live.error && !job) {
    return isStatus(live.error, 404, 400) ? (
      <EmptyState
        icon={SearchX}
        title="There is no such run"
        className="pt-32"
        action={
          <Button asChild>
            <Link to="/w/$workspace/runs" params={{ workspace }}>
              All runs
            </Link>
          </Button>
        }
      >
        It may have been deleted after its retention time, or you may not see it.
      </EmptyState>
    ) : (
      <ErrorState error={live.error} retry={live.refetch} className="pt-32" />
    );
  }
  if (!job) {
    return (
      <div className={cn(FRAME, "space-y-4")} role="status" aria-label="Loading">
        <Skeleton className="h-8 w-80" />
        <Skeleton className="h-60" />
      </div>
    );
  }

  // A flow that waits inside a branch or a turn runs no more than one that waits itself.
  const known = jobStatus(job);
  const status = waits && known === "running" ? "suspended" : known;
  const running = job.type === "QueuedJob";
  const isFlow = isFlowRun(job);
  return (
    <div className={FRAME}>
      <RunHead
        workspace={workspace}
        job={job}
        status={status}
        refetch={live.refetch}
        onShare={() => setSharing(true)}
      />
      {sharing && <ShareDialog workspace={workspace} run={job.id} onClose={() => setSharing(false)} />}

      {isFlow && (
        <Suspense fallback={<Skeleton className="mb-4 h-96" />}>
          <FlowRunPart key={job.id} workspace={workspace} live={live} onWaits={setWaits} />
        </Suspense>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_300px]">
        <div className="flex min-w-0 flex-col gap-4">
          {job.canceled && !saysThatCanceled(job) && (
            <p className="rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
              {running ? "Being canceled" : "Canceled"}
              {job.canceled_by ? ` by ${job.canceled_by}` : ""}
              {job.canceled_reason ? `: ${job.canceled_reason}` : "."}
            </p>
          )}
          <RunResult workspace={workspace} job={job} live={live} status={status} />
          <Card className="overflow-hidden">
            <CardHeader
              title="Log"
              actions={
                <>
                  <CopyButton text={() => live.log.text()} label="Copy log" />
                  <Button variant="ghost" size="icon-sm" aria-label="Download log" title="Download" asChild>
                    <a href={jobLogsUrl(workspace, id)} download={`${id}.log`}>
                      <Download />
                    </a>
                  </Button>
                </>
              }
            />
            <LogView log={live.log} live={running} className="max-h-96" />
          </Card>
          {job.workflow_as_code_status && (
            <Suspense fallback={null}>
              <TasksCard workspace={workspace} steps={job.workflow_as_code_status} />
            </Suspense>
          )}
          {job.started_at && (
            <Suspense fallback={null}>
              <UsageCard workspace={workspace} id={id} live={running} />
            </Suspense>
          )}
          {job.raw_code && (
            <Card>
              <CardHeader
                title="Code"
                actions={
                  <Button
                    variant="ghost"
                    size="sm"
                    onClick={() => setCodeOpen(!codeOpen)}
                    aria-expanded={codeOpen}
                  >
                    <Code2 /> {codeOpen ? "Hide" : "Show"}
                  </Button>
                }
              />
              {codeOpen && (
                <CodeBlock text={job.raw_code} language={monacoLanguage(job.language)} className="m-3" />
              )}
            </Card>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Card>
            <CardHeader
              title="Inputs"
              actions={
                <CopyButton text={() => JSON.stringify(job.args ?? {}, null, 2)} label="Copy inputs" />
              }
            />
            <Arguments args={job.args} />
          </Card>
          <Card>
            <CardHeader title="Details" />
            <Facts items={runFacts(job, live.memPeak)} className="p-4" />
            {job.parent_job && (
              <Link
                to="/w/$workspace/run/$id"
                params={{ workspace, id: job.parent_job }}
                className="block border-t border-line px-4 py-2.5 text-sm text-accent-text hover:bg-hover"
              >
                Started by another run
              </Link>
            )}
          </Card>
        </div>
      </div>
    </div>
  );
}
