import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Ban,
  ChevronRight,
  Copy,
  Ellipsis,
  Globe,
  Pencil,
  Play,
  RotateCw,
  SquareTerminal,
} from "lucide-react";
import { useState } from "react";
import type { Job } from "@/api/types";
import { FlowIcon } from "@/features/flows/flow-row";
import { flowQuery } from "@/features/flows/flows";
import { Elapsed } from "@/features/jobs/elapsed";
import { cancelJob, forceCancelJob, runJobNow } from "@/features/jobs/jobs";
import { isFlowRun, type JobStatus, jobTitle, StatusBadge, StatusIcon } from "@/features/jobs/status";
import { argsToHash } from "@/features/schema-form/values";
import { LanguageIcon } from "@/features/scripts/language";
import { scriptByHashQuery } from "@/features/scripts/scripts";
import { SharedBadge } from "@/features/sharing/share-dialog";
import { Button } from "@/ui/button";
import { ConfirmedItem } from "@/ui/confirm";
import { CopyButton, copyText } from "@/ui/copy";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/menu";
import { duration, RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";
import { rerun } from "./rerun";
import { endedBadly, ResolveDialog, ResolvedBadge, ResolveItem } from "./resolution";

type Props = {
  workspace: string;
  job: Job;
  status: JobStatus;
  refetch: () => void;
  onShare: () => void;
};

/** What is said of a run's script, in the version that ran, or of its flow; empty where nothing is, or may be, known. */
function useSummary(workspace: string, job: Job, flowPath: string | null): string {
  const hash = job.job_kind === "script" ? (job.script_hash ?? "") : "";
  const script = useQuery({ ...scriptByHashQuery(workspace, hash), enabled: hash !== "" });
  const flow = useQuery({ ...flowQuery(workspace, flowPath ?? ""), enabled: flowPath !== null });
  return (hash ? script.data?.summary : flow.data?.summary) ?? "";
}

/** What ran and how it stands, and what can be done with the run. */
export function RunHead({ workspace, job, status, refetch, onShare }: Props) {
  const navigate = useNavigate();
  const { id } = job;
  const again = useMutation({
    mutationFn: (which: Job) => rerun(workspace, which),
    onSuccess: (next) => void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id: next } }),
    onError: tellError,
  });
  const cancel = useMutation({
    mutationFn: () => cancelJob(workspace, id),
    onSuccess: () => {
      tellDone("Cancel requested");
      refetch();
    },
    onError: tellError,
  });
  const now = useMutation({
    mutationFn: () => runJobNow(workspace, id),
    onSuccess: () => refetch(),
    onError: tellError,
  });
  const [resolving, setResolving] = useState(false);
  const force = useMutation({
    mutationFn: () => forceCancelJob(workspace, id),
    onSuccess: () => refetch(),
    onError: tellError,
  });

  const running = job.type === "QueuedJob";
  const isScript = job.job_kind === "script" && job.script_path;
  const flowPath = job.job_kind === "flow" && !job.parent_job ? job.script_path : null;
  const summary = useSummary(workspace, job, flowPath ?? null);
  return (
    <>
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
          {isFlowRun(job) ? (
            <FlowIcon className="size-9" />
          ) : job.language ? (
            <LanguageIcon language={job.language} className="size-9" />
          ) : (
            <StatusIcon status={status} className="size-6" />
          )}
          <div className="min-w-0">
            <h1 className="break-words text-lg font-semibold leading-6">
              {isScript ? (
                <Link
                  to="/w/$workspace/scripts/$"
                  params={{ workspace, _splat: job.script_path ?? "" }}
                  className="hover:text-accent-text"
                >
                  {summary || job.script_path}
                </Link>
              ) : flowPath ? (
                <Link
                  to="/w/$workspace/flows/$"
                  params={{ workspace, _splat: flowPath }}
                  className="hover:text-accent-text"
                >
                  {summary || flowPath}
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
              <ResolvedBadge job={job} />
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
              {summary && <span className="truncate font-mono text-faint">{job.script_path}</span>}
              {!job.parent_job && <SharedBadge workspace={workspace} run={job.id} onOpen={() => onShare()} />}
            </div>
          </div>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {status === "scheduled" && (
            <Button onClick={() => now.mutate()} busy={now.isPending}>
              <Play /> Start now
            </Button>
          )}
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
                <MenuItem icon={<Globe />} onSelect={() => onShare()}>
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
              {endedBadly(job) && (
                <ResolveItem
                  workspace={workspace}
                  job={job}
                  refetch={refetch}
                  onAsk={() => setResolving(true)}
                />
              )}
              {running && job.canceled && (
                <ConfirmedItem
                  icon={<Ban />}
                  question={{
                    title: "Force the end of this run?",
                    body: "It is recorded as canceled at once, even when its worker no longer answers.",
                    action: "Force cancel",
                    otherwise: "Wait for it",
                  }}
                  onAgree={() => force.mutate()}
                >
                  Force cancel
                </ConfirmedItem>
              )}
            </MenuContent>
          </Menu>
        </div>
      </header>
      {resolving && endedBadly(job) && (
        <ResolveDialog
          workspace={workspace}
          job={job}
          refetch={refetch}
          onClose={() => setResolving(false)}
        />
      )}
    </>
  );
}
