import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Problem } from "@/flow-graph/checks";
import { addBranch, removeBranch, shiftBranch, updateBranch } from "@/flow-graph/edit";
import type {
  Branch,
  BranchAllValue,
  BranchOneValue,
  FlowModule,
  ForLoopValue,
  WhileLoopValue,
} from "@/flow-graph/types";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { Input } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { ComparisonRow } from "./comparison-row";
import { type ChangeStep, useFlowEditor } from "./editor";
import { ExpressionField, pickedInto } from "./expression-field";
import { Toggle } from "./fields";
import { NumberOrExpression } from "./transform-field";
import { problemsOf } from "./use-problems";
import { ValuePicker } from "./value-picker";

const SmallEditor = lazy(() => import("@/features/editor/small-editor"));

type Props<T> = { module: FlowModule; value: T; onChange: ChangeStep; problems: readonly Problem[] };

export function ForLoopPanel({ module, value, onChange, problems }: Props<ForLoopValue>) {
  const set = (change: Partial<ForLoopValue>, field?: string) =>
    onChange({ value: { ...value, ...change } }, field);
  const { iterator } = value;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-1.5">
        <div className="flex items-center gap-1.5">
          <label htmlFor={`iterator-${module.id}`} className="flex-1 text-sm font-medium">
            List to go through
          </label>
          <ValuePicker
            step={module.id}
            name="the list"
            label="Take a list from an earlier step"
            onPick={(expr) =>
              set({
                iterator: {
                  type: "javascript",
                  expr:
                    iterator.type === "javascript"
                      ? pickedInto(`iterator-${module.id}`, iterator.expr, expr)
                      : expr,
                },
              })
            }
          />
        </div>
        {iterator.type === "static" ? (
          <Suspense fallback={<Skeleton className="h-36" />}>
            <SmallEditor
              key={module.id}
              label="List"
              language="json"
              value={JSON.stringify(iterator.value ?? [], null, 2)}
              onValue={(text) => {
                try {
                  set({ iterator: { type: "static", value: JSON.parse(text) } }, "iterator");
                } catch {
                  // Half-typed JSON is no list yet; the last one that parsed stays.
                }
              }}
            />
          </Suspense>
        ) : (
          <ExpressionField
            id={`iterator-${module.id}`}
            step={module.id}
            field="iterator"
            label="List to go through"
            placeholder="results.a.rows"
            value={iterator.type === "javascript" ? iterator.expr : ""}
            onValue={(expr) => set({ iterator: { type: "javascript", expr } }, "iterator")}
            problems={problemsOf(problems, "iterator")}
          />
        )}
        <p className="text-xs text-muted">
          The steps inside read each item as <code className="font-mono">flow_input.iter.value</code>.
        </p>
      </div>
      <Toggle
        label="All items at once"
        hint="Turns run in parallel; none sees the result of another."
        checked={value.parallel ?? false}
        onChecked={(parallel) => set({ parallel, ...(parallel ? {} : { parallelism: undefined }) })}
      />
      {value.parallel && (
        <NumberOrExpression
          step={module.id}
          field="parallelism"
          label="At most at once"
          hint="Empty: as many as there are workers."
          value={value.parallelism}
          onValue={(parallelism) => set({ parallelism }, "parallelism")}
          problems={problemsOf(problems, "parallelism")}
        />
      )}
      <Toggle
        label="Go on when a turn fails"
        hint="The result of that turn is then its error."
        checked={value.skip_failures}
        onChecked={(skip_failures) => set({ skip_failures })}
      />
      <Toggle
        label="One process for all turns"
        hint="Faster for many short turns of one script."
        checked={value.squash ?? false}
        onChecked={(squash) => set({ squash: squash || undefined })}
      />
    </div>
  );
}

export function WhileLoopPanel({ module, value, onChange, problems }: Props<WhileLoopValue>) {
  const set = (change: Partial<WhileLoopValue>) => onChange({ value: { ...value, ...change } });
  const stop = module.stop_after_if;
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-1.5">
        <label htmlFor={`stop-${module.id}`} className="text-sm font-medium">
          Stop when
        </label>
        <ExpressionField
          id={`stop-${module.id}`}
          step={module.id}
          field="stop_after_if"
          label="Stop when"
          placeholder="result.done"
          value={stop?.expr ?? ""}
          onValue={(expr) =>
            onChange(
              { stop_after_if: expr ? { skip_if_stopped: false, ...stop, expr } : undefined },
              "stop_after_if:expr",
            )
          }
          problems={problemsOf(problems, "stop_after_if")}
        />
        <p className="text-xs text-muted">
          <code className="font-mono">result</code> is that of the last turn,{" "}
          <code className="font-mono">flow_input.iter.index</code> its number, from 0.
        </p>
      </div>
      <Toggle
        label="Go on when a turn fails"
        checked={value.skip_failures}
        onChecked={(skip_failures) => set({ skip_failures })}
      />
      <Toggle
        label="One process for all turns"
        hint="Faster for many short turns of one script."
        checked={value.squash ?? false}
        onChecked={(squash) => set({ squash: squash || undefined })}
      />
    </div>
  );
}

