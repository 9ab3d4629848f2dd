import { useId, useState } from "react";
import type { Json, Property, Schema } from "@/api/types";
import { MoveButtons, OpenButton } from "@/features/schema-editor/property-row";
import { BadCondition, evaluate } from "@/features/schema-form/condition";
import { changeProperty } from "@/features/schema-form/edits";
import { fieldKind, kindWords, orderedNames } from "@/features/schema-form/kind";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { Badge } from "@/ui/badge";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";

type Change = (change: Partial<Property>) => void;

const FORMATS = [
  { value: "", label: "One line" },
  { value: "textarea", label: "Several lines" },
  { value: "email", label: "Email address" },
  { value: "uri", label: "Web address" },
  { value: "password", label: "Password" },
  { value: "date", label: "Date" },
  { value: "date-time", label: "Date and time" },
  { value: "time", label: "Time of day" },
  { value: "json", label: "JSON" },
  { value: "yaml", label: "YAML" },
  { value: "sql", label: "SQL" },
] as const;

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What can be said about a text. */
function TextRules({ property, onChange }: { property: Property; onChange: Change }) {
  const fixed = property.originalType === "enum" || property.contentEncoding === "base64";
  if (fixed) return null;
  return (
    <>
      <Field label="Asked as">
        <Select
          value={property.password ? "password" : (property.format ?? "")}
          onValue={(format) =>
            onChange({
              format: format && format !== "password" ? format : undefined,
              password: format === "password" || undefined,
            })
          }
          options={FORMATS.map((format) => ({ ...format }))}
        />
      </Field>
      <Field label="Choices" optional hint="One a line; with none, any text is taken.">
        <Textarea
          rows={3}
          defaultValue={property.enum?.map(String).join("\n") ?? ""}
          onChange={(event) => {
            const choices = lines(event.target.value);
            onChange({ enum: choices.length > 0 ? choices : undefined });
          }}
        />
      </Field>
      <Field label="Pattern" optional hint="A regular expression that the text must match.">
        <Input
          className="font-mono text-xs"
          value={property.pattern ?? ""}
          onChange={(event) => onChange({ pattern: event.target.value || undefined })}
        />
      </Field>
      {property.pattern && (
        <Field label="What to say when it does not" optional>
          <Input
            value={property.customErrorMessage ?? ""}
            onChange={(event) => onChange({ customErrorMessage: event.target.value || undefined })}
          />
        </Field>
      )}
      <Field label="Placeholder" optional>
        <Input
          value={property.placeholder ?? ""}
          onChange={(event) => onChange({ placeholder: event.target.value || undefined })}
        />
      </Field>
    </>
  );
}

function NumberRules({ property, onChange }: { property: Property; onChange: Change }) {
  const bound = (name: "min" | "max", label: string) => (
    <Field label={label} optional>
      <Input
        type="number"
        value={property[name] ?? ""}
        onChange={(event) =>
          onChange({ [name]: event.target.value === "" ? undefined : Number(event.target.value) })
        }
      />
    </Field>
  );
  return (
    <>
      <div className="grid grid-cols-2 gap-3">
        {bound("min", "At least")}
        {bound("max", "At most")}
      </div>
      <div className="grid grid-cols-2 gap-3">
        <Field label="Currency" optional hint="Such as EUR.">
          <Input
            value={property.currency ?? ""}
            maxLength={3}
            onChange={(event) => onChange({ currency: event.target.value.toUpperCase() || undefined })}
          />
        </Field>
        {property.min !== undefined && property.max !== undefined && (
          <Field label="Asked as">
            <Select
              value={property.widget === "input" ? "input" : "slider"}
              onValue={(widget) => onChange({ widget: widget === "input" ? "input" : undefined })}
              options={[
                { value: "slider", label: "Slider" },
                { value: "input", label: "Number" },
              ]}
            />
          </Field>
        )}
      </div>
    </>
  );
}

function EnumRules({ property, onChange }: { property: Property; onChange: Change }) {
  return (
    <>
      <Field label="Asked as">
        <Select
          value={property.widget === "radio" ? "radio" : "select"}
          onValue={(widget) => onChange({ widget: widget === "radio" ? "radio" : undefined })}
          options={[
            { value: "select", label: "List to choose from" },
            { value: "radio", label: "Radio buttons" },
          ]}
        />
      </Field>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1 text-sm font-medium">Labels</legend>
        {(property.enum ?? []).map((choice) => {
          const name = String(choice);
          return (
            <div key={name} className="flex items-center gap-2">
              <span className="w-32 shrink-0 truncate font-mono text-xs text-muted">{name}</span>
              <Input
                aria-label={`Label of ${name}`}
                placeholder={name}
                value={property.enumLabels?.[name] ?? ""}
                onChange={(event) => {
                  const { [name]: _old, ...others } = property.enumLabels ?? {};
                  onChange({
                    enumLabels: event.target.value ? { ...others, [name]: event.target.value } : others,
                  });
                }}
              />
            </div>
          );
        })}
      </fieldset>
    </>
  );
}

