import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Play, PlayCircle } from "lucide-react";
import { useState } from "react";
import type { Args } from "@/api/types";
import { StepRunView } from "@/features/flow-run/step-run";
import type { FlowRun } from "@/features/flow-run/use-flow-run";
import { runFlow } from "@/features/flows/flows";
import { JobOutcome } from "@/features/jobs/job-panel";
import { jobQuery, runPreview, runScript } from "@/features/jobs/jobs";
import { LogView } from "@/features/jobs/log-view";
import { takenFrom } from "@/features/jobs/sealed";
import { useJob } from "@/features/jobs/use-job";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { initialArgs, sendable } from "@/features/schema-form/values";
import { useWorkspace } from "@/features/session/session";
import { recordedNames } from "@/flow-graph/available";
import { transformsOf } from "@/flow-graph/checks";
import { evaluate } from "@/flow-graph/evaluate";
import type { FlowModule } from "@/flow-graph/types";
import { findModule } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { tellError } from "@/ui/toast";
import { useDraft, useEditorState } from "./editor";

/** The inputs that a step would get now, as far as the browser can work them out. */
function useInputsNow(module: FlowModule): Args {
  const draft = useDraft();
  const recorded = useEditorState((state) => state.recorded);
  const names = recordedNames(draft, module.id, recorded);
  const args: Args = {};
  for (const [name, transform] of Object.entries(transformsOf(module))) {
    if (transform.type === "static") args[name] = transform.value;
    else if (transform.type === "javascript") {
      const found = evaluate(transform.expr, names);
      if (found.ok && typeof found.value !== "function") args[name] = found.value;
    }
  }
  return args;
}

/** What the step was given in the run, where its expressions are still the same: also what only the server can make. */
function useInputsThen(module: FlowModule, run: FlowRun): { args: Args; job: string | null } {
  const workspace = useWorkspace();
  const job = run.runs.get(module.id)?.job ?? null;
  const given = useQuery({ ...jobQuery(workspace, job ?? ""), enabled: job !== null }).data?.args;
  const then = run.value ? findModule(run.value, module.id) : undefined;
  const before = then ? transformsOf(then) : {};
  const args: Args = {};
  for (const [name, transform] of Object.entries(transformsOf(module))) {
    const same = JSON.stringify(before[name]) === JSON.stringify(transform);
    if (same && transform.type === "javascript" && given && name in given) args[name] = given[name];
  }
  return { args, job };
}

function AloneTest({
  module,
  run,
  onResult,
}: {
  module: FlowModule;
  run: FlowRun;
  onResult: (result: unknown) => void;
}) {
  const workspace = useWorkspace();
  const { path } = useDraft();
  const schema = useEditorState((state) => state.schemas[module.id]);
  const now = useInputsNow(module);
  const then = useInputsThen(module, run);
  const [given, setGiven] = useState<Args>({});
  const [jobId, setJobId] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const live = useJob(workspace, jobId);
  const args = { ...initialArgs(schema, { ...then.args, ...now }), ...given };
  const { value } = module;
  const running = starting || live.job?.type === "QueuedJob";

  const start = () => {
    setStarting(true);
    const sent = sendable(args);
    const sealed = takenFrom(then.job, sent);
    const begun =
      value.type === "rawscript"
        ? runPreview(
            workspace,
            {
              content: value.content,
              language: value.language,
              path: `${path}/${module.id}`,
              args: sent,
              tag: value.tag,
            },
            sealed,
          )
        : value.type === "script"
          ? runScript(workspace, value.path, sent, sealed)
          : value.type === "flow"
            ? runFlow(workspace, value.path, sent, sealed)
            : Promise.reject(new Error("This step has nothing to run alone."));
    begun.then(setJobId, tellError).finally(() => setStarting(false));
  };
  const result = live.job?.type === "CompletedJob" && live.job.success ? live.job.result : undefined;
  return (
    <section className="flex flex-col gap-4 rounded-lg border border-line p-4">
      <div className="flex items-center gap-2">
        <FlaskConical className="size-4 text-faint" aria-hidden />
        <h3 className="flex-1 text-sm font-medium">This step alone</h3>
        <Button size="sm" variant="primary" onClick={start} busy={running}>
          {!running && <Play />} Test step
        </Button>
      </div>
      <p className="-mt-2 text-xs text-muted">
        Filled with what its inputs give now, else with what the last test gave it. Changes here are for this
        test only.
      </p>
      <SchemaForm schema={schema} args={args} onArgs={setGiven} workspace={workspace} />
      {jobId && (
        <>
          <JobOutcome workspace={workspace} live={live} />
          <LogView
            log={live.log}
            live={running}
            className="h-40 overflow-hidden rounded-md border border-line"
          />
          {result !== undefined && (
            <Button size="sm" className="self-start" onClick={() => onResult(result)}>
              Use as recorded result
            </Button>
          )}
        </>
      )}
    </section>
  );
}

/** The step's tab for testing: alone, up to here, and what the last test of the flow did. */
export function StepTest({
  module,
  run,
  onTestUpTo,
  onResult,
}: {
  module: FlowModule;
  run: FlowRun;
  onTestUpTo: (id: string) => void;
  onResult: (id: string, result: unknown) => void;
}) {
  const workspace = useWorkspace();
  const alone = ["rawscript", "script", "flow"].includes(module.value.type);
  return (
    <div className="flex flex-col gap-5">
      {run.job && (
        <section className="flex flex-col gap-3">
          <h3 className="text-xs font-medium text-muted">In the last test of the flow</h3>
          <StepRunView
            workspace={workspace}
            run={run}
            module={module}
            empty="The last test did not come to this step."
          />
        </section>
      )}
      <Button size="sm" className="self-start" onClick={() => onTestUpTo(module.id)}>
        <PlayCircle /> Test the flow up to here
      </Button>
      {alone && (
        <AloneTest
          key={module.id}
          module={module}
          run={run}
          onResult={(result) => onResult(module.id, result)}
        />
      )}
    </div>
  );
}
