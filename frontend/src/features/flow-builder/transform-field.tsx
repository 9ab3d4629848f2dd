import { Braces, Pencil } from "lucide-react";
import { useId } from "react";
import type { InputTransform } from "@/flow-graph/types";
import { Input } from "@/ui/input";
import { Segmented } from "@/ui/tabs";
import { ExpressionField, pickedInto } from "./expression-field";
import { ValuePicker } from "./value-picker";

/** A setting that is a number or computed from what ran before. */
export function NumberOrExpression({
  step,
  field,
  label,
  hint,
  value,
  onValue,
  problems,
}: {
  step: string;
  field: string;
  label: string;
  hint?: string;
  value: InputTransform | number | undefined;
  onValue: (value: InputTransform | undefined) => void;
  problems?: readonly string[];
}) {
  const id = useId();
  const transform = typeof value === "number" ? ({ type: "static", value } as const) : value;
  const isExpression = transform?.type === "javascript";
  const number = transform?.type === "static" && typeof transform.value === "number" ? transform.value : "";
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex items-center gap-1.5">
        <label htmlFor={id} className="flex-1 text-sm font-medium">
          {label}
        </label>
        <ValuePicker
          step={step}
          name={label}
          label={`Take a value for ${label}`}
          onPick={(expr) =>
            onValue({
              type: "javascript",
              expr: isExpression ? pickedInto(id, transform.expr, expr) : expr,
            })
          }
        />
        <Segmented
          label={`How ${label} is given`}
          value={isExpression ? "javascript" : "static"}
          onValue={(type) =>
            onValue(type === "javascript" ? { type, expr: number === "" ? "" : String(number) } : undefined)
          }
          options={[
            { value: "static", label: <Pencil aria-label="Value" />, title: "A fixed value" },
            { value: "javascript", label: <Braces aria-label="Expression" />, title: "An expression" },
          ]}
        />
      </div>
      {isExpression ? (
        <ExpressionField
          id={id}
          step={step}
          field={field}
          label={label}
          value={transform.expr}
          onValue={(expr) => onValue({ type: "javascript", expr })}
          problems={problems}
        />
      ) : (
        <Input
          id={id}
          type="number"
          min={0}
          step="any"
          value={number}
          onChange={(event) => {
            const next = event.target.valueAsNumber;
            onValue(Number.isNaN(next) ? undefined : { type: "static", value: next });
          }}
        />
      )}
      {hint && <p className="text-xs text-muted">{hint}</p>}
    </div>
  );
}