function ListRules({ property, onChange }: { property: Property; onChange: Change }) {
  if (property.items?.type !== "string" || property.items.contentEncoding) return null;
  return (
    <Field label="Choices" optional hint="One a line; with some, any number of them can be chosen.">
      <Textarea
        rows={3}
        defaultValue={property.items.enum?.map(String).join("\n") ?? ""}
        onChange={(event) => {
          const { enum: _old, ...items } = property.items ?? {};
          const choices = lines(event.target.value);
          onChange({ items: choices.length > 0 ? { ...items, enum: choices } : items });
        }}
      />
    </Field>
  );
}

function conditionProblem(text: string): string | undefined {
  if (!text.trim()) return undefined;
  try {
    evaluate(text, {});
    return undefined;
  } catch (error) {
    return error instanceof BadCondition ? `Not a condition: ${error.message}.` : undefined;
  }
}

function PropertyRules({
  name,
  property,
  workspace,
  onChange,
}: {
  name: string;
  property: Property;
  workspace: string;
  onChange: Change;
}) {
  const kind = fieldKind(property).kind;
  return (
    <div className="flex flex-col gap-4 border-t border-line bg-sunken/40 px-4 py-4">
      <Field label="Description" optional>
        <Textarea
          rows={2}
          value={property.description ?? ""}
          onChange={(event) => onChange({ description: event.target.value })}
        />
      </Field>
      <Field label="Title" optional hint="Shown instead of the name.">
        <Input
          value={property.title ?? ""}
          placeholder={name}
          onChange={(event) => onChange({ title: event.target.value || undefined })}
        />
      </Field>
      {property.type === "string" && <TextRules property={property} onChange={onChange} />}
      {kind === "number" && <NumberRules property={property} onChange={onChange} />}
      {kind === "enum" && <EnumRules property={property} onChange={onChange} />}
      {property.type === "array" && <ListRules property={property} onChange={onChange} />}
      <div>
        <span className="mb-1.5 block text-sm font-medium">Default</span>
        <SchemaForm
          schema={{
            properties: {
              default: { ...property, title: "Default", description: "", default: null, showExpr: undefined },
            },
          }}
          args={{ default: property.default ?? undefined }}
          onArgs={(args) => onChange({ default: (args.default ?? null) as Json })}
          workspace={workspace}
          bare
        />
      </div>
      <Field
        label="Shown when"
        optional
        hint={'A condition over the other inputs, such as fields.kind === "mail".'}
        error={conditionProblem(property.showExpr ?? "")}
      >
        <Input
          className="font-mono text-xs"
          value={property.showExpr ?? ""}
          onChange={(event) => onChange({ showExpr: event.target.value || undefined })}
          placeholder="always"
        />
      </Field>
    </div>
  );
}

type SchemaEditorProps = {
  schema: Schema | null;
  onSchema: (schema: Schema) => void;
  workspace: string;
};

/** The arguments as the form asks for them: order, words, rules. What the code says is read from it again and again. */
export function SchemaEditor({ schema, onSchema, workspace }: SchemaEditorProps) {
  const [open, setOpen] = useState<string | null>(null);
  const [raw, setRaw] = useState(false);
  const id = useId();
  const names = orderedNames(schema ?? { properties: {} });
  if (!schema || names.length === 0) {
    return <p className="px-4 py-6 text-sm text-muted">This script takes no inputs.</p>;
  }
  return (
    <div className="flex flex-col">
      <div className="flex items-center gap-2 px-4 py-2.5">
        <p className="flex-1 text-xs text-muted">
          Names and types come from the code; what you set here stays when the code changes.
        </p>
        <Switch id={`${id}-raw`} checked={raw} onCheckedChange={setRaw} />
        <label htmlFor={`${id}-raw`} className="text-xs">
          JSON
        </label>
      </div>
      {raw ? (
        <pre className="thin-scroll overflow-auto border-t border-line bg-sunken p-4 font-mono text-xs">
          {JSON.stringify(schema, null, 2)}
        </pre>
      ) : (
        <ol className="border-t border-line">
          {names.map((name) => {
            const property = schema.properties?.[name] ?? {};
            const shown = open === name;
            return (
              <li key={name} className="border-b border-line">
                <div className="flex items-center gap-2 py-1 pl-2 pr-3 hover:bg-hover/50">
                  <OpenButton isOpen={shown} onToggle={() => setOpen(shown ? null : name)} className="py-1">
                    <span className="truncate font-mono text-xs">
                      {name}
                      {schema.required?.includes(name) && <span className="text-danger">*</span>}
                    </span>
                    <Badge>{kindWords(property)}</Badge>
                    {property.showExpr && <Badge tone="accent">conditional</Badge>}
                    <span className="min-w-0 flex-1 truncate text-xs text-muted">{property.description}</span>
                  </OpenButton>
                  <MoveButtons schema={schema} name={name} onSchema={onSchema} />
                </div>
                {shown && (
                  <PropertyRules
                    name={name}
                    property={property}
                    workspace={workspace}
                    onChange={(change) => onSchema(changeProperty(schema, name, change))}
                  />
                )}
              </li>
            );
          })}
        </ol>
      )}
    </div>
  );
}
