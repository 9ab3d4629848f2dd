import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import {
  Ban,
  ChevronRight,
  Code2,
  Copy,
  Download,
  Ellipsis,
  Globe,
  Pencil,
  RotateCw,
  SearchX,
  SquareTerminal,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { isStatus } from "@/api/client";
import type { Job } from "@/api/types";
import { previewFlow, runFlow } from "@/features/flows/flows";
import { Arguments } from "@/features/jobs/arguments";
import { Elapsed } from "@/features/jobs/elapsed";
import { ProgressBar, StreamedResult } from "@/features/jobs/job-panel";
import {
  cancelJob,
  forceCancelJob,
  jobLogsUrl,
  queuePosition,
  runHash,
  runPreview,
  runScript,
} from "@/features/jobs/jobs";
import { LogView } from "@/features/jobs/log-view";
import { jobStatus, jobTitle, kindLabel, StatusBadge, StatusIcon } from "@/features/jobs/status";
import { useJob } from "@/features/jobs/use-job";
import { JobResult } from "@/features/results/job-result";
import { argsToHash } from "@/features/schema-form/values";
import { languageLabel } from "@/features/scripts/language";
import { useWorkspace } from "@/features/session/session";
import { ShareDialog, SharedBadge } from "@/features/sharing/share-dialog";
import type { FlowValue } from "@/flow-graph/types";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { useConfirm } from "@/ui/confirm";
import { CopyButton, copyText } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/menu";
import { Card, CardHeader, Facts } from "@/ui/page";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { bytes, duration, exactTime, RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";

const TasksCard = lazy(() => import("@/features/jobs/tasks-card"));
const UsageCard = lazy(() => import("@/features/jobs/usage-card"));
const FlowRunPart = lazy(() => import("@/features/flow-run/flow-run-part"));

function rerun(workspace: string, job: Job): Promise<string> {
  const args = job.args ?? {};
  if (job.job_kind === "preview" && job.raw_code) {
    return runPreview(workspace, {
      content: job.raw_code,
      language: job.language ?? "python3",
      path: job.script_path ?? undefined,
      args,
    });
  }
  if (job.job_kind === "flow" && job.script_path) return runFlow(workspace, job.script_path, args);
  if (job.job_kind === "flowpreview" && job.raw_flow) {
    return previewFlow(workspace, {
      value: job.raw_flow as FlowValue,
      path: job.script_path ?? undefined,
      args,
    });
  }
  if (job.script_path) return runScript(workspace, job.script_path, args);
  if (job.script_hash) return runHash(workspace, job.script_hash, args);
  return Promise.reject(new Error("This run does not say which script it ran."));
}

function Waiting({ workspace, job }: { workspace: string; job: Job }) {
  const at = job.type === "QueuedJob" ? job.scheduled_for : null;
  const position = useQuery({ ...queuePosition(workspace, at ?? ""), enabled: Boolean(at) });
  const later = at ? new Date(at).getTime() > Date.now() + 2000 : false;
  return (
    <p className="px-4 py-6 text-sm text-muted">
      {later && at
        ? `Starts ${exactTime(at)}.`
        : `Waiting for a worker that serves the tag “${job.tag}”${
            position.data?.position ? `; ${position.data.position} in the queue before it` : ""
          }.`}
    </p>
  );
}

function facts(job: Job, memPeak: number | null): [string, React.ReactNode][] {
  const list: [string, React.ReactNode][] = [
    ["Started by", job.created_by ?? "—"],
    [
      "Runs as",
      <span key="as" className="font-mono text-xs">
        {job.permissioned_as}
      </span>,
    ],
    ["Created", <RelativeTime key="created" at={job.created_at} />],
  ];
  if (job.type === "QueuedJob" && job.scheduled_for && !job.running) {
    list.push(["Scheduled", <RelativeTime key="scheduled" at={job.scheduled_for} />]);
  }
  if (job.started_at) {
    list.push(["Started", <RelativeTime key="started" at={job.started_at} />]);
    if (job.created_at) {
      const waited = new Date(job.started_at).getTime() - new Date(job.created_at).getTime();
      list.push(["Waited", duration(Math.max(0, waited))]);
    }
  }
  if (job.type === "CompletedJob") list.push(["Took", duration(job.duration_ms)]);
  if (memPeak) list.push(["Memory peak", bytes(memPeak * 1024)]);
  if (job.language) list.push(["Language", languageLabel(job.language)]);
  list.push(["Kind", kindLabel(job.job_kind)]);
  list.push(["Tag", <Badge key="tag">{job.tag}</Badge>]);
  if (job.worker)
    list.push([
      "Worker",
      <span key="worker" className="break-all font-mono text-xs">
        {job.worker}
      </span>,
    ]);
  if (job.isolation) list.push(["Isolation", job.isolation]);
  if (job.attempt && job.attempt > 1) list.push(["Attempt", job.attempt]);
  if (job.priority) list.push(["Priority", job.priority]);
  if (job.trigger_kind) list.push(["Trigger", job.trigger_kind]);
  if (job.labels?.length) {
    list.push([
      "Labels",
      <span key="labels" className="flex flex-wrap gap-1">
        {job.labels.map((label) => (
          <Badge key={label} tone="outline">
            {label}
          </Badge>
        ))}
      </span>,
    ]);
  }
  return list;
}

export default function RunPage() {
  const workspace = useWorkspace();
  const { id } = useParams({ strict: false }) as { id: string };
  const live = useJob(workspace, id);
  const navigate = useNavigate();
  const confirm = useConfirm();
  const [codeOpen, setCodeOpen] = useState(false);
  const [sharing, setSharing] = useState(false);
  const [waits, setWaits] = useState(false);
  const { job } = live;
  const again = useMutation({
    mutationFn: (which: Job) => rerun(workspace, which),
    onSuccess: (next) => void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id: next } }),
    onError: tellError,
  });
  const cancel = useMutation({
    mutationFn: () => cancelJob(workspace, id),
    onSuccess: () => {
      tellDone("Cancel requested");
      live.refetch();
    },
    onError: tellError,
  });
  const force = useMutation({
    mutationFn: () => forceCancelJob(workspace, id),
    onSuccess: () => live.refetch(),
    onError: tellError,
  });

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
      <div className="mx-auto max-w-[1280px] space-y-4 px-4 pt-6 sm:px-8" role="status" aria-label="Loading">
        <Skeleton className="h-8 w-80" />
        <Skeleton className="h-60" />
      </div>
    );
  }

  // A flow that waits inside a branch or a turn runs no more than one that waits itself.
  const known = jobStatus(job);
  const status = waits && known === "running" ? "suspended" : known;
  const running = job.type === "QueuedJob";
  const isScript = job.job_kind === "script" && job.script_path;
  const isFlow = job.job_kind === "flow" || job.job_kind === "flowpreview";
  const flowPath = job.job_kind === "flow" && !job.parent_job ? job.script_path : null;
  return (
    <div className="mx-auto w-full max-w-[1280px] px-4 pb-16 pt-5 sm:px-8">
      <nav aria-label="Breadcrumb" className="mb-1 flex items-center gap-1 text-xs text-muted">
        <Link to="/w/$workspace/runs" params={{ workspace }} className="hover:text-text">
          Runs
        </Link>
        <ChevronRight className="size-3" aria-hidden />
        <span className="truncate font-mono">{job.id}</span>
        <CopyButton text={job.id} label="Copy run id" className="size-5" />
      </nav>
      <header className="mb-5 flex flex-wrap items-center justify-between gap-3">
        <div className="flex min-w-0 items-center gap-3">
          <StatusIcon status={status} className="size-6" />
          <div className="min-w-0">
            <h1 className="break-words text-lg font-semibold leading-6">
              {isScript ? (
                <Link
                  to="/w/$workspace/scripts/$"
                  params={{ workspace, _splat: job.script_path ?? "" }}
                  className="hover:text-accent-text"
                >
                  {job.script_path}
                </Link>
              ) : flowPath ? (
                <Link
                  to="/w/$workspace/flows/$"
                  params={{ workspace, _splat: flowPath }}
                  className="hover:text-accent-text"
                >
                  {flowPath}
                </Link>
              ) : (
                jobTitle(job)
              )}
            </h1>
            <div className="flex flex-wrap items-center gap-2 text-xs text-muted">
              <StatusBadge
                status={status}
                label={status === "suspended" ? "Waiting for approval" : undefined}
              />
              <span className="tabular-nums">
                {job.type === "CompletedJob" ? (
                  duration(job.duration_ms)
                ) : (
                  <Elapsed since={job.started_at ?? job.created_at} />
                )}
              </span>
              <span>
                <RelativeTime at={job.created_at} /> by {job.created_by}
              </span>
              {!job.parent_job && (
                <SharedBadge workspace={workspace} run={job.id} onOpen={() => setSharing(true)} />
              )}
            </div>
          </div>
        </div>
        <div className="flex items-center gap-2">
          {running ? (
            <Button variant="danger" onClick={() => cancel.mutate()} busy={cancel.isPending}>
              <Ban /> Cancel
            </Button>
          ) : (
            <Button variant="primary" onClick={() => again.mutate(job)} busy={again.isPending}>
              <RotateCw /> Run again
            </Button>
          )}
          {(isScript || flowPath) && (
            <Button asChild>
              <Link
                to={flowPath ? "/w/$workspace/flows/$" : "/w/$workspace/scripts/$"}
                params={{ workspace, _splat: job.script_path ?? "" }}
                hash={argsToHash(job.args ?? {})}
              >
                <Pencil /> Change inputs
              </Link>
            </Button>
          )}
          <Menu>
            <MenuTrigger asChild>
              <Button variant="ghost" size="icon" aria-label="More actions">
                <Ellipsis />
              </Button>
            </MenuTrigger>
            <MenuContent>
              <MenuItem
                icon={<Copy />}
                onSelect={() => void copyText(window.location.href).then(() => tellDone("Link copied"))}
              >
                Copy link
              </MenuItem>
              {!job.parent_job && (
                <MenuItem icon={<Globe />} onSelect={() => setSharing(true)}>
                  Share publicly
                </MenuItem>
              )}
              {job.script_path && (
                <MenuItem
                  icon={<SquareTerminal />}
                  onSelect={() =>
                    void navigate({
                      to: "/w/$workspace/runs",
                      params: { workspace },
                      search: { path: job.script_path },
                    })
                  }
                >
                  All runs of it
                </MenuItem>
              )}
              {running && job.canceled && (
                <MenuItem
                  danger
                  icon={<Ban />}
                  onSelect={async () => {
                    const yes = await confirm({
                      title: "Force the end of this run?",
                      body: "It is recorded as canceled at once, even when its worker no longer answers.",
                      action: "Force cancel",
                    });
                    if (yes) force.mutate();
                  }}
                >
                  Force cancel
                </MenuItem>
              )}
            </MenuContent>
          </Menu>
        </div>
      </header>
      {sharing && <ShareDialog workspace={workspace} run={job.id} onClose={() => setSharing(false)} />}

      {isFlow && (
        <Suspense fallback={<Skeleton className="mb-4 h-96" />}>
          <FlowRunPart key={job.id} workspace={workspace} live={live} onWaits={setWaits} />
        </Suspense>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_300px]">
        <div className="flex min-w-0 flex-col gap-4">
          {job.canceled && (
            <p className="rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
              {running ? "Being canceled" : "Canceled"}
              {job.canceled_by ? ` by ${job.canceled_by}` : ""}
              {job.canceled_reason ? `: ${job.canceled_reason}` : "."}
            </p>
          )}
          <Card>
            <CardHeader title="Result" />
            {running && live.progress !== null && (
              <div className="px-4 pt-4">
                <ProgressBar value={live.progress} />
                <p className="mt-1 text-xs text-muted tabular-nums">{live.progress} %</p>
              </div>
            )}
            {running && live.stream && (
              <div className="p-4">
                <StreamedResult text={live.stream} />
              </div>
            )}
            {running &&
              !live.stream &&
              (status === "running" ? (
                <p className="px-4 py-6 text-sm text-muted">
                  {isFlow || (job.workflow_as_code_status && !job.worker)
                    ? "Its steps are running…"
                    : `Running on ${job.worker ?? "a worker"}…`}
                </p>
              ) : status === "suspended" ? (
                <p className="px-4 py-6 text-sm text-muted">
                  It goes on, and comes to a result, once approved.
                </p>
              ) : (
                <Waiting workspace={workspace} job={job} />
              ))}
            {job.type === "CompletedJob" && (
              <div className="p-4">
                {job.deleted ? (
                  <p className="text-sm text-muted">The result was deleted after use, as the script asks.</p>
                ) : (
                  <JobResult workspace={workspace} job={job} />
                )}
              </div>
            )}
          </Card>
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
            <LogView log={live.log} live={running} className="h-80" />
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
              {codeOpen && <CodeBlock text={job.raw_code} className="m-3" />}
            </Card>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Card>
            <CardHeader
              title="Arguments"
              actions={
                <CopyButton text={() => JSON.stringify(job.args ?? {}, null, 2)} label="Copy arguments" />
              }
            />
            <Arguments args={job.args} />
          </Card>
          <Card>
            <CardHeader title="Details" />
            <Facts items={facts(job, live.memPeak)} className="p-4" />
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
