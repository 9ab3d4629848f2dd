import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import type { Property, ResourceType, Schema } from "@/api/types";
import { orderedNames } from "@/features/schema-form/kind";
import { Button } from "@/ui/button";
import { EditDrawer } from "@/ui/edit-drawer";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { Checkbox } from "@/ui/switch";
import { Segmented } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";
import { createResourceType, updateResourceType } from "./resources";

type Member = { name: string; kind: string; required: boolean; property: Property };

const KINDS: Record<string, Property> = {
  text: { type: "string" },
  password: { type: "string", password: true },
  integer: { type: "integer" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  list: { type: "array", items: { type: "string" } },
  object: { type: "object" },
};

function kindOf(property: Property): string {
  if (property.type === "string") return property.password ? "password" : "text";
  if (property.type === "array") return "list";
  return property.type && property.type in KINDS ? property.type : "object";
}

function membersOf(schema: Schema | null | undefined): Member[] {
  return orderedNames(schema ?? { properties: {} }).map((name) => {
    const property = schema?.properties?.[name] ?? {};
    return { name, kind: kindOf(property), required: schema?.required?.includes(name) ?? false, property };
  });
}

function schemaOf(members: readonly Member[]): Schema {
  const named = members.filter((member) => member.name.trim());
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: Object.fromEntries(named.map((member) => [member.name.trim(), member.property])),
    required: named.filter((member) => member.required).map((member) => member.name.trim()),
    order: named.map((member) => member.name.trim()),
  };
}

type TypeDialogProps = { workspace: string; type: ResourceType | null; onClose: () => void };

/** Makes or changes a resource type: its members as rows, or the schema itself. */
export function TypeDialog({ workspace, type, onClose }: TypeDialogProps) {
  const client = useQueryClient();
  const [name, setName] = useState(type?.name ?? "");
  const [description, setDescription] = useState(type?.description ?? "");
  const [members, setMembers] = useState<Member[]>(() => membersOf(type?.schema));
  const [mode, setMode] = useState<"rows" | "json">("rows");
  const [text, setText] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: async () => {
      const schema = mode === "json" ? (JSON.parse(text) as Schema) : schemaOf(members);
      if (type) await updateResourceType(workspace, type.name, { description, schema });
      else await createResourceType(workspace, { name, description, schema });
    },
    onSuccess: () => {
      tellDone(type ? "Type saved" : "Type created", name);
      void client.invalidateQueries({ queryKey: ["w", workspace, "resource-types"] });
      onClose();
    },
    onError: (error) =>
      error instanceof SyntaxError ? setProblem("This is not valid JSON.") : tellError(error),
  });
  const set = (index: number, change: Partial<Member>) =>
    setMembers(members.map((member, position) => (position === index ? { ...member, ...change } : member)));
  const goodName = /^[\w-]{1,50}$/.test(name);
  return (
    <EditDrawer
      title={type ? "Edit resource type" : "New resource type"}
      description="The members every resource of this type has."
      exists={type !== null}
      busy={save.isPending}
      disabled={!goodName}
      onSave={() => save.mutate()}
      onClose={onClose}
    >
      <Field
        label="Name"
        required
        error={name && !goodName ? "Letters, digits, “_” and “-”, at most 50." : null}
      >
        <Input
          value={name}
          onChange={(event) => setName(event.target.value)}
          disabled={type !== null}
          className="font-mono text-xs"
          placeholder="c_mailserver"
        />
      </Field>
      <Field label="Description" optional>
        <Input value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
      <div className="flex items-center justify-between border-t border-line pt-4">
        <h3 className="text-sm font-semibold">Members</h3>
        <Segmented
          label="Edit as"
          value={mode}
          onValue={(next) => {
            setProblem(null);
            if (next === "json") setText(JSON.stringify(schemaOf(members), null, 2));
            else {
              try {
                setMembers(membersOf(JSON.parse(text) as Schema));
              } catch {
                setProblem("This is not valid JSON.");
                return;
              }
            }
            setMode(next);
          }}
          options={[
            { value: "rows", label: "Rows" },
            { value: "json", label: "JSON" },
          ]}
        />
      </div>
      {mode === "json" ? (
        <Field label="JSON Schema" error={problem}>
          <Textarea
            value={text}
            onChange={(event) => setText(event.target.value)}
            rows={16}
            spellCheck={false}
            className="font-mono text-xs"
          />
        </Field>
      ) : (
        <div className="flex flex-col gap-2">
          {members.map((member, index) => (
            <div key={index} className="grid grid-cols-[1fr_112px_auto_auto] items-center gap-2">
              <Input
                aria-label={`Name of member ${index + 1}`}
                value={member.name}
                onChange={(event) => set(index, { name: event.target.value })}
                className="font-mono text-xs"
                placeholder="host"
              />
              <Select
                aria-label={`Type of ${member.name || `member ${index + 1}`}`}
                value={member.kind}
                onValue={(kind) =>
                  set(index, {
                    kind,
                    property: { description: member.property.description, ...KINDS[kind] },
                  })
                }
                options={Object.keys(KINDS).map((kind) => ({ value: kind, label: kind }))}
              />
              {/* biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is a button with that role */}
              <label className="flex items-center gap-1.5 text-xs text-muted">
                <Checkbox
                  checked={member.required}
                  onCheckedChange={(on) => set(index, { required: on === true })}
                />
                required
              </label>
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Remove ${member.name || `member ${index + 1}`}`}
                onClick={() => setMembers(members.filter((_, position) => position !== index))}
              >
                <X />
              </Button>
            </div>
          ))}
          <Button
            size="sm"
            className="self-start"
            onClick={() =>
              setMembers([
                ...members,
                { name: "", kind: "text", required: false, property: { type: "string" } },
              ])
            }
          >
            <Plus /> Add member
          </Button>
        </div>
      )}
    </EditDrawer>
  );
}
