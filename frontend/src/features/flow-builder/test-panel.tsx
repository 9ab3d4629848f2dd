import { FlaskConical, History, Play, Square, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { Args } from "@/api/types";
import { ResumePanel } from "@/features/flow-run/resume-panel";
import type { FlowRun } from "@/features/flow-run/use-flow-run";
import { InputsPanel } from "@/features/inputs/inputs-panel";
import { RunArgsPicker } from "@/features/inputs/run-args-picker";
import { JobOutcome } from "@/features/jobs/job-panel";
import { cancelJob } from "@/features/jobs/jobs";
import { LogView } from "@/features/jobs/log-view";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { carryOver, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { focusFirstInvalid } from "@/ui/focus";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellError } from "@/ui/toast";
import { useDraft } from "./editor";

type Props = {
  run: FlowRun;
  /** The step at which the test ends; null runs the whole flow. */
  upTo: string | null;
  onUpTo: (id: string | null) => void;
  onTest: (args: Args) => Promise<void>;
  /** Receives the way to start a test, for the shortcut. */
  bind: (start: () => void) => void;
  onClose: () => void;
  /** Where the flow is deployed, whose inputs of runs and saved ones are offered; null for a new flow. */
  path: string | null;
  /** Fills the boxes with what the newest run of the deployed flow recorded. */
  onLastRun: (() => void) | null;
};

/** Runs the flow as it stands: form, log and result; the graph shows the steps meanwhile. */
export function FlowTestPanel({ run, upTo, onUpTo, onTest, bind, onClose, path, onLastRun }: Props) {
  const workspace = useWorkspace();
  const { schema } = useDraft();
  const [args, setArgs] = useState<Args>(() => initialArgs(schema));
  const [tab, setTab] = useState("form");
  const [tried, setTried] = useState(false);
  const [starting, setStarting] = useState(false);
  const before = useRef(schema ?? null);
  const errors = useMemo(() => validate(schema, args), [schema, args]);
  const running = starting || run.isRunning;

  useEffect(() => {
    if (!schema || schema === before.current) return;
    setArgs((known) => carryOver(before.current, schema, known));
    before.current = schema;
  }, [schema]);

  const start = () => {
    if (running) return;
    setTried(true);
    if (Object.keys(errors).length > 0) {
      flushSync(() => setTab("form"));
      focusFirstInvalid();
      return;
    }
    setStarting(true);
    onTest(sendable(args, schema))
      .catch(tellError)
      .finally(() => setStarting(false));
  };
  const latest = useRef(start);
  latest.current = start;
  useEffect(() => bind(() => latest.current()), [bind]);

  const use = (given: Args) => {
    setArgs(initialArgs(schema, given));
    setTab("form");
  };
  const { job } = run.live;
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <span className="inline-flex size-7 items-center justify-center rounded-md border border-line bg-sunken">
          <FlaskConical className="size-3.5 text-muted" aria-hidden />
        </span>
        <h2 className="flex-1 truncate px-1.5 text-sm font-semibold">
          {upTo ? (
            <>
              Test up to <span className="font-mono text-xs">{upTo}</span>
            </>
          ) : (
            "Test the flow"
          )}
        </h2>
        {upTo && (
          <Button size="sm" variant="ghost" onClick={() => onUpTo(null)}>
            Whole flow
          </Button>
        )}
        {running ? (
          <Button
            size="sm"
            variant="danger"
            disabled={!job}
            // The second click of a double one was meant for the button that stood here.
            onClick={(event) => job && event.detail < 2 && void cancelJob(workspace, job.id).catch(tellError)}
          >
            <Square /> Stop
          </Button>
        ) : (
          <Button size="sm" variant="primary" onClick={start} title="Ctrl+Enter">
            <Play /> {upTo ? "Test" : "Test flow"}
          </Button>
        )}
        <Button size="icon-sm" variant="ghost" aria-label="Close the test" onClick={onClose}>
          <X />
        </Button>
      </header>
      <div className="thin-scroll flex min-h-0 flex-1 flex-col gap-6 overflow-y-auto p-4">
        {Object.keys(schema?.properties ?? {}).length > 0 ? (
          <Tabs value={tab} onValueChange={setTab} className="-mt-2">
            <TabsList>
              <Tab value="form">Inputs</Tab>
              <Tab value="past">Past and saved</Tab>
            </TabsList>
            <TabPanel value="form" className="pt-4">
              <SchemaForm
                schema={schema}
                args={args}
                onArgs={setArgs}
                workspace={workspace}
                errors={tried ? errors : undefined}
              />
            </TabPanel>
            <TabPanel value="past" className="flex flex-col gap-5 pt-4">
              {path === null ? (
                <p className="text-sm text-muted">
                  Once the flow is deployed, inputs can be saved under a name, and those of its runs are
                  listed here.
                </p>
              ) : (
                <InputsPanel workspace={workspace} path={path} kind="FlowPath" args={args} onUse={use} />
              )}
              <section>
                <h3 className="mb-2 text-sm font-medium">Inputs of any run</h3>
                <RunArgsPicker workspace={workspace} onUse={use} />
              </section>
            </TabPanel>
          </Tabs>
        ) : (
          <p className="text-sm text-muted">
            The flow has no inputs. Add some in the box “Input” at the top of the graph.
          </p>
        )}
        {job && run.isRunning && <ResumePanel workspace={workspace} run={run} />}
        {job ? (
          <Tabs defaultValue="result" className="border-t border-line pt-2">
            <TabsList>
              <Tab value="result">Result</Tab>
              <Tab value="log">Log</Tab>
            </TabsList>
            <TabPanel value="result" className="pt-3">
              <JobOutcome workspace={workspace} live={run.live} />
            </TabPanel>
            <TabPanel value="log" className="pt-3">
              <LogView
                log={run.live.log}
                live={run.isRunning}
                className="h-64 overflow-hidden rounded-md border border-line"
              />
            </TabPanel>
          </Tabs>
        ) : (
          onLastRun && (
            <Button size="sm" variant="ghost" className="self-start" onClick={onLastRun}>
              <History /> Show the values of the last run
            </Button>
          )
        )}
      </div>
    </div>
  );
}
