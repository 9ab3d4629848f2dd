import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isApproval } from "@/features/flow-canvas/step-look";
import { pathProblem } from "@/features/paths/path";
import { monacoLanguage, useLanguages } from "@/features/scripts/language";
import { useWorkspace } from "@/features/session/session";
import { type Problem, transformsOf } from "@/flow-graph/checks";
import { updateModule } from "@/flow-graph/edit";
import type { FlowModule, RawScriptValue, Transforms } from "@/flow-graph/types";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { Split } from "@/ui/split";
import { Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { changeStep } from "./commands";
import { BranchesPanel, ForLoopPanel, WhileLoopPanel } from "./control-panels";
import { type ChangeStep, useDraft, useFlowEditor } from "./editor";
import { Toggle } from "./fields";
import { StepHead } from "./step-head";
import { StepInputs } from "./step-inputs";
import { type StepSchema, useStepSchema } from "./step-schema";
import { StepSettings } from "./step-settings";

const CodeEditor = lazy(() => import("@/features/editor/code-editor"));

type PanelProps = {
  module: FlowModule;
  problems: readonly Problem[];
  onTestUpTo: (id: string) => void;
  onSave: () => void;
  /** Log, result and arguments of the step in the last test. */
  test: React.ReactNode;
};

function StepCode({
  module,
  value,
  onSave,
  onRun,
}: {
  module: FlowModule;
  value: RawScriptValue;
  onSave: () => void;
  onRun: () => void;
}) {
  const editor = useFlowEditor();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const pending = useRef<string | null>(null);
  const { id } = module;
  const workspace = useWorkspace();
  const { path } = useDraft();
  const flush = useCallback(() => {
    clearTimeout(timer.current);
    const content = pending.current;
    pending.current = null;
    if (content === null) return;
    editor.editValue(
      (flow) =>
        updateModule(flow, id, (known) =>
          known.value.type === "rawscript" ? { ...known, value: { ...known.value, content } } : known,
        ),
      `${id}:code`,
    );
  }, [editor, id]);
  // Keystrokes reach the flow only when they pause; leaving the step takes the rest along.
  useEffect(() => flush, [flush]);
  return (
    <Suspense fallback={<Skeleton className="m-3 h-[calc(100%-24px)]" />}>
      <CodeEditor
        key={id}
        value={value.content}
        language={monacoLanguage(value.language)}
        label={`Code of step ${id}`}
        help={pathProblem(path) ? undefined : { workspace, path: `${path}/${id}`, language: value.language }}
        onSave={() => {
          flush();
          onSave();
        }}
        onRun={() => {
          flush();
          onRun();
        }}
        onValue={(content) => {
          pending.current = content;
          clearTimeout(timer.current);
          timer.current = setTimeout(flush, 150);
        }}
      />
    </Suspense>
  );
}

function InputsTab({
  module,
  problems,
  found,
}: {
  module: FlowModule;
  problems: readonly Problem[];
  found: StepSchema;
}) {
  const editor = useFlowEditor();
  const direct = "pass_flow_input_directly" in module.value && module.value.pass_flow_input_directly;
  const setTransforms = (input_transforms: Transforms, field: string) =>
    changeStep(editor, module.id, { value: { ...module.value, input_transforms } as never }, field);
  return (
    <div className="flex flex-col gap-4">
      {found.problem && (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
          {found.problem}
        </p>
      )}
      {(module.value.type === "script" || module.value.type === "flow") && (
        <Toggle
          label="Takes the input of the flow as it is"
          checked={Boolean(direct)}
          onChecked={(on) =>
            changeStep(editor, module.id, {
              value: { ...module.value, pass_flow_input_directly: on || undefined } as never,
            })
          }
        />
      )}
      {!direct && (
        <StepInputs
          step={module.id}
          schema={found.schema}
          isPending={found.isPending}
          transforms={transformsOf(module)}
          problems={problems}
          onTransforms={setTransforms}
        />
      )}
    </div>
  );
}

function Called({ module }: { module: FlowModule }) {
  const workspace = useWorkspace();
  const { value } = module;
  if (value.type !== "script" && value.type !== "flow") return null;
  const isFlow = value.type === "flow";
  return (
    <div className="flex items-center gap-2 border-b border-line bg-sunken/60 px-4 py-2 text-xs">
      <span className="min-w-0 flex-1 truncate font-mono text-muted">{value.path || "Nothing chosen"}</span>
      {value.path && (
        <Button variant="ghost" size="sm" asChild>
          <Link
            to={isFlow ? "/w/$workspace/flows/$" : "/w/$workspace/scripts/$"}
            params={{ workspace, _splat: value.path }}
            target="_blank"
          >
            Open <ExternalLink />
          </Link>
        </Button>
      )}
    </div>
  );
}

/** A step beside the graph: its code, its inputs, its settings and its last test. */
export function StepPanel({ module, problems, onTestUpTo, onSave, test }: PanelProps) {
  const editor = useFlowEditor();
  const workspace = useWorkspace();
  const languages = useLanguages();
  const found = useStepSchema(workspace, module);
  const own = useMemo(() => problems.filter((problem) => problem.step === module.id), [problems, module.id]);
  const { value, id } = module;
  const onChange: ChangeStep = (change, field) => changeStep(editor, id, change, field);
  const isCode = value.type === "rawscript";
  const hasInputs = isCode || value.type === "script" || value.type === "flow";
  const hasControl = ["forloopflow", "whileloopflow", "branchone", "branchall"].includes(value.type);
  const [tab, setTab] = useState(
    hasControl ? "control" : hasInputs && !isApproval(module) ? "inputs" : "settings",
  );
  const inputErrors = own.filter((problem) => problem.field === "input").length;

  const tabs = (
    <Tabs value={tab} onValueChange={setTab} className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-4 pt-1">
        <TabsList className="flex-1 border-0">
          {hasControl && <Tab value="control">{value.type.startsWith("branch") ? "Branches" : "Loop"}</Tab>}
          {hasInputs && (
            <Tab value="inputs" count={inputErrors || undefined}>
              Inputs
            </Tab>
          )}
          <Tab value="settings">Settings</Tab>
          <Tab value="test">Test</Tab>
        </TabsList>
        {isCode && (
          <Select
            aria-label="Language of the step"
            value={value.language}
            onValue={(language) => onChange({ value: { ...value, language } })}
            options={languages}
            className="mb-1 h-7 w-32 text-xs"
          />
        )}
      </div>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4">
        {hasControl && (
          <TabPanel value="control">
            {value.type === "forloopflow" && (
              <ForLoopPanel module={module} value={value} onChange={onChange} problems={own} />
            )}
            {value.type === "whileloopflow" && (
              <WhileLoopPanel module={module} value={value} onChange={onChange} problems={own} />
            )}
            {(value.type === "branchone" || value.type === "branchall") && (
              <BranchesPanel module={module} value={value} onChange={onChange} problems={own} />
            )}
          </TabPanel>
        )}
        {hasInputs && (
          <TabPanel value="inputs">
            <InputsTab module={module} problems={own} found={found} />
          </TabPanel>
        )}
        <TabPanel value="settings">
          <StepSettings module={module} onChange={onChange} problems={own} />
        </TabPanel>
        <TabPanel value="test">{test}</TabPanel>
      </div>
    </Tabs>
  );
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface" data-step-panel={id}>
      <StepHead module={module} onTestUpTo={onTestUpTo} />
      <Called module={module} />
      {isCode ? (
        <Split
          name="flow.step"
          direction="column"
          initial={46}
          className="flex-1"
          first={<StepCode module={module} value={value} onSave={onSave} onRun={() => setTab("test")} />}
          second={tabs}
        />
      ) : (
        tabs
      )}
    </div>
  );
}
