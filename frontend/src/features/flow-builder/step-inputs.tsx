import { Braces, Pencil, Trash2 } from "lucide-react";
import { useMemo } from "react";
import type { Property, Schema } from "@/api/types";
import { FormContext } from "@/features/schema-form/context";
import { ValueField } from "@/features/schema-form/fields/value";
import { VariablePicker } from "@/features/schema-form/fields/variable-picker";
import { fieldKind, kindWords, orderedNames } from "@/features/schema-form/kind";
import { useWorkspace } from "@/features/session/session";
import type { Problem } from "@/flow-graph/checks";
import type { InputTransform, Transforms } from "@/flow-graph/types";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { ExpressionField, pickedInto } from "./expression-field";
import { problemsOf } from "./use-problems";
import { ValuePicker } from "./value-picker";

type RowProps = {
  step: string;
  name: string;
  property: Property;
  required: boolean;
  transform: InputTransform | undefined;
  problems: readonly Problem[];
  isUnknown: boolean;
  onTransform: (transform: InputTransform | undefined) => void;
};

/** One input of a step: a fixed value, or an expression over what ran before. */
function InputRow(props: RowProps) {
  const { step, name, property, required, transform, problems, isUnknown, onTransform } = props;
  const kind = fieldKind(property);
  const isExpression = transform?.type === "javascript";
  const sentences = problemsOf(problems, "input", name);
  const id = `input-${step}-${name}`;
  const takesText = kind.kind === "text" || kind.kind === "textarea" || kind.kind === "unknown";
  const isBoolean = kind.kind === "boolean";
  return (
    <div className="flex min-w-0 flex-col gap-1.5" data-input={name}>
      <div className="flex min-h-6 items-center gap-1.5">
        <label htmlFor={id} className="min-w-0 truncate text-sm font-medium">
          {property.title || name}
          {required && (
            <span className="ml-0.5 text-danger" aria-hidden>
              *
            </span>
          )}
        </label>
        <span className="min-w-0 flex-1 truncate font-mono text-2xs text-faint">{kindWords(property)}</span>
        {isUnknown ? (
          <Button size="sm" variant="ghost" className="h-6" onClick={() => onTransform(undefined)}>
            <Trash2 /> Remove
          </Button>
        ) : (
          <>
            {takesText && !isExpression && (
              <VariablePicker onPick={(path) => onTransform({ type: "static", value: `$var:${path}` })} />
            )}
            <ValuePicker
              step={step}
              name={name}
              label={`Take a value for ${name}`}
              onPick={(expr) =>
                onTransform({
                  type: "javascript",
                  expr: isExpression ? pickedInto(id, transform.expr, expr) : expr,
                })
              }
            />
            <Segmented
              label={`How ${name} is given`}
              value={isExpression ? "javascript" : "static"}
              onValue={(type) =>
                onTransform(
                  type === "javascript"
                    ? { type, expr: transform?.type === "static" ? starting(transform.value) : "" }
                    : { type, value: undefined },
                )
              }
              options={[
                { value: "static", label: <Pencil aria-label="Value" />, title: "A fixed value" },
                { value: "javascript", label: <Braces aria-label="Expression" />, title: "An expression" },
              ]}
            />
          </>
        )}
      </div>
      {property.description && <p className="text-xs text-muted">{property.description}</p>}
      {isExpression ? (
        <ExpressionField
          id={id}
          step={step}
          field="input"
          label={name}
          value={transform.expr}
          onValue={(expr) => onTransform({ type: "javascript", expr })}
          problems={sentences}
        />
      ) : (
        <>
          <div className={isBoolean ? "flex" : undefined}>
            <ValueField
              id={id}
              at={name}
              property={property}
              kind={kind}
              value={transform?.type === "static" ? (transform.value ?? undefined) : undefined}
              onValue={(value) => onTransform(value === undefined ? undefined : { type: "static", value })}
              aria-invalid={sentences.length > 0 || undefined}
            />
          </div>
          {sentences.length > 0 && (
            <p role="alert" className="text-xs text-danger">
              {sentences.join(" ")}
            </p>
          )}
        </>
      )}
    </div>
  );
}

/** The expression that a fixed value becomes, so that switching loses nothing. */
function starting(value: unknown): string {
  return value === undefined || value === null ? "" : (JSON.stringify(value) ?? "");
}

type StepInputsProps = {
  step: string;
  schema: Schema | null | undefined;
  isPending: boolean;
  transforms: Transforms;
  problems: readonly Problem[];
  onTransforms: (transforms: Transforms, field: string) => void;
};

const NO_ERRORS = {};

/** All inputs of a step: those that its code takes, then those that it no longer takes. */
export function StepInputs(props: StepInputsProps) {
  const { step, schema, isPending, transforms, problems, onTransforms } = props;
  const workspace = useWorkspace();
  const context = useMemo(() => ({ workspace, errors: NO_ERRORS, args: () => ({}) }), [workspace]);
  const known = orderedNames(schema ?? { properties: {} });
  const extra = Object.keys(transforms).filter((name) => !known.includes(name));
  const set = (name: string, transform: InputTransform | undefined) => {
    const next = { ...transforms };
    if (transform === undefined) delete next[name];
    else next[name] = transform;
    onTransforms(next, `input:${name}`);
  };
  if (!schema && isPending && extra.length === 0) return <Skeleton className="h-24" />;
  if (known.length === 0 && extra.length === 0) {
    return <p className="text-sm text-muted">This step takes no inputs.</p>;
  }
  return (
    <FormContext value={context}>
      <div className="flex flex-col gap-5">
        {[...known, ...extra].map((name) => (
          <InputRow
            key={name}
            step={step}
            name={name}
            property={schema?.properties?.[name] ?? {}}
            required={schema?.required?.includes(name) ?? false}
            transform={transforms[name]}
            problems={problems}
            isUnknown={Boolean(schema) && !known.includes(name)}
            onTransform={(transform) => set(name, transform)}
          />
        ))}
      </div>
    </FormContext>
  );
}
