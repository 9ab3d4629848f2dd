import type { ReactNode } from "react";
import type { Property } from "@/api/types";
import { isSealed, SealedBadge } from "@/features/jobs/sealed";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Field } from "@/ui/field";
import { Switch } from "@/ui/switch";
import { useForm } from "../context";
import { COMPUTED_DEFAULT, fieldKind, type Kind, kindWords } from "../kind";
import { nameInWords } from "../values";
import { ValueField } from "./value";
import { VariablePicker } from "./variable-picker";

type ArgumentProps = {
  name: string;
  /** Place of the value in the form: `options.depth`. */
  at: string;
  property: Property;
  required: boolean;
  value: unknown;
  onValue: (value: unknown) => void;
};

/** Kinds that bring their own controls; a label cannot point at a single input of theirs. */
function isGroup(kind: Kind["kind"]): boolean {
  return kind === "object" || kind === "one-of" || kind === "list" || kind === "choices";
}

/** Kinds whose type their field does not show. */
const HINTED = new Set<Kind["kind"]>(["resource", "list", "number", "file", "unknown", "json"]);

function TypeHint({ property, kind }: { property: Property; kind: Kind }) {
  if (!HINTED.has(kind.kind)) return null;
  return <span className="font-mono text-2xs text-faint">{kindWords(property)}</span>;
}

/** One argument: name, description, control, error. */
export function ArgumentField({ name, at, property, required, value, onValue }: ArgumentProps) {
  const { errors, disabled, bare, plain } = useForm();
  const kind = fieldKind(property);
  const computed = property.default === COMPUTED_DEFAULT;
  const label = property.title || property.label || (plain ? nameInWords(name) : name);
  const description = property.description || "";
  const error = errors[at];
  const hint: ReactNode = [description, computed && value === undefined ? "Computed when it runs." : ""]
    .filter(Boolean)
    .join(" ");

  if (isSealed(value)) {
    return (
      <div className="flex min-w-0 flex-col gap-1.5">
        <span className="text-sm font-medium">{label}</span>
        <span className="flex flex-wrap items-center gap-2 text-xs text-muted">
          <SealedBadge /> As it was in the run.
          {!disabled && (
            <Button size="sm" variant="ghost" onClick={() => onValue(undefined)}>
              Give another
            </Button>
          )}
        </span>
      </div>
    );
  }
  if (kind.kind === "boolean") {
    const id = `arg-${at}`;
    return (
      <div className="flex items-start gap-3">
        <Switch
          id={id}
          checked={value === true}
          onCheckedChange={onValue}
          disabled={disabled}
          aria-describedby={hint ? `${id}-hint` : undefined}
          className="mt-px"
        />
        <div className="min-w-0">
          <label htmlFor={id} className="block text-sm font-medium">
            {label}
          </label>
          {hint && (
            <p id={`${id}-hint`} className="text-xs text-muted">
              {hint}
            </p>
          )}
        </div>
      </div>
    );
  }

  const takesVariable =
    (kind.kind === "text" || kind.kind === "textarea" || kind.kind === "code" || kind.kind === "unknown") &&
    !disabled;
  const aside = plain ? null : (
    <div className="flex items-center gap-2">
      <TypeHint property={property} kind={kind} />
      {takesVariable && <VariablePicker onPick={(path) => onValue(`$var:${path}`)} />}
    </div>
  );

  if (bare) {
    return (
      <ValueField
        id={`arg-${at}`}
        at={label}
        property={property}
        kind={kind}
        value={value}
        onValue={onValue}
        aria-label={label}
      />
    );
  }
  if (isGroup(kind.kind)) {
    return (
      <fieldset className="min-w-0">
        <legend className="sr-only">{label}</legend>
        <div className="mb-1.5 flex items-center justify-between gap-2" aria-hidden>
          <span className="text-sm font-medium">
            {label}
            {required && <span className="ml-0.5 text-danger">*</span>}
          </span>
          {aside}
        </div>
        <ValueField
          id={`arg-${at}`}
          at={at}
          property={property}
          kind={kind}
          value={value}
          onValue={onValue}
        />
        {hint && <p className="mt-1.5 text-xs text-muted">{hint}</p>}
        {error && (
          <p role="alert" className="mt-1.5 text-xs text-danger">
            {error}
          </p>
        )}
      </fieldset>
    );
  }

  return (
    <Field
      label={label}
      required={required}
      hint={hint || undefined}
      error={error}
      aside={aside}
      className={cn("min-w-0")}
    >
      <ValueField id={`arg-${at}`} at={at} property={property} kind={kind} value={value} onValue={onValue} />
    </Field>
  );
}
