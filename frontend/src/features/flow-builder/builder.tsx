import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { get } from "@/api/client";
import type { Args, Job } from "@/api/types";
import { useAutosave } from "@/features/drafts/use-autosave";
import { useFlowRun, useRecordedResults } from "@/features/flow-run/use-flow-run";
import { type FlowDraft, toNewFlow } from "@/features/flows/flow-draft";
import { createFlow, type Flow, flowQuery, previewFlow, updateFlow } from "@/features/flows/flows";
import { jobListParams } from "@/features/jobs/jobs";
import { useJob } from "@/features/jobs/use-job";
import { pathProblem } from "@/features/paths/path";
import { NewerVersion, refuseNewer, useDeployed } from "@/features/runnables/deployed";
import { useWorkspace } from "@/features/session/session";
import { findGroup } from "@/flow-graph/groups";
import { RESULT_NODE } from "@/flow-graph/layout";
import { newFailureStep, newPreprocessorStep } from "@/flow-graph/new-step";
import { parseOpenFlow } from "@/flow-graph/openflow";
import { truncateAfter } from "@/flow-graph/truncate";
import type { Place } from "@/flow-graph/types";
import { findModule } from "@/flow-graph/walk";
import { focusFirstField } from "@/ui/focus";
import { Split } from "@/ui/split";
import { Segmented } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";
import { BuilderCanvas } from "./builder-canvas";
import { BuilderHead } from "./builder-head";
import { addStep, openDocument } from "./commands";
import { DeployFlowDialog } from "./deploy-flow-dialog";
import { EditorProvider, FlowEditor, useDraft, useFlowEditor, useOpened } from "./editor";
import { FileDrop } from "./file-drop";
import { FindDialog } from "./find-dialog";
import { FlowSettings } from "./flow-settings";
import { GroupPanel } from "./group-panel";
import { InputPanel } from "./input-panel";
import { ResultPanel } from "./result-panel";
import { SchemaLoader } from "./schema-loader";
import { type Chosen, StepChooser } from "./step-chooser";
import { FAILURE_CODE, PREPROCESSOR_CODE } from "./step-code";
import { StepPanel } from "./step-panel";
import { StepTest } from "./step-test";
import { FlowTestPanel } from "./test-panel";
import { useFlowProblems, worstByStep } from "./use-problems";

const YamlView = lazy(() => import("./yaml-view").then((module) => ({ default: module.YamlView })));

export type BuilderStart = { draft: FlowDraft; deployed: Flow | null; savedAt: string | null };

/** The page on which a flow is built. */
export function Builder({ start, isNew }: { start: BuilderStart; isNew: boolean }) {
  const [editor] = useState(() => new FlowEditor(start.draft));
  return (
    <EditorProvider value={editor}>
      <Workbench start={start} isNew={isNew} />
    </EditorProvider>
  );
}

