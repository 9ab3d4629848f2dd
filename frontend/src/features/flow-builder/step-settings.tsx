import {
  FlaskConical,
  Gauge,
  HardDriveDownload,
  Hourglass,
  Merge,
  OctagonX,
  ShieldAlert,
  SkipForward,
  Timer,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { isApproval } from "@/features/flow-canvas/step-look";
import { JoiningFields } from "@/features/joining/joining-fields";
import type { Problem } from "@/flow-graph/checks";
import type { FlowModule, RawScriptValue, StopAfterIf } from "@/flow-graph/types";
import { isContainer, isLoop, mayJoin } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { duration } from "@/ui/time";
import { ApprovalSettings } from "./approval-settings";
import { type ChangeStep, useDraft, useEditorState } from "./editor";
import { ExpressionField } from "./expression-field";
import { NumberField, SettingGroup, Toggle } from "./fields";
import { RetrySettings } from "./retry-settings";
import { NumberOrExpression } from "./transform-field";
import { problemsOf } from "./use-problems";

const SmallEditor = lazy(() => import("@/features/editor/small-editor"));

type Props = { module: FlowModule; onChange: ChangeStep; problems: readonly Problem[] };

function StopSettings({
  module,
  onChange,
  problems,
  field,
  title,
  hint,
}: Props & { field: "stop_after_if" | "stop_after_all_iters_if"; title: string; hint: string }) {
  const stop = module[field];
  const set = (change: Partial<StopAfterIf>, what = field as string) =>
    onChange({ [field]: { expr: "", ...stop, ...change } }, what);
  const endsLoop = field === "stop_after_if" && isLoop(module.value);
  return (
    <SettingGroup
      icon={OctagonX}
      title={title}
      hint={hint}
      summary={stop?.expr || "No condition yet"}
      isOn={stop !== undefined}
      onSwitch={(on) =>
        onChange({ [field]: on ? { expr: "result === null", skip_if_stopped: false } : undefined })
      }
      hasProblem={problemsOf(problems, field).length > 0}
    >
      <ExpressionField
        step={module.id}
        field={field}
        label="Stop when"
        placeholder="result.done"
        value={stop?.expr ?? ""}
        onValue={(expr) => set({ expr }, `${field}:expr`)}
        problems={problemsOf(problems, field)}
      />
      {!endsLoop && (
        <>
          <Toggle
            label="The run counts as skipped"
            checked={stop?.skip_if_stopped ?? false}
            onChecked={(on) => set({ skip_if_stopped: on })}
          />
          {!stop?.skip_if_stopped && (
            <>
              <Toggle
                label="The run counts as failed"
                checked={typeof stop?.error_message === "string"}
                onChecked={(on) =>
                  set({ error_message: on ? "" : undefined, error_include_result: undefined })
                }
              />
              {typeof stop?.error_message === "string" && (
                <>
                  <Field label="Message of the error" optional>
                    <Input
                      value={stop.error_message}
                      onChange={(event) => set({ error_message: event.target.value }, `${field}:message`)}
                    />
                  </Field>
                  <Toggle
                    label="Put the result into the error"
                    checked={stop.error_include_result ?? false}
                    onChecked={(on) => set({ error_include_result: on || undefined })}
                  />
                </>
              )}
            </>
          )}
        </>
      )}
    </SettingGroup>
  );
}

function MockSettings({ module, onChange }: Props) {
  const recorded = useEditorState((state) => state.recorded.results);
  const { mock } = module;
  const text = JSON.stringify(mock?.return_value ?? null, null, 2);
  return (
    <SettingGroup
      icon={FlaskConical}
      title="Mock"
      hint="Does not run; gives a result that you choose."
      summary="The step does not run"
      isOn={mock?.enabled ?? false}
      onSwitch={(enabled) => onChange({ mock: { return_value: null, ...mock, enabled } })}
    >
      <Suspense fallback={<Skeleton className="h-36" />}>
        <SmallEditor
          key={`${module.id}:mock`}
          language="json"
          label="Result of the mock"
          value={text}
          onValue={(next) => {
            try {
              onChange({ mock: { enabled: true, return_value: JSON.parse(next) } }, "mock");
            } catch {
              // Half-typed JSON is not a value yet; the last one that parsed stays.
            }
          }}
        />
      </Suspense>
      {Object.hasOwn(recorded, module.id) && (
        <Button
          size="sm"
          className="self-start"
          onClick={() => onChange({ mock: { enabled: true, return_value: recorded[module.id] } })}
        >
          Take the result of the last test
        </Button>
      )}
    </SettingGroup>
  );
}

function Limits({ module, onChange }: Props) {
  const raw = module.value.type === "rawscript" ? module.value : null;
  const setRaw = (change: Partial<RawScriptValue>) =>
    raw && onChange({ value: { ...raw, ...change } }, "limits");
  const parts = [
    raw?.concurrent_limit ? `${raw.concurrent_limit} at once` : "",
    module.priority ? `priority ${module.priority}` : "",
    raw?.tag ? `on ${raw.tag}` : "",
  ].filter(Boolean);
  return (
    <SettingGroup
      icon={Gauge}
      title="Concurrency, priority and tag"
      hint="How many run at once, and where."
      summary={parts.join(", ")}
      isOn={parts.length > 0}
    >
      {raw && (
        <div className="grid grid-cols-2 gap-3">
          <NumberField
            label="At most at once"
            value={raw.concurrent_limit}
            onValue={(concurrent_limit) => setRaw({ concurrent_limit: concurrent_limit || undefined })}
          />
          <NumberField
            label="Within"
            unit="seconds"
            value={raw.concurrency_time_window_s}
            onValue={(concurrency_time_window_s) => setRaw({ concurrency_time_window_s })}
          />
          <Field label="Counted under" optional hint="For instance $args[customer].">
            <Input
              value={raw.custom_concurrency_key ?? ""}
              onChange={(event) => setRaw({ custom_concurrency_key: event.target.value || undefined })}
              className="font-mono text-xs"
            />
          </Field>
          <Field label="Tag" optional hint="Which workers run it.">
            <Input
              value={raw.tag ?? ""}
              placeholder={raw.language}
              onChange={(event) => setRaw({ tag: event.target.value || undefined })}
              className="font-mono text-xs"
            />
          </Field>
        </div>
      )}
      {module.value.type === "script" && (
        <Field label="Tag" optional hint="Instead of the script's own.">
          <Input
            value={module.value.tag_override ?? ""}
            onChange={(event) =>
              module.value.type === "script" &&
              onChange({ value: { ...module.value, tag_override: event.target.value || undefined } }, "tag")
            }
            className="font-mono text-xs"
          />
        </Field>
      )}
      <NumberField
        label="Priority"
        hint="0 to 100; higher runs first."
        value={module.priority}
        onValue={(priority) =>
          onChange({ priority: priority ? Math.min(100, priority) : undefined }, "priority")
        }
      />
    </SettingGroup>
  );
}

function JoiningSettings({ module, onChange, problems }: Props) {
  const { value } = useDraft();
  const { debouncing } = module;
  const found = problemsOf(problems, "debouncing");
  // Where it has no place it is offered only to be taken away.
  if (!debouncing && !mayJoin(value, module)) return null;
  const { debounce_delay_s: delay, debounce_key: key } = debouncing ?? {};
  return (
    <SettingGroup
      icon={Merge}
      title="Joining"
      hint="Waits for later runs of the flow; the last one does the step for all."
      summary={delay ? `Within ${duration(delay * 1000)}${key ? `, by ${key}` : ""}` : "Not joined yet"}
      isOn={Boolean(debouncing)}
      onSwitch={(on) => onChange({ debouncing: on ? { debounce_delay_s: 60 } : undefined })}
      hasProblem={found.length > 0}
    >
      {found.map((message) => (
        <p key={message} role="alert" className="text-xs text-danger">
          {message}
        </p>
      ))}
      <JoiningFields
        key={module.id}
        value={debouncing ?? {}}
        onChange={(change) => onChange({ debouncing: { ...debouncing, ...change } }, "debouncing")}
        byDefault="every run"
      />
    </SettingGroup>
  );
}

/** Everything that can be set on a step, in groups. */
export function StepSettings({ module, onChange, problems }: Props) {
  const all = { module, onChange, problems };
  const loop = isLoop(module.value);
  const sleep = module.sleep?.type === "static" ? Number(module.sleep.value) : null;
  // What the step was chosen for comes first; it does not jump when it is switched.
  const [leads] = useState(() =>
    isApproval(module) ? "approval" : module.sleep && module.value.type === "identity" ? "sleep" : null,
  );
  const approval = (
    <ApprovalSettings module={module} onChange={onChange} problems={problemsOf(problems, "suspend")} />
  );
  const pause = (
    <SettingGroup
      icon={Timer}
      title="Sleep"
      hint="Waits before the next step, without holding a worker."
      summary={sleep === null ? "For a computed time" : `For ${duration(sleep * 1000)}`}
      isOn={module.sleep !== undefined}
      initiallyOpen={leads === "sleep"}
      onSwitch={(on) => onChange({ sleep: on ? { type: "static", value: 60 } : undefined })}
    >
      <NumberOrExpression
        step={module.id}
        field="sleep"
        label="Seconds"
        value={module.sleep}
        onValue={(value) => onChange({ sleep: value ?? { type: "static", value: 0 } }, "sleep")}
        problems={problemsOf(problems, "sleep")}
      />
    </SettingGroup>
  );
  return (
    <div className="flex flex-col gap-2">
      {leads === "approval" && approval}
      {leads === "sleep" && pause}
      <RetrySettings module={module} onChange={onChange} problems={problemsOf(problems, "retry")} />
      <StopSettings
        {...all}
        field="stop_after_if"
        title={loop ? "Stop the loop" : "Stop early"}
        hint={loop ? "Ends the loop after a turn." : "Ends the flow after this step."}
      />
      {isContainer(module.value) && module.value.type !== "branchone" && (
        <StopSettings
          {...all}
          field="stop_after_all_iters_if"
          title="Stop the flow afterwards"
          hint="Looks at all results together."
        />
      )}
      <SettingGroup
        icon={SkipForward}
        title="Skip"
        hint="Passes over the step on a condition."
        summary={module.skip_if?.expr}
        isOn={module.skip_if !== undefined}
        onSwitch={(on) => onChange({ skip_if: on ? { expr: "previous_result === null" } : undefined })}
        hasProblem={problemsOf(problems, "skip_if").length > 0}
      >
        <ExpressionField
          step={module.id}
          field="skip_if"
          label="Skip when"
          picker="Take a value for the skip condition"
          value={module.skip_if?.expr ?? ""}
          onValue={(expr) => onChange({ skip_if: { expr } }, "skip_if")}
          problems={problemsOf(problems, "skip_if")}
        />
      </SettingGroup>
      {leads !== "approval" && approval}
      {leads !== "sleep" && pause}
      <SettingGroup
        icon={HardDriveDownload}
        title="Cache"
        hint="Keeps the result for the same inputs."
        summary={`For ${duration((module.cache_ttl ?? 0) * 1000)}`}
        isOn={module.cache_ttl !== undefined}
        onSwitch={(on) => onChange({ cache_ttl: on ? 600 : undefined })}
      >
        <NumberField
          label="Keep for"
          unit="seconds"
          min={1}
          value={module.cache_ttl}
          onValue={(cache_ttl) => onChange({ cache_ttl: cache_ttl ?? 1 }, "cache")}
        />
      </SettingGroup>
      <SettingGroup
        icon={Hourglass}
        title="Timeout"
        hint="Ends the step when it takes too long."
        isOn={module.timeout !== undefined}
        summary="Set"
        onSwitch={(on) => onChange({ timeout: on ? { type: "static", value: 300 } : undefined })}
      >
        <NumberOrExpression
          step={module.id}
          field="timeout"
          label="Seconds"
          value={module.timeout}
          onValue={(value) => onChange({ timeout: value ?? { type: "static", value: 0 } }, "timeout")}
          problems={problemsOf(problems, "timeout")}
        />
      </SettingGroup>
      <MockSettings {...all} />
      <Limits {...all} />
      <JoiningSettings {...all} />
      <SettingGroup
        icon={ShieldAlert}
        title="Errors and clean-up"
        hint="What happens when it fails, and how long its data stays."
        summary={module.continue_on_error ? "The flow goes on when it fails" : "Its data is deleted"}
        isOn={Boolean(module.continue_on_error) || module.delete_after_secs !== undefined}
      >
        <Toggle
          label="Go on when it fails"
          hint="After its retries; later steps find the error as its result."
          checked={module.continue_on_error ?? false}
          onChecked={(on) => onChange({ continue_on_error: on || undefined })}
        />
        <Toggle
          label="Delete its data after the run"
          hint="Inputs, result and log of this step."
          checked={module.delete_after_secs !== undefined}
          onChecked={(on) => onChange({ delete_after_secs: on ? 0 : undefined })}
        />
      </SettingGroup>
    </div>
  );
}
