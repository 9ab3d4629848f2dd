import { X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Property } from "@/api/types";
import { Button } from "@/ui/button";
import { Input, Textarea } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { useForm } from "../context";
import { COMPUTED_DEFAULT, type Kind } from "../kind";
import { DynamicField } from "./dynamic";
import { EnumField } from "./enum";
import { FileField } from "./file";
import { JsonField } from "./json";
import { Choices, ListField } from "./list";
import { NumberField } from "./number";
import { ObjectField, OneOfField } from "./object";
import { ResourceField } from "./resource";
import { StoredFileField } from "./stored-file";

const SmallEditor = lazy(() => import("@/features/editor/small-editor"));

export type ValueProps = {
  id: string;
  at: string;
  property: Property;
  kind: Kind;
  value: unknown;
  onValue: (value: unknown) => void;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  "aria-label"?: string;
};

/** The control for one value. The switch is exhaustive: a new kind does not compile without its field. */
export function ValueField(props: ValueProps) {
  const { id, at, property, kind, value, onValue, ...aria } = props;
  const { disabled } = useForm();
  if (typeof value === "string" && /^\$(var|jsonvar):/.test(value)) {
    return <Reference id={id} value={value} onClear={() => onValue(undefined)} disabled={disabled} />;
  }
  switch (kind.kind) {
    case "text":
      return (
        <Input
          id={id}
          type={kind.input}
          value={text(value)}
          autoComplete={kind.input === "password" ? "new-password" : "off"}
          placeholder={property.placeholder ?? placeholder(property)}
          disabled={disabled}
          onChange={(event) => onValue(cleared(event.target.value, property))}
          {...aria}
        />
      );
    case "textarea":
      return (
        <Textarea
          id={id}
          value={text(value)}
          rows={property.minRows ?? 4}
          placeholder={property.placeholder}
          disabled={disabled}
          onChange={(event) => onValue(cleared(event.target.value, property))}
          {...aria}
        />
      );
    case "code":
      return (
        <Suspense fallback={<Skeleton className="h-36" />}>
          <SmallEditor
            value={text(value)}
            language={kind.language}
            onValue={(next) => onValue(cleared(next, property))}
            label={at}
            readOnly={disabled}
          />
        </Suspense>
      );
    case "number":
      return <NumberField {...props} kind={kind} />;
    case "boolean":
      return (
        <Segmented
          label={at}
          value={value === true ? "true" : "false"}
          onValue={(next) => onValue(next === "true")}
          options={[
            { value: "true", label: "Yes" },
            { value: "false", label: "No" },
          ]}
        />
      );
    case "enum":
      return <EnumField {...props} kind={kind} />;
    case "date":
      return (
        <Input
          id={id}
          type="date"
          value={text(value).slice(0, 10)}
          disabled={disabled}
          onChange={(event) => onValue(event.target.value || undefined)}
          {...aria}
        />
      );
    case "time":
      return (
        <Input
          id={id}
          type="time"
          step={1}
          value={text(value).slice(0, 8)}
          disabled={disabled}
          onChange={(event) => onValue(event.target.value || undefined)}
          className="w-40"
          {...aria}
        />
      );
    case "date-time":
      return (
        <Input
          id={id}
          type="datetime-local"
          step={1}
          value={toLocal(text(value))}
          disabled={disabled}
          onChange={(event) => onValue(fromLocal(event.target.value))}
          {...aria}
        />
      );
    case "file":
      return <FileField id={id} value={value} onValue={onValue} disabled={disabled} {...aria} />;
    case "list":
      return <ListField at={at} item={kind.item} value={value} onValue={onValue} disabled={disabled} />;
    case "choices":
      return <Choices at={at} values={kind.values} value={value} onValue={onValue} disabled={disabled} />;
    case "object":
      return <ObjectField at={at} kind={kind} value={value} onValue={onValue} />;
    case "one-of":
      return (
        <OneOfField at={at} variants={kind.variants} value={value} onValue={onValue} disabled={disabled} />
      );
    case "resource":
      return (
        <ResourceField
          id={id}
          type={kind.type}
          value={value}
          onValue={onValue}
          disabled={disabled}
          {...aria}
        />
      );
    case "stored-file":
      return <StoredFileField id={id} value={value} onValue={onValue} disabled={disabled} {...aria} />;
    case "dynamic":
      return (
        <DynamicField
          id={id}
          entrypoint={kind.entrypoint}
          multiple={kind.multiple}
          value={value}
          onValue={onValue}
          disabled={disabled}
        />
      );
    case "json":
      return <JsonField {...props} strict />;
    case "unknown":
      return <JsonField {...props} strict={false} />;
  }
}

function text(value: unknown): string {
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : JSON.stringify(value);
}

/** An emptied field means "not given", unless a default would then take its place. */
function cleared(next: string, property: Property): string | undefined {
  if (next !== "") return next;
  return typeof property.default === "string" && property.default !== COMPUTED_DEFAULT ? "" : undefined;
}

function placeholder(property: Property): string | undefined {
  return typeof property.default === "string" && property.default !== COMPUTED_DEFAULT
    ? property.default
    : undefined;
}

function toLocal(iso: string): string {
  const date = new Date(iso);
  if (!iso || Number.isNaN(date.getTime())) return "";
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

function fromLocal(value: string): string | undefined {
  if (!value) return undefined;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function Reference({
  id,
  value,
  onClear,
  disabled,
}: {
  id: string;
  value: string;
  onClear: () => void;
  disabled?: boolean;
}) {
  return (
    <div className="flex h-8 items-center gap-2 rounded-md border border-accent/40 bg-accent-soft pl-2.5 pr-1">
      <input
        id={id}
        readOnly
        value={value}
        className="min-w-0 flex-1 truncate bg-transparent font-mono text-xs text-accent-text outline-none"
      />
      {!disabled && (
        <Button
          variant="ghost"
          size="icon-sm"
          className="size-6"
          aria-label="Remove the variable"
          onClick={onClear}
        >
          <X />
        </Button>
      )}
    </div>
  );
}
