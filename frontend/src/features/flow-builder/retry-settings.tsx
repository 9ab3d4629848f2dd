import { RotateCcw } from "lucide-react";
import type { FlowModule, FlowRetry } from "@/flow-graph/types";
import type { ChangeStep } from "./editor";
import { ExpressionField } from "./expression-field";
import { NumberField, SettingGroup, Toggle } from "./fields";

function summaryOf(retry: FlowRetry | undefined): string {
  const parts: string[] = [];
  if (retry?.constant?.attempts) parts.push(`${retry.constant.attempts}× every ${retry.constant.seconds} s`);
  if (retry?.exponential?.attempts) parts.push(`${retry.exponential.attempts}× with growing pauses`);
  return parts.join(", then ") || "No attempts set";
}

export function RetrySettings({
  module,
  onChange,
  problems,
}: {
  module: FlowModule;
  onChange: ChangeStep;
  problems: readonly string[];
}) {
  const { retry } = module;
  const set = (change: Partial<FlowRetry>, field = "retry") => {
    const next = { ...retry, ...change };
    onChange({ retry: next }, field);
  };
  const { constant, exponential } = retry ?? {};
  return (
    <SettingGroup
      icon={RotateCcw}
      title="Retry"
      hint="Tries again when the step fails."
      summary={summaryOf(retry)}
      isOn={retry !== undefined}
      onSwitch={(on) => onChange({ retry: on ? { constant: { attempts: 3, seconds: 5 } } : undefined })}
      hasProblem={problems.length > 0}
    >
      <div className="grid grid-cols-2 gap-3">
        <NumberField
          label="Attempts"
          value={constant?.attempts}
          onValue={(attempts = 0) => set({ constant: { seconds: 0, ...constant, attempts } })}
        />
        <NumberField
          label="Pause"
          unit="seconds"
          value={constant?.seconds}
          onValue={(seconds = 0) => set({ constant: { attempts: 0, ...constant, seconds } })}
        />
      </div>
      <Toggle
        label="Then with growing pauses"
        hint="After the attempts above: factor × base to the power of the attempt."
        checked={exponential !== undefined}
        onChecked={(on) =>
          set({ exponential: on ? { attempts: 5, multiplier: 1, seconds: 5, random_factor: 20 } : undefined })
        }
      />
      {exponential && (
        <div className="grid grid-cols-2 gap-3">
          <NumberField
            label="More attempts"
            value={exponential.attempts}
            onValue={(attempts = 0) => set({ exponential: { ...exponential, attempts } })}
          />
          <NumberField
            label="Base"
            unit="seconds"
            value={exponential.seconds}
            onValue={(seconds = 0) => set({ exponential: { ...exponential, seconds } })}
          />
          <NumberField
            label="Factor"
            value={exponential.multiplier}
            onValue={(multiplier = 1) => set({ exponential: { ...exponential, multiplier } })}
          />
          <NumberField
            label="Chance"
            unit="± %"
            value={exponential.random_factor}
            onValue={(random_factor) => set({ exponential: { ...exponential, random_factor } })}
          />
        </div>
      )}
      {problems.map((problem) => (
        <p key={problem} role="alert" className="text-xs text-danger">
          {problem}
        </p>
      ))}
      <Toggle
        label="Only on a condition"
        hint="For instance only for some kinds of errors."
        checked={retry?.retry_if !== undefined}
        onChecked={(on) => set({ retry_if: on ? { expr: "error.name !== 'ValueError'" } : undefined })}
      />
      {retry?.retry_if && (
        <ExpressionField
          step={module.id}
          field="retry_if"
          label="Retry when"
          value={retry.retry_if.expr}
          onValue={(expr) => set({ retry_if: { expr } }, "retry:if")}
        />
      )}
    </SettingGroup>
  );
}
