import { Play, Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Args, InferredSchema, Schema } from "@/api/types";
import { JobOutcome } from "@/features/jobs/job-panel";
import { cancelJob } from "@/features/jobs/jobs";
import { LogView } from "@/features/jobs/log-view";
import { useJob } from "@/features/jobs/use-job";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { carryOver, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { focusFirstInvalid } from "@/ui/focus";
import { Split } from "@/ui/split";
import { Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellError } from "@/ui/toast";
import { SchemaTable } from "./schema-table";

type TestPanelProps = {
  workspace: string;
  language: string;
  code: () => string;
  schema: Schema | null;
  inferred: InferredSchema | undefined;
  pending: boolean;
  /** Starts the code as it stands; resolves to the run's id. */
  onTest: (args: Args) => Promise<string>;
  /** Receives the way to start a test, for the editor's shortcut. */
  bind: (run: () => void) => void;
};

/** Form, schema, log and result beside the code. */
export function TestPanel({
  workspace,
  language,
  code,
  schema,
  inferred,
  pending,
  onTest,
  bind,
}: TestPanelProps) {
  const [args, setArgs] = useState<Args>(() => initialArgs(schema));
  const [jobId, setJobId] = useState<string | null>(null);
  const [starting, setStarting] = useState(false);
  const [tried, setTried] = useState(false);
  const [output, setOutput] = useState<"result" | "log">("log");
  const before = useRef<Schema | null>(schema);
  const live = useJob(workspace, jobId);
  const errors = useMemo(() => validate(schema, args), [schema, args]);
  const running = starting || live.job?.type === "QueuedJob";
  const done = live.job?.type === "CompletedJob";

  useEffect(() => {
    if (!schema || schema === before.current) return;
    setArgs((current) => carryOver(before.current, schema, current));
    before.current = schema;
  }, [schema]);

  useEffect(() => {
    if (done) setOutput("result");
  }, [done]);

  const test = () => {
    if (running) return;
    setTried(true);
    if (Object.keys(errors).length > 0) {
      focusFirstInvalid();
      return;
    }
    setStarting(true);
    setOutput("log");
    onTest(sendable(args))
      .then(setJobId, tellError)
      .finally(() => setStarting(false));
  };
  const latest = useRef(test);
  latest.current = test;
  useEffect(() => bind(() => latest.current()), [bind]);

  const runnable = { source: "inline" as const, code: code(), language };
  const broken = inferred?.error;
  const form = (
    <Tabs defaultValue="form" className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center justify-between gap-2 border-b border-line px-4 pt-1">
        <TabsList className="border-0">
          <Tab value="form">Arguments</Tab>
          <Tab value="schema">Schema</Tab>
        </TabsList>
        <div className="flex items-center gap-2 pb-1">
          {pending && (
            <span className="size-1.5 animate-pulse rounded-full bg-accent" title="Reading the signature" />
          )}
          {running ? (
            <Button
              size="sm"
              variant="danger"
              onClick={() => jobId && void cancelJob(workspace, jobId).catch(tellError)}
              disabled={starting || !jobId}
            >
              <Square /> Stop
            </Button>
          ) : (
            <Button size="sm" variant="primary" onClick={test} title="Ctrl+Enter">
              <Play /> Test
            </Button>
          )}
        </div>
      </div>
      <TabPanel value="form" className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4">
        {broken && (
          <p role="alert" className="mb-4 rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
            {broken.line ? `Line ${broken.line}: ` : ""}
            {broken.message}
          </p>
        )}
        {inferred?.auto_kind === "lib" && (
          <p className="mb-4 rounded-md bg-sunken px-3 py-2 text-sm text-muted">
            There is no <code className="font-mono">main</code>: this can be imported by other scripts, not
            run.
          </p>
        )}
        {!schema && pending ? (
          <Skeleton className="h-24" />
        ) : (
          <SchemaForm
            schema={schema}
            args={args}
            onArgs={setArgs}
            workspace={workspace}
            runnable={runnable}
            errors={tried ? errors : undefined}
          />
        )}
      </TabPanel>
      <TabPanel value="schema" className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        <SchemaTable schema={schema} />
      </TabPanel>
    </Tabs>
  );
  const outcome = (
    <Tabs
      value={output}
      onValueChange={(next) => setOutput(next === "result" ? "result" : "log")}
      className="flex min-h-0 flex-1 flex-col"
    >
      <div className="flex items-center justify-between border-b border-line px-4 pt-1">
        <TabsList className="border-0">
          <Tab value="log">Log</Tab>
          <Tab value="result">Result</Tab>
        </TabsList>
        {running && <Badge tone="accent">Running</Badge>}
      </div>
      <TabPanel value="log" className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden">
        <LogView
          log={live.log}
          live={running}
          className="flex-1"
          empty={jobId ? undefined : "Test the script to see its log here (Ctrl+Enter)."}
        />
      </TabPanel>
      <TabPanel
        value="result"
        className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4 data-[state=inactive]:hidden"
      >
        {jobId ? (
          <JobOutcome workspace={workspace} live={live} />
        ) : (
          <p className="text-sm text-muted">Test the script to see its result here (Ctrl+Enter).</p>
        )}
      </TabPanel>
    </Tabs>
  );
  return (
    <Split
      name="editor.test"
      direction="column"
      initial={48}
      first={form}
      second={outcome}
      className="flex-1 bg-surface"
    />
  );
}
