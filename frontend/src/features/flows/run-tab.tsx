import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { CalendarClock, Link2, Play } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import type { Args } from "@/api/types";
import { InputsPanel } from "@/features/inputs/inputs-panel";
import { jobListQuery } from "@/features/jobs/jobs";
import { jobStatus, StatusIcon } from "@/features/jobs/status";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { argsToHash, hashToArgs, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { copyText } from "@/ui/copy";
import { Field } from "@/ui/field";
import { focusFirstInvalid } from "@/ui/focus";
import { Input } from "@/ui/input";
import { Card, CardHeader } from "@/ui/page";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { duration, RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";
import { type Flow, type FlowRunOptions, runFlow, runFlowVersion } from "./flows";

const Markdown = lazy(() => import("@/features/results/markdown"));

function RunLater({ onRun, busy }: { onRun: (options: FlowRunOptions) => void; busy: boolean }) {
  const [at, setAt] = useState("");
  const [tag, setTag] = useState("");
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button
          variant="primary"
          size="lg"
          className="h-9 w-9 rounded-l-none border-l border-white/25 px-0"
          aria-label="Run later or elsewhere"
          disabled={busy}
        >
          <CalendarClock />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="flex w-72 flex-col gap-3">
        <Field label="Start at" optional>
          <Input type="datetime-local" value={at} onChange={(event) => setAt(event.target.value)} />
        </Field>
        <Field label="Tag" optional hint="Which workers run it.">
          <Input value={tag} onChange={(event) => setTag(event.target.value)} placeholder="flow" />
        </Field>
        <Button
          variant="primary"
          onClick={() =>
            onRun({ scheduled_for: at ? new Date(at).toISOString() : undefined, tag: tag || undefined })
          }
        >
          {at ? "Schedule" : "Run"}
        </Button>
      </PopoverContent>
    </Popover>
  );
}

function RecentRuns({ path }: { path: string }) {
  const workspace = useWorkspace();
  const list = useInfiniteQuery(jobListQuery(workspace, { path, kinds: "flow" }));
  const jobs = list.data?.pages[0]?.slice(0, 8) ?? [];
  if (jobs.length === 0) return null;
  return (
    <Card>
      <CardHeader
        title="Recent runs"
        actions={
          <Button variant="ghost" size="sm" asChild>
            <Link to="/w/$workspace/runs" params={{ workspace }} search={{ path }}>
              All
            </Link>
          </Button>
        }
      />
      <ul className="divide-y divide-line">
        {jobs.map((job) => (
          <li key={job.id}>
            <Link
              to="/w/$workspace/run/$id"
              params={{ workspace, id: job.id }}
              className="flex items-center gap-2.5 px-4 py-2 text-sm hover:bg-hover/60"
            >
              <StatusIcon status={jobStatus(job)} className="size-3.5" />
              <span className="min-w-0 flex-1 truncate text-muted">
                <RelativeTime at={job.created_at} /> by {job.created_by}
              </span>
              <span className="text-xs text-faint tabular-nums">
                {job.type === "CompletedJob" ? duration(job.duration_ms) : "…"}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** The form of a flow, with inputs used before and the runs of late. */
export function FlowRunTab({ flow, pinned }: { flow: Flow; pinned: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const { hash } = useLocation();
  const [args, setArgs] = useState<Args>(() => initialArgs(flow.schema, hashToArgs(hash)));
  const [tried, setTried] = useState(false);
  const errors = useMemo(() => validate(flow.schema, args), [flow.schema, args]);
  const invalid = Object.keys(errors).length > 0;
  const run = useMutation({
    mutationFn: (options: FlowRunOptions) =>
      pinned && flow.version_id !== undefined
        ? runFlowVersion(workspace, flow.version_id, sendable(args))
        : runFlow(workspace, flow.path, sendable(args), options),
    onSuccess: (id) => void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id } }),
    onError: tellError,
  });
  const start = (options: FlowRunOptions = {}) => {
    setTried(true);
    if (invalid) {
      focusFirstInvalid();
      return;
    }
    run.mutate(options);
  };
  const share = () => {
    const fragment = argsToHash(args);
    const url = `${window.location.origin}${window.location.pathname}${fragment ? `#${fragment}` : ""}`;
    void copyText(url).then(() => tellDone("Link copied", "It opens this form with the inputs filled in."));
  };
  const isEmpty = Object.keys(flow.schema?.properties ?? {}).length === 0;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_340px]">
      <div className="flex min-w-0 flex-col gap-4">
        {flow.description && (
          <Suspense fallback={null}>
            <Markdown text={flow.description} className="text-muted" />
          </Suspense>
        )}
        <Card>
          <form
            noValidate
            onSubmit={(event) => {
              event.preventDefault();
              start();
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) start();
            }}
          >
            <div className="p-4 sm:p-5">
              {isEmpty ? (
                <p className="text-sm text-muted">This flow asks for nothing.</p>
              ) : (
                <SchemaForm
                  schema={flow.schema}
                  args={args}
                  onArgs={setArgs}
                  workspace={workspace}
                  errors={tried ? errors : undefined}
                />
              )}
            </div>
            <footer className="flex flex-wrap items-center justify-between gap-3 border-t border-line px-4 py-3 sm:px-5">
              <Button variant="ghost" onClick={share}>
                <Link2 /> Share link
              </Button>
              <div className="flex items-center gap-3">
                {tried && invalid && <span className="text-xs text-danger">Check the marked inputs.</span>}
                <div className="flex">
                  <Button
                    type="submit"
                    variant="primary"
                    size="lg"
                    busy={run.isPending}
                    className={cn("h-9 text-sm", !pinned && "rounded-r-none")}
                  >
                    {!run.isPending && <Play />} Run
                  </Button>
                  {!pinned && <RunLater onRun={start} busy={run.isPending} />}
                </div>
              </div>
            </footer>
          </form>
        </Card>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <InputsPanel
          workspace={workspace}
          path={flow.path}
          kind="FlowPath"
          args={args}
          onUse={(given) => setArgs(initialArgs(flow.schema, given))}
        />
        <RecentRuns path={flow.path} />
      </div>
    </div>
  );
}