function BranchRow({
  module,
  branch,
  index,
  count,
  problems,
}: {
  module: FlowModule;
  branch: Branch;
  index: number;
  count: number;
  problems: readonly Problem[];
}) {
  const editor = useFlowEditor();
  const confirm = useConfirm();
  const isChoice = module.value.type === "branchone";
  const update = (change: Partial<Branch>, field: string) =>
    editor.editValue(
      (value) => updateBranch(value, module.id, index, change),
      `${module.id}:branch:${index}:${field}`,
    );
  const drop = async () => {
    const inside = branch.modules.length;
    const yes =
      inside === 0 ||
      (await confirm({
        title: "Remove this branch?",
        body: `${inside === 1 ? "The step" : `The ${inside} steps`} in it go too. Ctrl+Z brings them back.`,
        action: "Remove",
      }));
    if (yes) editor.editValue((value) => removeBranch(value, module.id, index));
  };
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-3">
      <div className="flex items-center gap-1">
        <Input
          aria-label={`Name of branch ${index + 1}`}
          value={branch.summary ?? ""}
          placeholder={`Branch ${index + 1}`}
          onChange={(event) => update({ summary: event.target.value }, "summary")}
        />
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label={`Move branch ${index + 1} up`}
          disabled={index === 0}
          onClick={() => editor.editValue((value) => shiftBranch(value, module.id, index, -1))}
        >
          <ArrowUp />
        </Button>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label={`Move branch ${index + 1} down`}
          disabled={index === count - 1}
          onClick={() => editor.editValue((value) => shiftBranch(value, module.id, index, 1))}
        >
          <ArrowDown />
        </Button>
        <Button
          variant="ghost"
          size="icon-sm"
          aria-label={`Remove branch ${index + 1}`}
          onClick={() => void drop()}
        >
          <Trash2 />
        </Button>
      </div>
      {isChoice ? (
        <>
          <ExpressionField
            step={module.id}
            field="branch"
            label={`Condition of branch ${index + 1}`}
            placeholder="results.a > 10"
            picker={`Take a value for branch ${index + 1}`}
            value={branch.expr ?? ""}
            onValue={(expr) => update({ expr }, "expr")}
            problems={problemsOf(problems, "branch", String(index))}
          />
          <ComparisonRow
            expr={branch.expr ?? ""}
            label={`branch ${index + 1}`}
            onExpr={(expr) => update({ expr }, "expr")}
          />
        </>
      ) : (
        <Toggle
          label="May fail"
          hint="The step goes on when only this branch fails."
          checked={branch.skip_failure ?? false}
          onChecked={(skip_failure) => update({ skip_failure }, "skip")}
        />
      )}
    </li>
  );
}

export function BranchesPanel({ module, value, onChange, problems }: Props<BranchOneValue | BranchAllValue>) {
  const editor = useFlowEditor();
  return (
    <div className="flex flex-col gap-4">
      <p className="text-sm text-muted">
        {value.type === "branchone"
          ? "The first branch whose condition holds runs; else “Otherwise” does."
          : "Every branch runs; the result is the list of their results."}
      </p>
      {value.type === "branchall" && (
        <Toggle
          label="At once"
          hint="Off: one after another, in this order."
          checked={value.parallel ?? true}
          onChecked={(parallel) => onChange({ value: { ...value, parallel } })}
        />
      )}
      <ol className="flex flex-col gap-2">
        {value.branches.map((branch, index) => (
          <BranchRow
            key={index}
            module={module}
            branch={branch}
            index={index}
            count={value.branches.length}
            problems={problems}
          />
        ))}
      </ol>
      <Button
        size="sm"
        className="self-start"
        onClick={() => editor.editValue((flow) => addBranch(flow, module.id))}
      >
        <Plus /> Add branch
      </Button>
    </div>
  );
}
