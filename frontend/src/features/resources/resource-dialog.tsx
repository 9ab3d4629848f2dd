import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { Args, Resource } from "@/api/types";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { initialArgs, sendable, Unparsed, validate } from "@/features/schema-form/values";
import { useMayWrite } from "@/features/session/rights";
import { useMember } from "@/features/session/session";
import { useChange } from "@/ui/change";
import { Combobox } from "@/ui/combobox";
import { EditDrawer, READ_ONLY } from "@/ui/edit-drawer";
import { Field } from "@/ui/field";
import { focusFirstInvalid } from "@/ui/focus";
import { Input, Textarea } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { EarlierValues } from "./earlier-values";
import { createResource, resourceTypeQuery, resourceTypesQuery, updateResource } from "./resources";

type ResourceDialogProps = {
  workspace: string;
  /** The resource to edit; absent for a new one. */
  resource?: Resource;
  /** Type of a new resource, when it is given. */
  type?: string;
  onClose: () => void;
  onSaved?: (path: string) => void;
};

function parse(text: string): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return new Unparsed(text);
  }
}

/** Makes or changes a resource; the value has the form of its type, or is JSON where the type has none. */
export default function ResourceDialog({
  workspace,
  resource,
  type: givenType,
  onClose,
  onSaved,
}: ResourceDialogProps) {
  const member = useMember();
  const mayWrite = useMayWrite();
  const [type, setType] = useState(resource?.resource_type ?? givenType ?? "");
  const [path, setPath] = useState(resource?.path ?? `u/${member?.username ?? ""}/`);
  const [description, setDescription] = useState(resource?.description ?? "");
  const [mode, setMode] = useState<"form" | "json">("form");
  const [args, setArgs] = useState<Args>({});
  const [text, setText] = useState(() => (resource ? JSON.stringify(resource.value ?? null, null, 2) : "{}"));
  const [tried, setTried] = useState(false);
  const types = useQuery(resourceTypesQuery(workspace));
  // A resource may name a type that nobody declared: there is nothing to ask for then.
  const isDeclared = Boolean(types.data?.some((known) => known.name === type));
  const declared = useQuery({ ...resourceTypeQuery(workspace, type), enabled: isDeclared });
  const schema = isDeclared ? declared.data?.schema : undefined;
  const hasForm = Boolean(schema && Object.keys(schema.properties ?? {}).length > 0);
  const asForm = hasForm && mode === "form";

  useEffect(() => {
    if (!schema?.properties) return;
    const value = resource?.value;
    const given = typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Args) : {};
    setArgs({ ...given, ...(resource ? {} : initialArgs(schema)) });
  }, [schema, resource]);

  const parsed = useMemo(() => parse(text), [text]);
  const errors = useMemo(() => (asForm ? validate(schema, args) : {}), [asForm, schema, args]);
  const badJson = !asForm && parsed instanceof Unparsed;
  const save = useChange({
    run: async () => {
      const value = asForm ? sendable(args) : parsed;
      const record = { path, value, description, resource_type: type };
      if (resource) await updateResource(workspace, resource.path, record);
      else await createResource(workspace, record);
    },
    done: () => [resource ? "Resource saved" : "Resource created", path],
    touches: [["w", workspace, "resources"]],
    after: () => {
      onSaved?.(path);
      onClose();
    },
  });
  const locked = resource !== undefined && !mayWrite(resource);
  const invalid = !type || pathProblem(path) !== null || badJson || Object.keys(errors).length > 0;
  const submit = () => {
    setTried(true);
    if (invalid) {
      focusFirstInvalid();
      return;
    }
    save.mutate();
  };
  const switchMode = (next: "form" | "json") => {
    if (next === "json") setText(JSON.stringify(sendable(args), null, 2));
    else if (typeof parsed === "object" && parsed !== null && !(parsed instanceof Unparsed))
      setArgs(parsed as Args);
    setMode(next);
  };

  return (
    <EditDrawer
      title={resource ? "Edit resource" : `New ${givenType ? `${givenType} ` : ""}resource`}
      description="Connection details and other values that scripts share."
      exists={resource !== undefined}
      locked={locked && READ_ONLY}
      busy={save.isPending}
      note={
        tried &&
        invalid && <span className="mr-auto self-center text-xs text-danger">Check the marked fields.</span>
      }
      onSave={submit}
      onClose={onClose}
      below={
        resource && (
          <EarlierValues
            workspace={workspace}
            path={resource.path}
            onRestored={locked ? undefined : onClose}
          />
        )
      }
    >
      <Field label="Type" required error={tried && !type ? "Choose a type." : null}>
        <Combobox
          value={type}
          onValue={setType}
          options={(types.data ?? []).map((known) => ({
            value: known.name,
            hint: known.description ?? "",
          }))}
          loading={types.isPending}
          free
          disabled={Boolean(givenType)}
          empty="No type of this name. Type a name to use it as it is."
        />
      </Field>
      <PathField
        value={path}
        onValue={setPath}
        example="orders_database"
        showProblem={tried || path.split("/").length > 2}
      />
      <Field label="Description" optional>
        <Input value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
      {type && (
        <section className="flex flex-col gap-4 border-t border-line pt-4">
          <div className="flex items-center justify-between">
            <h3 className="text-sm font-semibold">Value</h3>
            {hasForm && (
              <Segmented
                label="Edit as"
                value={mode}
                onValue={switchMode}
                options={[
                  { value: "form", label: "Form" },
                  { value: "json", label: "JSON" },
                ]}
              />
            )}
          </div>
          {types.isPending || (isDeclared && declared.isPending) ? (
            <Skeleton className="h-32" />
          ) : asForm ? (
            <SchemaForm
              schema={schema}
              args={args}
              onArgs={setArgs}
              workspace={workspace}
              errors={tried ? errors : {}}
            />
          ) : (
            <Field label="JSON" error={badJson ? "This is not valid JSON." : null}>
              <Textarea
                value={text}
                onChange={(event) => setText(event.target.value)}
                rows={12}
                spellCheck={false}
                className="font-mono text-xs"
              />
            </Field>
          )}
        </section>
      )}
    </EditDrawer>
  );
}
