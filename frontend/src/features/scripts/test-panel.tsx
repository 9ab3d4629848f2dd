import { Play, Square } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Args, InferredSchema, Schema } from "@/api/types";
import { InputsPanel } from "@/features/inputs/inputs-panel";
import { RunArgsPicker } from "@/features/inputs/run-args-picker";
import { cancelJob } from "@/features/jobs/jobs";
import { useJob } from "@/features/jobs/use-job";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { carryOver, initialArgs, sendable, validate } from "@/features/schema-form/values";
import { Button } from "@/ui/button";
import { focusFirstInvalid } from "@/ui/focus";
import { Split } from "@/ui/split";
import { Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellError } from "@/ui/toast";
import { SchemaEditor } from "./schema-editor";
import { TestOutput } from "./test-output";

type TestPanelProps = {
  workspace: string;
  language: string;
  /** Of the deployed script; null for one that was never deployed. */
  path: string | null;
  code: () => string;
  schema: Schema | null;
  inferred: InferredSchema | undefined;
  pending: boolean;
  /** Changes to the schema by hand. */
  onSchema: (schema: Schema) => void;
  /** Starts the code as it stands; resolves to the run's id. */
  onTest: (args: Args) => Promise<string>;
  /** Receives the way to start a test, for the editor's shortcut. */
  bind: (run: () => void) => void;
  onOpenLine?: (line: number) => void;
  /** Hears of the inputs as they are filled in. */
  onArgs?: (args: Args) => void;
};

type TestTab = "form" | "past" | "schema";

/** Form, inputs to start from, schema, log and result beside the code. */
export function TestPanel(props: TestPanelProps) {
  const { workspace, language, path, code, schema, inferred, pending, onSchema, onTest, bind } = props;
  const [args, setArgs] = useState<Args>(() => initialArgs(schema));
  const [runs, setRuns] = useState<readonly string[]>([]);
  const [starting, setStarting] = useState(false);
  const [tried, setTried] = useState(false);
  const [tab, setTab] = useState<TestTab>("form");
  const before = useRef<Schema | null>(schema);
  const jobId = runs[0] ?? null;
  const live = useJob(workspace, jobId);
  const errors = useMemo(() => validate(schema, args), [schema, args]);
  const running = starting || live.job?.type === "QueuedJob";

  useEffect(() => {
    if (!schema || schema === before.current) return;
    setArgs((current) => carryOver(before.current, schema, current));
    before.current = schema;
  }, [schema]);

  const { onArgs } = props;
  useEffect(() => onArgs?.(args), [args, onArgs]);

  const test = () => {
    if (running) return;
    setTried(true);
    if (Object.keys(errors).length > 0) {
      setTab("form");
      focusFirstInvalid();
      return;
    }
    setStarting(true);
    onTest(sendable(args, schema))
      .then((id) => setRuns((known) => [id, ...known].slice(0, 20)), tellError)
      .finally(() => setStarting(false));
  };
  const latest = useRef(test);
  latest.current = test;
  useEffect(() => bind(() => latest.current()), [bind]);

  const use = (given: Args) => {
    setArgs(initialArgs(schema, given));
    setTab("form");
  };
  const runnable = { source: "inline" as const, code: code(), language };
  const broken = inferred?.error;
  const form = (
    <Tabs
      value={tab}
      onValueChange={(next) => setTab(next as TestTab)}
      className="flex min-h-0 flex-1 flex-col"
    >
      <div className="flex items-center justify-between gap-2 border-b border-line px-4 pt-1">
        <TabsList className="border-0">
          <Tab value="form">Inputs</Tab>
          <Tab value="past">Past and saved</Tab>
          <Tab value="schema">Schema</Tab>
        </TabsList>
        <div className="flex items-center gap-2 pb-1">
          {pending && (
            <span className="size-1.5 animate-pulse rounded-full bg-accent" title="Reading the signature" />
          )}
          <Button
            size="sm"
            variant={running ? "danger" : "primary"}
            busy={starting}
            onClick={(event) => {
              if (!running) test();
              // The second click of a double one was meant for the button that stood here.
              else if (jobId && event.detail < 2) void cancelJob(workspace, jobId).catch(tellError);
            }}
            title={running ? undefined : "Ctrl+Enter"}
          >
            {running ? (
              <>{!starting && <Square />} Stop</>
            ) : (
              <>
                <Play /> Test
              </>
            )}
          </Button>
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
            errors={errors}
            showMissing={tried}
          />
        )}
      </TabPanel>
      <TabPanel value="past" className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4">
        <div className="flex flex-col gap-5">
          {path === null && (
            <p className="text-sm text-muted">
              Once the script is deployed, inputs can be saved under a name, and those of its runs are listed
              here.
            </p>
          )}
          {path !== null && <InputsPanel workspace={workspace} path={path} args={args} onUse={use} />}
          <section>
            <h3 className="mb-2 text-sm font-medium">Inputs of any run</h3>
            <RunArgsPicker workspace={workspace} onUse={use} />
          </section>
        </div>
      </TabPanel>
      <TabPanel value="schema" className="thin-scroll min-h-0 flex-1 overflow-y-auto">
        <SchemaEditor schema={schema} onSchema={onSchema} workspace={workspace} />
      </TabPanel>
    </Tabs>
  );
  return (
    <Split
      name="editor.test"
      direction="column"
      initial={48}
      first={form}
      second={
        <TestOutput
          workspace={workspace}
          live={live}
          jobId={jobId}
          previousId={runs[1] ?? null}
          running={running}
          onOpenLine={props.onOpenLine}
        />
      }
      className="flex-1 bg-surface"
    />
  );
}