function Workbench({ start, isNew }: { start: BuilderStart; isNew: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const editor = useFlowEditor();
  const draft = useDraft();
  const opened = useOpened();
  const deployedQuery = flowQuery(workspace, start.deployed?.path ?? "");
  const deployed = useDeployed(deployedQuery, start.deployed);
  const [inserting, setInserting] = useState<Place | null>(null);
  const [open, setOpen] = useState<"settings" | "deploy" | "find" | null>(null);
  const [view, setView] = useState<"graph" | "yaml">("graph");
  const [broughtIn, setBroughtIn] = useState<string | null>(null);
  const [isTesting, setTesting] = useState(false);
  const [upTo, setUpTo] = useState<string | null>(null);
  const [testJob, setTestJob] = useState<string | null>(null);
  const [side, setSide] = useState<"graph" | "panel">("graph");
  const [wide] = useState(() => window.matchMedia("(min-width: 1024px)").matches);
  const panel = useRef<HTMLDivElement>(null);

  const autosave = useAutosave(workspace, () => ({ path: editor.draft.path, value: editor.draft }), "flow");
  const { touch, opened: found, save, discard, state: saved } = autosave;
  useEffect(() => found(start.savedAt, start.draft.path), [found, start]);
  useEffect(() => {
    editor.onEdit = touch;
  }, [editor, touch]);
  // A new flow keeps the path of its draft in the address, so that a reload finds it again.
  useEffect(() => {
    if (!isNew || saved !== "saved") return;
    void navigate({
      to: "/w/$workspace/flows/add",
      params: { workspace },
      search: (previous: Record<string, unknown>) => ({ ...previous, draft: editor.draft.path }),
      replace: true,
    });
  }, [isNew, saved, navigate, workspace, editor]);

  const live = useJob(workspace, testJob);
  const run = useFlowRun(workspace, live, draft.value);
  const results = useRecordedResults(workspace, run);
  const args = run.job?.args ?? null;
  useEffect(() => {
    if (args) editor.remember({ args, results });
  }, [editor, args, results]);

  const problems = useFlowProblems();
  const worst = useMemo(() => worstByStep(problems), [problems]);

  const startTest = useRef<() => void>(() => {});
  const bind = useCallback((begin: () => void) => {
    startTest.current = begin;
  }, []);
  const test = async (given: Args) => {
    const { value, path, tag } = editor.draft;
    const id = await previewFlow(workspace, {
      value: upTo && findModule(value, upTo) ? truncateAfter(value, upTo) : value,
      path: pathProblem(path) ? undefined : path,
      args: given,
      tag,
    });
    setTestJob(id);
  };
  const testUpTo = useCallback((id: string | null) => {
    setUpTo(id);
    setTesting(true);
    setSide("panel");
  }, []);
  const lastRun = deployed
    ? async () => {
        const [last] = await get<Job[]>(`/w/${workspace}/jobs/list`, {
          ...jobListParams({ path: deployed.path, kinds: "flow,flowpreview" }),
          per_page: 1,
        });
        if (last) setTestJob(last.id);
        else tellDone("The flow has not run yet");
      }
    : null;

  const choose = (chosen: Chosen) => {
    const place = inserting;
    setInserting(null);
    if (chosen.kind === "failure") {
      editor.editValue(
        (value) => ({ ...value, failure_module: newFailureStep("python3", FAILURE_CODE.python3 ?? "") }),
        null,
        "failure",
      );
    } else if (chosen.kind === "preprocessor") {
      editor.editValue(
        (value) => ({
          ...value,
          preprocessor_module: newPreprocessorStep("python3", PREPROCESSOR_CODE.python3 ?? ""),
        }),
        null,
        "preprocessor",
      );
    } else if (place) addStep(editor, place, chosen);
    setTesting(false);
  };

  const deploy = useMutation({
    mutationFn: async (message: string) => {
      const body = toNewFlow(editor.draft, message);
      if (!deployed) return createFlow(workspace, body);
      const newerIsRefused = () => refuseNewer(client, deployedQuery, deployed, (flow) => flow.version_id);
      await newerIsRefused();
      try {
        // The dialog told of a version that is newer than the draft.
        return await updateFlow(workspace, deployed.path, { ...body, parent_version: deployed.version_id });
      } catch (error) {
        await newerIsRefused();
        throw error;
      }
    },
    onSuccess: async () => {
      await discard(draft.path, deployed?.path ?? "").catch(() => {});
      tellDone("Deployed", draft.path);
      await client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
      await navigate({ to: "/w/$workspace/flows/$", params: { workspace, _splat: draft.path } });
    },
    onError: (error) => {
      // The dialog says so itself, with the newer version in it.
      if (!(error instanceof NewerVersion)) tellError(error);
    },
  });
  const outdated =
    deployed?.version_id !== undefined &&
    draft.parent_version !== undefined &&
    draft.parent_version !== deployed.version_id &&
    !deploy.isPending;

  const onChosen = useCallback(() => {
    setTesting(false);
    if (!wide) setSide("panel");
  }, [wide]);
  // Choosing a box shows its panel, also while the test lies over it.
  const lastOpened = useRef(opened);
  useEffect(() => {
    if (lastOpened.current === opened) return;
    lastOpened.current = opened;
    onChosen();
  }, [opened, onChosen]);

  const openFile = (text: string, name: string) => {
    const { flow } = parseOpenFlow(text);
    if (flow) {
      openDocument(editor, flow);
      setView("graph");
      tellDone(`Opened ${name}`, "Ctrl+Z brings back what was there.");
      return;
    }
    // The text view says what is wrong with it, and where.
    setBroughtIn(text);
    setView("yaml");
  };
  const onFind = useCallback(() => setOpen("find"), []);
  const onInsert = useCallback((place: Place) => setInserting(place), []);
  const module = findModule(draft.value, opened);
  const group = findGroup(draft.value, opened);

  const graph = (
    <BuilderCanvas
      run={testJob ? run : null}
      problems={worst}
      onInsert={onInsert}
      onFind={onFind}
      onTest={() => testUpTo(upTo)}
      onTestUpTo={testUpTo}
      onChosen={onChosen}
      onOpen={() => {
        flushSync(() => {
          editor.settle();
          setSide("panel");
        });
        if (panel.current) focusFirstField(panel.current);
      }}
    />
  );
  const beside = (
    <div ref={panel} className="flex h-full min-h-0 flex-col">
      {/* The test stays mounted, so that its form keeps what was typed. */}
      <div className={isTesting ? "min-h-0 flex-1" : "hidden"}>
        <FlowTestPanel
          run={run}
          upTo={upTo}
          onUpTo={setUpTo}
          onTest={test}
          bind={bind}
          onClose={() => setTesting(false)}
          path={deployed?.path ?? null}
          onLastRun={lastRun ? () => void lastRun().catch(tellError) : null}
        />
      </div>
      {!isTesting && (
        <div className="min-h-0 flex-1">
          {group ? (
            <GroupPanel key={group.index} found={group} />
          ) : module ? (
            <StepPanel
              key={module.id}
              module={module}
              problems={problems}
              onTestUpTo={testUpTo}
              onSave={() => void save()}
              test={
                <StepTest
                  module={module}
                  run={run}
                  onTestUpTo={testUpTo}
                  onResult={(id, result) =>
                    editor.remember({
                      args: editor.get().recorded.args ?? {},
                      results: { ...editor.get().recorded.results, [id]: result },
                    })
                  }
                />
              }
            />
          ) : opened === RESULT_NODE ? (
            <ResultPanel run={run} onTest={() => testUpTo(null)} />
          ) : (
            <InputPanel />
          )}
        </div>
      )}
    </div>
  );

  return (
    <FileDrop onFile={openFile} className="relative flex h-full min-h-0 flex-col">
      <BuilderHead
        deployed={deployed}
        outdated={outdated}
        savedAt={start.savedAt}
        saved={saved}
        problems={problems}
        view={view}
        onView={(next) => {
          setBroughtIn(null);
          setView(next);
        }}
        onSave={(force) => void save(force)}
        onDiscard={discard}
        onSettings={() => setOpen("settings")}
        onTest={() => {
          if (isTesting && upTo === null) startTest.current();
          else testUpTo(null);
        }}
        onDeploy={() => setOpen("deploy")}
      />
      <SchemaLoader />
      {!wide && view === "graph" && (
        <div className="shrink-0 border-b border-line bg-surface px-3 py-1.5">
          <Segmented
            label="Side"
            value={side}
            onValue={setSide}
            options={[
              { value: "graph", label: "Graph" },
              { value: "panel", label: "Step" },
            ]}
          />
        </div>
      )}
      {view === "yaml" ? (
        <Suspense fallback={null}>
          <YamlView key={broughtIn} given={broughtIn} onDone={() => setView("graph")} />
        </Suspense>
      ) : wide ? (
        <Split name="flow" initial={54} first={graph} second={beside} className="flex-1" />
      ) : side === "graph" ? (
        <div className="flex min-h-0 flex-1 flex-col">{graph}</div>
      ) : (
        <div className="min-h-0 flex-1">{beside}</div>
      )}
      {inserting && (
        <StepChooser
          path={draft.path}
          onChoose={choose}
          onClose={() => setInserting(null)}
          offers={{
            failure: !draft.value.failure_module,
            preprocessor: !draft.value.preprocessor_module,
          }}
        />
      )}
      {open === "find" && <FindDialog onClose={() => setOpen(null)} />}
      <FlowSettings open={open === "settings"} onClose={() => setOpen(null)} />
      {open === "deploy" && (
        <DeployFlowDialog
          deployed={deployed}
          outdated={outdated}
          problems={problems}
          busy={deploy.isPending}
          onDeploy={(message) => deploy.mutate(message)}
          onClose={() => setOpen(null)}
        />
      )}
    </FileDrop>
  );
}
