import { useQuery } from "@tanstack/react-query";
import { Braces, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { resourcesQuery } from "@/features/resources/resources";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Textarea } from "@/ui/input";
import { useForm } from "../context";
import { Unparsed } from "../values";

// The resource dialog holds a schema form itself; loading it on demand keeps the two modules apart.
const ResourceDialog = lazy(() => import("@/features/resources/resource-dialog"));

type ResourceFieldProps = {
  id: string;
  type: string;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

/** Picks a resource of a type, makes a new one, or takes the value itself as JSON. */
export function ResourceField({ id, type, value, onValue, disabled, ...aria }: ResourceFieldProps) {
  const { workspace } = useForm();
  const inline =
    value !== undefined && value !== null && !(typeof value === "string" && value.startsWith("$res:"));
  const [raw, setRaw] = useState(inline);
  const [creating, setCreating] = useState(false);
  const list = useQuery(resourcesQuery(workspace, type ? { type } : {}));
  const kind = type ? `${type} resource` : "resource";
  const path = typeof value === "string" ? value.replace(/^\$res:/, "") : "";
  if (raw) {
    return (
      <div className="flex flex-col gap-1.5">
        <RawValue id={id} value={value} onValue={onValue} disabled={disabled} />
        {!disabled && (
          <Button
            variant="link"
            size="sm"
            className="self-start"
            onClick={() => {
              setRaw(false);
              onValue(undefined);
            }}
          >
            Choose a resource instead
          </Button>
        )}
      </div>
    );
  }
  return (
    <>
      <Combobox
        id={id}
        value={path}
        onValue={(next) => onValue(next ? `$res:${next}` : undefined)}
        options={(list.data ?? []).map((resource) => ({
          value: resource.path,
          hint: resource.description ?? "",
        }))}
        placeholder={`Choose a ${kind}…`}
        loading={list.isPending}
        empty={list.isError ? "The resources could not be loaded." : `No ${kind} yet.`}
        clearable
        disabled={disabled}
        footer={
          <div className="flex">
            <Button variant="ghost" size="sm" onClick={() => setCreating(true)}>
              <Plus /> New {kind}
            </Button>
            <Button variant="ghost" size="sm" className="ml-auto" onClick={() => setRaw(true)}>
              <Braces /> JSON
            </Button>
          </div>
        }
        {...aria}
      />
      {creating && (
        <Suspense>
          <ResourceDialog
            workspace={workspace}
            type={type}
            onClose={() => setCreating(false)}
            onSaved={(saved) => onValue(`$res:${saved}`)}
          />
        </Suspense>
      )}
    </>
  );
}

function RawValue({
  id,
  value,
  onValue,
  disabled,
}: {
  id: string;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
}) {
  const [text, setText] = useState(() =>
    value === undefined ? "" : value instanceof Unparsed ? value.text : JSON.stringify(value, null, 2),
  );
  return (
    <Textarea
      id={id}
      value={text}
      disabled={disabled}
      spellCheck={false}
      className="font-mono text-xs"
      placeholder="{}"
      onChange={(event) => {
        setText(event.target.value);
        try {
          onValue(event.target.value.trim() ? JSON.parse(event.target.value) : undefined);
        } catch {
          onValue(new Unparsed(event.target.value));
        }
      }}
    />
  );
}
