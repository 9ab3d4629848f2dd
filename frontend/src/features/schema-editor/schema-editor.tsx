import { Plus, Trash2 } from "lucide-react";
import { useId, useMemo, useRef, useState } from "react";
import type { Property, Schema } from "@/api/types";
import { FormContext } from "@/features/schema-form/context";
import { ValueField } from "@/features/schema-form/fields/value";
import { fieldKind, orderedNames } from "@/features/schema-form/kind";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { Switch } from "@/ui/switch";
import { KIND_LABELS, kindOf, PROPERTY_KINDS, type PropertyKind, withKind } from "./property-kind";
import { MoveButtons, OpenButton } from "./property-row";
import { addProperty, nameProblem, removeProperty, setProperty, setRequired } from "./schema-edits";

type EditorProps = {
  schema: Schema;
  onSchema: (schema: Schema, field?: string) => void;
  /** A name changes; what refers to it is the caller's to rewrite. */
  onRename: (from: string, to: string) => void;
  /** What one property is called: "input", "field". */
  noun: string;
};

function NameField({
  schema,
  name,
  onRename,
}: {
  schema: Schema;
  name: string;
  onRename: (to: string) => void;
}) {
  const [text, setText] = useState(name);
  const [known, setKnown] = useState(name);
  if (known !== name) {
    setKnown(name);
    setText(name);
  }
  const problem = nameProblem(schema, text, name);
  const commit = () => {
    if (problem) setText(name);
    else if (text !== name) onRename(text);
  };
  return (
    <Field label="Name" error={text === name ? null : problem}>
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        className="font-mono text-xs"
        spellCheck={false}
      />
    </Field>
  );
}

function Choices({ property, onProperty }: { property: Property; onProperty: (property: Property) => void }) {
  const [text, setText] = useState((property.enum ?? []).join("\n"));
  return (
    <Field label="Choices" hint="One per line.">
      <Textarea
        value={text}
        rows={3}
        onChange={(event) => {
          setText(event.target.value);
          const lines = event.target.value.split("\n").map((line) => line.trim());
          onProperty({ ...property, enum: [...new Set(lines.filter(Boolean))] });
        }}
      />
    </Field>
  );
}

const ITEM_TYPES = [
  { value: "string", label: "Text" },
  { value: "integer", label: "Whole numbers" },
  { value: "number", label: "Numbers" },
  { value: "object", label: "Objects" },
];

function Details({ schema, name, onSchema, onRename }: Omit<EditorProps, "noun"> & { name: string }) {
  const id = useId();
  const property = schema.properties?.[name] ?? {};
  const kind = kindOf(property);
  const set = (next: Property) => onSchema(setProperty(schema, name, next), name);
  const required = schema.required?.includes(name) ?? false;
  return (
    <div className="flex flex-col gap-4 border-t border-line px-3 py-3.5">
      <div className="grid grid-cols-2 gap-3">
        <NameField schema={schema} name={name} onRename={(to) => onRename(name, to)} />
        <Field label="Type">
          <Select
            value={kind}
            onValue={(next) => set(withKind(property, next as PropertyKind))}
            options={PROPERTY_KINDS.map((value) => ({ value, label: KIND_LABELS[value] }))}
          />
        </Field>
      </div>
      {kind === "choice" && <Choices property={property} onProperty={set} />}
      {kind === "list" && (
        <Field label="Items">
          <Select
            value={property.items?.type ?? "string"}
            onValue={(type) => set({ ...property, items: { type } })}
            options={ITEM_TYPES}
          />
        </Field>
      )}
      {kind === "resource" && (
        <Field label="Type of the resource" hint="For instance postgresql or slack.">
          <Input
            value={(property.format ?? "").replace(/^resource-/, "")}
            onChange={(event) => set({ ...property, format: `resource-${event.target.value.trim()}` })}
            className="font-mono text-xs"
          />
        </Field>
      )}
      <Field label="Label" optional>
        <Input
          value={property.title ?? ""}
          placeholder={name}
          onChange={(event) => set({ ...property, title: event.target.value || undefined })}
        />
      </Field>
      <Field label="Description" optional>
        <Input
          value={property.description ?? ""}
          onChange={(event) => set({ ...property, description: event.target.value || undefined })}
        />
      </Field>
      {kind !== "file" && kind !== "resource" && (
        <div className="flex flex-col gap-1.5">
          <label htmlFor={`arg-${id}`} className="text-sm font-medium">
            Default <span className="ml-1 text-xs font-normal text-faint">optional</span>
          </label>
          <div className={cn(kind === "boolean" && "flex")}>
            <ValueField
              id={`arg-${id}`}
              at={`default-${name}`}
              property={{ ...property, default: undefined }}
              kind={fieldKind(property)}
              value={property.default ?? undefined}
              onValue={(value) => set({ ...property, default: value as never })}
            />
          </div>
        </div>
      )}
      <div className="flex items-center gap-2">
        <Switch
          id={`${id}-required`}
          checked={required}
          onCheckedChange={(on) => onSchema(setRequired(schema, name, on))}
        />
        <label htmlFor={`${id}-required`} className="text-sm">
          Required
        </label>
      </div>
    </div>
  );
}

/** What a row is known by while its property gets other names: it stays the same row, and keeps the keyboard. */
function useRows() {
  const keys = useRef(new Map<string, string>());
  const renamed = useRef(0);
  const keyOf = (name: string) => keys.current.get(name) ?? name;
  const rename = (from: string, to: string) => {
    keys.current.set(to, keyOf(from));
    renamed.current += 1;
    keys.current.set(from, `${from} ${renamed.current}`);
  };
  return { keyOf, rename };
}

/** The list of a form's fields: their names, types, texts and order. */
export function SchemaEditor({ schema, onSchema, onRename, noun }: EditorProps) {
  const workspace = useWorkspace();
  const [open, setOpen] = useState<string | null>(null);
  const rows = useRows();
  const context = useMemo(() => ({ workspace, errors: {}, args: () => ({}) }), [workspace]);
  const names = orderedNames(schema);
  return (
    <FormContext value={context}>
      <div className="flex flex-col gap-2">
        {names.map((name) => {
          const property = schema.properties?.[name] ?? {};
          const isOpen = open === name;
          return (
            <section
              key={rows.keyOf(name)}
              className="rounded-lg border border-line bg-surface"
              data-property={name}
            >
              <header className="flex items-center gap-1 pr-2">
                <OpenButton
                  isOpen={isOpen}
                  onToggle={() => setOpen(isOpen ? null : name)}
                  className="rounded-lg px-3 py-2"
                >
                  <span className="truncate font-mono text-xs font-medium">{name}</span>
                  <Badge>{KIND_LABELS[kindOf(property)]}</Badge>
                  {schema.required?.includes(name) && <Badge tone="outline">Required</Badge>}
                </OpenButton>
                <MoveButtons schema={schema} name={name} onSchema={onSchema} />
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Remove ${name}`}
                  onClick={() => onSchema(removeProperty(schema, name))}
                >
                  <Trash2 />
                </Button>
              </header>
              {isOpen && (
                <Details
                  schema={schema}
                  name={name}
                  onSchema={onSchema}
                  onRename={(from, to) => {
                    rows.rename(from, to);
                    onRename(from, to);
                    setOpen(to);
                  }}
                />
              )}
            </section>
          );
        })}
        <Button
          className="self-start"
          size="sm"
          onClick={() => {
            const added = addProperty(schema);
            onSchema(added.schema);
            setOpen(added.name);
          }}
        >
          <Plus /> Add {noun}
        </Button>
      </div>
    </FormContext>
  );
}
