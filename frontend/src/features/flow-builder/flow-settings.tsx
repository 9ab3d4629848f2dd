import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { JoiningFields } from "@/features/joining/joining-fields";
import { PathField } from "@/features/paths/path-field";
import { newFailureStep, newPreprocessorStep } from "@/flow-graph/new-step";
import type { FlowValue } from "@/flow-graph/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { useDraft, useFlowEditor } from "./editor";
import { ExpressionField } from "./expression-field";
import { NumberField, Toggle } from "./fields";
import { FAILURE_CODE, PREPROCESSOR_CODE } from "./step-code";

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="border-t border-line pt-5 first:border-0 first:pt-0">
      <h3 className="text-sm font-semibold">{title}</h3>
      <div className="mt-3 flex flex-col gap-4">{children}</div>
    </section>
  );
}

function Environment({ value, set }: { value: FlowValue; set: (change: Partial<FlowValue>) => void }) {
  const [rows, setRows] = useState<[string, string][]>(() =>
    Object.entries(value.flow_env ?? {}).map(([name, given]) => [
      name,
      typeof given === "string" ? given : JSON.stringify(given),
    ]),
  );
  const change = (next: [string, string][]) => {
    setRows(next);
    const env = Object.fromEntries(
      next.filter(([name]) => name.trim()).map(([name, text]) => [name.trim(), text]),
    );
    set({ flow_env: Object.keys(env).length > 0 ? env : undefined });
  };
  return (
    <div className="flex flex-col gap-2">
      {rows.map(([name, text], index) => (
        <div key={index} className="flex gap-1.5">
          <Input
            aria-label={`Name of environment value ${index + 1}`}
            value={name}
            placeholder="name"
            className="w-2/5 font-mono text-xs"
            onChange={(event) =>
              change(rows.map((row, at) => (at === index ? [event.target.value, row[1]] : row)))
            }
          />
          <Input
            aria-label={`Environment value ${index + 1}`}
            value={text}
            placeholder="value, $var:path or $res:path"
            className="font-mono text-xs"
            onChange={(event) =>
              change(rows.map((row, at) => (at === index ? [row[0], event.target.value] : row)))
            }
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Remove environment value ${index + 1}`}
            onClick={() => change(rows.filter((_, at) => at !== index))}
          >
            <Trash2 />
          </Button>
        </div>
      ))}
      <Button size="sm" className="self-start" onClick={() => setRows([...rows, ["", ""]])}>
        <Plus /> Add value
      </Button>
    </div>
  );
}

/** Everything that is set for the flow as a whole. */
export function FlowSettings({ open, onClose }: { open: boolean; onClose: () => void }) {
  const editor = useFlowEditor();
  const draft = useDraft();
  const { value } = draft;
  const set = (change: Partial<FlowValue>, field?: string) =>
    editor.editValue(
      (known) => {
        const next = { ...known, ...change };
        for (const [name, given] of Object.entries(change)) {
          if (given === undefined) delete next[name as keyof FlowValue];
        }
        return next;
      },
      field ? `flow:${field}` : null,
    );
  const steps = value.modules.map((module) => ({
    value: module.id,
    label: module.summary ? `${module.id}: ${module.summary}` : module.id,
  }));
  return (
    <Dialog
      shape="drawer"
      open={open}
      onOpenChange={(shown) => !shown && onClose()}
      title="Settings of the flow"
    >
      <div className="flex flex-col gap-6">
        <Section title="What it is">
          <PathField
            value={draft.path}
            onValue={(path) => editor.edit((known) => ({ ...known, path }), "flow:path")}
            label="Name"
          />
          <Field label="Description" optional hint="Markdown, shown above the form.">
            <Textarea
              value={draft.description ?? ""}
              onChange={(event) =>
                editor.edit((known) => ({ ...known, description: event.target.value }), "flow:description")
              }
            />
          </Field>
        </Section>
        <Section title="Special steps">
          <Toggle
            label="Error handler"
            hint="Runs once when a step fails for good."
            checked={value.failure_module !== undefined}
            onChecked={(on) =>
              set({
                failure_module: on ? newFailureStep("python3", FAILURE_CODE.python3 ?? "") : undefined,
              })
            }
          />
          <Toggle
            label="Preprocessor"
            hint="Turns what a webhook or trigger sends into the input."
            checked={value.preprocessor_module !== undefined}
            onChecked={(on) =>
              set({
                preprocessor_module: on
                  ? newPreprocessorStep("python3", PREPROCESSOR_CODE.python3 ?? "")
                  : undefined,
              })
            }
          />
        </Section>
        <Section title="How it runs">
          <Toggle
            label="All steps on one worker"
            hint="They share files in ./shared. Parallel loops and branches are not possible then."
            checked={value.same_worker ?? false}
            onChecked={(on) => set({ same_worker: on || undefined })}
          />
          <Field label="Answer early" optional hint="Callers that wait get the result of this step.">
            <Select
              value={value.early_return ?? ""}
              onValue={(step) => set({ early_return: step || undefined })}
              options={[{ value: "", label: "With the result of the flow" }, ...steps]}
            />
          </Field>
          <Toggle
            label="Skip the whole run on a condition"
            checked={value.skip_expr !== undefined}
            onChecked={(on) => set({ skip_expr: on ? "false" : undefined })}
          />
          {value.skip_expr !== undefined && (
            <ExpressionField
              step=""
              field="skip_expr"
              label="Skip the run when"
              value={value.skip_expr}
              onValue={(skip_expr) => set({ skip_expr }, "skip_expr")}
            />
          )}
          <div className="grid grid-cols-2 gap-3">
            <NumberField
              label="Cache the result"
              unit="seconds"
              value={value.cache_ttl}
              onValue={(cache_ttl) => set({ cache_ttl: cache_ttl || undefined }, "cache")}
            />
            <NumberField
              label="Priority"
              hint="0 to 100"
              value={value.priority}
              onValue={(priority) =>
                set({ priority: priority ? Math.min(100, priority) : undefined }, "priority")
              }
            />
          </div>
          <Field label="Tag" optional hint="Which workers run it.">
            <Input
              value={draft.tag ?? ""}
              placeholder="flow"
              className="font-mono text-xs"
              onChange={(event) =>
                editor.edit((known) => ({ ...known, tag: event.target.value || undefined }), "flow:tag")
              }
            />
          </Field>
        </Section>
        <Section title="How many at once">
          <div className="grid grid-cols-2 gap-3">
            <NumberField
              label="Runs at once"
              value={value.concurrent_limit}
              onValue={(limit) => set({ concurrent_limit: limit || undefined }, "concurrency")}
            />
            <NumberField
              label="Within"
              unit="seconds"
              value={value.concurrency_time_window_s}
              onValue={(window) => set({ concurrency_time_window_s: window }, "concurrency")}
            />
          </div>
          <Field label="Counted under" optional hint="For instance $args[customer].">
            <Input
              value={value.concurrency_key ?? ""}
              className="font-mono text-xs"
              onChange={(event) => set({ concurrency_key: event.target.value || undefined }, "concurrency")}
            />
          </Field>
        </Section>
        <Section title="Joining">
          <p className="-mt-2 text-xs text-muted">
            Of several runs in a row, the last one runs for all of them.
          </p>
          <JoiningFields value={value} onChange={(change) => set(change, "debounce")} />
        </Section>
        <Section title="Environment">
          <p className="-mt-2 text-xs text-muted">
            Steps read these as <code className="font-mono">flow_env.name</code>.
          </p>
          <Environment value={value} set={set} />
        </Section>
        <Section title="Data">
          <Toggle
            label="Delete inputs, results and logs after the run"
            checked={value.delete_after_secs !== undefined}
            onChecked={(on) => set({ delete_after_secs: on ? 0 : undefined })}
          />
          <Toggle
            label="Only who started a run sees it"
            checked={draft.visible_to_runner_only ?? false}
            onChecked={(on) =>
              editor.edit((known) => ({ ...known, visible_to_runner_only: on || undefined }))
            }
          />
        </Section>
      </div>
    </Dialog>
  );
}
