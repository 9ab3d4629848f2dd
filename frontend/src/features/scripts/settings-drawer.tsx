import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { RetryPolicy } from "@/api/types";
import { JoiningFields } from "@/features/joining/joining-fields";
import { PathField } from "@/features/paths/path-field";
import { customTagsQuery } from "@/features/workers/workers";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Switch } from "@/ui/switch";
import { Segmented } from "@/ui/tabs";
import type { ScriptDraft } from "./script-draft";

type SettingsProps = {
  open: boolean;
  onClose: () => void;
  workspace: string;
  draft: ScriptDraft;
  onChange: (change: Partial<ScriptDraft>) => void;
};

function Section({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-5 first:border-0 first:pt-0">
      <h3 className="text-sm font-semibold">{title}</h3>
      {hint && <p className="mt-0.5 text-xs text-muted">{hint}</p>}
      <div className="mt-3 flex flex-col gap-4">{children}</div>
    </section>
  );
}

function Toggle({
  label,
  hint,
  checked,
  onChecked,
}: {
  label: string;
  hint: string;
  checked: boolean;
  onChecked: (on: boolean) => void;
}) {
  const id = `setting-${label.toLowerCase().replace(/\W+/g, "-")}`;
  return (
    <div className="flex items-start justify-between gap-4">
      <label htmlFor={id} className="min-w-0">
        <span className="block text-sm font-medium">{label}</span>
        <span className="block text-xs text-muted">{hint}</span>
      </label>
      <Switch id={id} checked={checked} onCheckedChange={onChecked} />
    </div>
  );
}

type NumberProps = {
  label: string;
  hint?: string;
  value: number | undefined;
  onValue: (value: number | undefined) => void;
  unit?: string;
  min?: number;
  max?: number;
  placeholder?: string;
};

function NumberSetting({ label, hint, value, onValue, unit, min = 0, max, placeholder }: NumberProps) {
  return (
    <Field label={label} hint={hint} aside={unit && <span className="text-xs text-faint">{unit}</span>}>
      <Input
        type="number"
        min={min}
        max={max}
        value={value ?? ""}
        placeholder={placeholder}
        onChange={(event) => {
          const next = event.target.valueAsNumber;
          onValue(Number.isNaN(next) ? undefined : Math.max(min, Math.round(next)));
        }}
      />
    </Field>
  );
}

type RetryKind = "none" | "constant" | "exponential";

function RetrySettings({
  retry,
  onRetry,
}: {
  retry: RetryPolicy | undefined;
  onRetry: (retry: RetryPolicy | undefined) => void;
}) {
  const kind: RetryKind = retry?.constant ? "constant" : retry?.exponential ? "exponential" : "none";
  const choose = (next: RetryKind) =>
    onRetry(
      next === "none"
        ? undefined
        : next === "constant"
          ? { constant: { attempts: 3, seconds: 10 } }
          : { exponential: { attempts: 5, multiplier: 1, seconds: 2 } },
    );
  const constant = retry?.constant;
  const exponential = retry?.exponential;
  return (
    <>
      <div>
        <Segmented
          label="Retry"
          value={kind}
          onValue={choose}
          options={[
            { value: "none", label: "Never" },
            { value: "constant", label: "Same pause" },
            { value: "exponential", label: "Growing pause" },
          ]}
        />
      </div>
      {constant && (
        <div className="grid grid-cols-2 gap-3">
          <NumberSetting
            label="Attempts"
            min={1}
            value={constant.attempts}
            onValue={(attempts) => onRetry({ constant: { ...constant, attempts: attempts ?? 1 } })}
          />
          <NumberSetting
            label="Pause"
            unit="seconds"
            value={constant.seconds}
            onValue={(seconds) => onRetry({ constant: { ...constant, seconds: seconds ?? 0 } })}
          />
        </div>
      )}
      {exponential && (
        <div className="grid grid-cols-3 gap-3">
          <NumberSetting
            label="Attempts"
            min={1}
            value={exponential.attempts}
            onValue={(attempts) => onRetry({ exponential: { ...exponential, attempts: attempts ?? 1 } })}
          />
          <NumberSetting
            label="Base"
            unit="seconds"
            min={1}
            value={exponential.seconds}
            onValue={(seconds) => onRetry({ exponential: { ...exponential, seconds: seconds ?? 1 } })}
          />
          <NumberSetting
            label="Factor"
            min={1}
            value={exponential.multiplier}
            onValue={(multiplier) =>
              onRetry({ exponential: { ...exponential, multiplier: multiplier ?? 1 } })
            }
          />
        </div>
      )}
    </>
  );
}

