import { ChartGantt, List, Network, RotateCcw } from "lucide-react";
import { useEffect, useState } from "react";
import { FlowCanvas } from "@/features/flow-canvas/canvas";
import { StateIcon } from "@/features/flow-canvas/run-look";
import { StepIcon } from "@/features/flow-canvas/step-look";
import { Turns } from "@/features/flow-canvas/turns";
import { collapsedAtFirst } from "@/flow-graph/groups";
import { stepBesideIn } from "@/flow-graph/reading-order";
import { findModule, isLoop, isSpecial, stepTitle, walk, walkRun } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Card } from "@/ui/page";
import { Segmented } from "@/ui/tabs";
import { duration } from "@/ui/time";
import { RestartDialog } from "./restart-dialog";
import { StepRunView } from "./step-run";
import { Timeline } from "./timeline";
import type { FlowRun } from "./use-flow-run";

type View = "graph" | "timeline" | "steps";

/** The steps as a list: what a narrow screen and a reader of the page start with. */
function StepList({
  run,
  selected,
  onSelect,
}: {
  run: FlowRun;
  selected: string;
  onSelect: (id: string) => void;
}) {
  if (!run.value) return null;
  return (
    <ul className="thin-scroll min-h-0 flex-1 overflow-y-auto p-2">
      {[...walkRun(run.value)].map(({ module, depth }) => {
        const step = run.runs.get(module.id);
        if (!step && isSpecial(module.id)) return null;
        const took = run.durations.get(module.id);
        return (
          <li key={module.id}>
            <button
              type="button"
              aria-pressed={module.id === selected}
              onClick={() => onSelect(module.id)}
              className={cn(
                "flex w-full items-center gap-2.5 rounded-md py-1.5 pr-2 text-left hover:bg-hover",
                module.id === selected && "bg-accent-soft/60",
                !step && "text-muted",
              )}
              style={{ paddingLeft: 8 + depth * 20 }}
            >
              <StateIcon state={step?.state ?? "waiting"} />
              <StepIcon module={module} />
              <span className="min-w-0 flex-1 truncate text-sm">{stepTitle(module)}</span>
              <span className="font-mono text-2xs text-faint">{module.id}</span>
              <span className="min-w-16 whitespace-nowrap text-right text-xs text-muted tabular-nums">
                {step && isLoop(module.value) ? (
                  <Turns run={step} />
                ) : took !== undefined && took !== null ? (
                  duration(took)
                ) : null}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** The step that deserves the first look: what failed, what waits, what runs, else the last one. */
function interestingStep(run: FlowRun): string | null {
  for (const state of ["failure", "canceled", "suspended", "running"]) {
    // The innermost step says more than the loop around it.
    const found = [...run.runs].reverse().find(([, step]) => step.state === state);
    if (found) return found[0];
  }
  const { modules } = run.value ?? { modules: [] };
  return modules[modules.length - 1]?.id ?? null;
}

/** A flow's run: graph, timeline or list on one side, the chosen step on the other. */
export function FlowRunView({
  workspace,
  run,
  canRestart,
}: {
  workspace: string;
  run: FlowRun;
  canRestart: boolean;
}) {
  const [view, setView] = useState<View>(() =>
    window.matchMedia("(min-width: 768px)").matches ? "graph" : "steps",
  );
  const [chosen, setChosen] = useState<string | null>(null);
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(
    () => new Set(run.value ? collapsedAtFirst(run.value) : []),
  );
  const [restarting, setRestarting] = useState<string | null>(null);
  const [first, setFirst] = useState<string | null>(null);
  const candidate = interestingStep(run);
  // While it runs the view follows the run; once it ended it stays where the trouble is.
  useEffect(() => {
    if (candidate) setFirst(candidate);
  }, [candidate]);
  if (!run.value) return null;
  const selected = chosen ?? first ?? "";
  const module = findModule(run.value, selected);
  const isTop = run.value.modules.some((known) => known.id === selected);
  const toggle = (id: string) =>
    setCollapsed((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <Card className="overflow-hidden">
      <header className="flex min-h-11 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <Segmented
          label="View of the run"
          value={view}
          onValue={setView}
          options={[
            {
              value: "graph",
              label: (
                <>
                  <Network /> Graph
                </>
              ),
            },
            {
              value: "timeline",
              label: (
                <>
                  <ChartGantt /> Timeline
                </>
              ),
            },
            {
              value: "steps",
              label: (
                <>
                  <List /> Steps
                </>
              ),
            },
          ]}
        />
        {canRestart && run.job?.type === "CompletedJob" && (
          <Button
            size="sm"
            className="ml-auto"
            onClick={() => setRestarting(isTop ? selected : topOf(run, selected))}
          >
            <RotateCcw /> Restart from {isTop ? selected : "a step"}
          </Button>
        )}
      </header>
      <div className="flex flex-col lg:h-[66vh] lg:flex-row">
        <div className="flex h-[52vh] min-w-0 flex-1 flex-col lg:h-auto">
          {view === "graph" && (
            <FlowCanvas
              value={run.value}
              selected={selected}
              collapsed={collapsed}
              runs={run.runs}
              durations={run.durations}
              isRun
              onSelect={setChosen}
              onToggle={toggle}
              onKey={(event) => {
                if (!run.value || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
                event.preventDefault();
                const by = event.key === "ArrowDown" ? 1 : -1;
                setChosen(stepBesideIn(run.value, selected, by, collapsed, { groups: false }));
              }}
              description="Arrow keys choose a step."
            />
          )}
          {view === "timeline" && <Timeline run={run} selected={selected} onSelect={setChosen} />}
          {view === "steps" && <StepList run={run} selected={selected} onSelect={setChosen} />}
        </div>
        <section
          aria-label="Step"
          className="thin-scroll w-full shrink-0 overflow-y-auto border-t border-line p-4 lg:w-[42%] lg:border-l lg:border-t-0"
        >
          {module ? (
            <>
              <header className="mb-3 flex items-center gap-2.5">
                <StepIcon module={module} />
                <h2 className="min-w-0 flex-1 truncate text-sm font-semibold">{stepTitle(module)}</h2>
                <span className="rounded bg-hover px-1.5 py-0.5 font-mono text-xs text-muted">
                  {module.id}
                </span>
              </header>
              <StepRunView
                workspace={workspace}
                run={run}
                module={module}
                empty={
                  run.isRunning ? "The run has not come to this step." : "The run did not come to this step."
                }
              />
            </>
          ) : (
            <p className="text-sm text-muted">Choose a step to see its log, inputs and result.</p>
          )}
        </section>
      </div>
      {restarting !== null && (
        <RestartDialog
          workspace={workspace}
          run={run}
          step={restarting}
          onClose={() => setRestarting(null)}
        />
      )}
    </Card>
  );
}

/** The step of the flow itself in which a step lies. */
function topOf(run: FlowRun, id: string): string {
  if (!run.value) return "";
  for (const { module, parents } of walk(run.value)) {
    if (module.id === id) return (parents[0] ?? module).id;
  }
  return run.value.modules[0]?.id ?? "";
}