/** Everything about a script but its code. */
export function SettingsDrawer({ open, onClose, workspace, draft, onChange }: SettingsProps) {
  const tags = useQuery({ ...customTagsQuery(workspace), enabled: open });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      shape="drawer"
      title="Script settings"
      description="They take effect with the next deploy."
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-6">
        <Section title="Identity">
          <PathField value={draft.path} onValue={(path) => onChange({ path })} label="Name" />
          <Field label="Summary" hint="The title in lists and on the run page.">
            <Input value={draft.summary} onChange={(event) => onChange({ summary: event.target.value })} />
          </Field>
          <Field label="Description" hint="Markdown, shown above the run form." optional>
            <Textarea
              value={draft.description}
              onChange={(event) => onChange({ description: event.target.value })}
              rows={4}
            />
          </Field>
          <Field label="Labels" hint="Separated by commas." optional>
            <Input
              defaultValue={draft.labels?.join(", ") ?? ""}
              onChange={(event) => {
                const labels = event.target.value
                  .split(",")
                  .map((label) => label.trim())
                  .filter(Boolean);
                onChange({ labels: labels.length > 0 ? labels : undefined });
              }}
            />
          </Field>
        </Section>
        <Section title="Where and how it runs">
          <Field label="Tag" hint="Workers that serve this tag run the script." optional>
            <Combobox
              value={draft.tag ?? ""}
              onValue={(tag) => onChange({ tag: tag || undefined })}
              options={(tags.data ?? []).map((tag) => ({ value: tag }))}
              placeholder="Default of the language"
              empty="Type a tag."
              clearable
              free
            />
          </Field>
          <div className="grid grid-cols-2 gap-3">
            <NumberSetting
              label="Timeout"
              unit="seconds"
              min={1}
              value={draft.timeout}
              onValue={(timeout) => onChange({ timeout })}
              placeholder="instance default"
            />
            <NumberSetting
              label="Priority"
              unit="0–100"
              max={100}
              value={draft.priority}
              onValue={(priority) => onChange({ priority })}
              placeholder="none"
            />
          </div>
          <Toggle
            label="Warm mode"
            hint="Keeps a process between runs, so that imports are paid once. State in memory stays too."
            checked={draft.dedicated_worker ?? false}
            onChecked={(on) => onChange({ dedicated_worker: on || undefined })}
          />
        </Section>
        <Section title="Concurrency" hint="How many runs may start within a window of time.">
          <div className="grid grid-cols-2 gap-3">
            <NumberSetting
              label="Runs at most"
              min={1}
              value={draft.concurrent_limit}
              onValue={(concurrent_limit) =>
                onChange({
                  concurrent_limit,
                  concurrency_time_window_s: concurrent_limit
                    ? (draft.concurrency_time_window_s ?? 60)
                    : undefined,
                })
              }
              placeholder="no limit"
            />
            <NumberSetting
              label="Window"
              unit="seconds"
              min={1}
              value={draft.concurrency_time_window_s}
              onValue={(concurrency_time_window_s) => onChange({ concurrency_time_window_s })}
            />
          </div>
          <Field
            label="Key"
            hint="Runs with the same key share the limit. $args[name] and $workspace are filled in."
            optional
          >
            <Input
              value={draft.concurrency_key ?? ""}
              onChange={(event) => onChange({ concurrency_key: event.target.value || undefined })}
              placeholder="the script itself"
              className="font-mono text-xs"
            />
          </Field>
        </Section>
        <Section title="Joining" hint="Of several runs in a row, the last one runs for all of them.">
          <JoiningFields value={draft} onChange={onChange} />
        </Section>
        <Section title="Retry" hint="When a run fails.">
          <RetrySettings retry={draft.retry} onRetry={(retry) => onChange({ retry })} />
        </Section>
        <Section title="Results">
          <NumberSetting
            label="Cache results"
            unit="seconds"
            min={1}
            hint="The same inputs give the same result without running again."
            value={draft.cache_ttl}
            onValue={(cache_ttl) => onChange({ cache_ttl })}
            placeholder="never"
          />
          <NumberSetting
            label="Delete log, inputs and result after"
            unit="seconds"
            hint="0 deletes them as soon as the run ends."
            value={draft.delete_after_secs}
            onValue={(delete_after_secs) => onChange({ delete_after_secs })}
            placeholder="never"
          />
          <Toggle
            label="Visible to runner only"
            hint="Only the person who started a run, and administrators, see it."
            checked={draft.visible_to_runner_only ?? false}
            onChecked={(on) => onChange({ visible_to_runner_only: on || undefined })}
          />
        </Section>
      </div>
    </Dialog>
  );
}
