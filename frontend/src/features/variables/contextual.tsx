import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import { useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { DeleteAction } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { contextualVariablesQuery, setEnvironmentVariable } from "./variables";

/** Sets an environment variable of every run in the workspace. */
export function EnvironmentDialog({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const save = useChange({
    run: () => setEnvironmentVariable(workspace, name, value),
    done: () => ["Variable set", name],
    touches: [["w", workspace, "variables", "contextual"]],
    after: onClose,
  });
  const wrong = name !== "" && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
  return (
    <FormDialog
      title="New environment variable"
      description="Every run in this workspace that starts from now on finds it. It is no place for secrets: those are variables."
      submit="Set"
      busy={save.isPending}
      disabled={!name || wrong || !value}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required error={wrong ? "Letters, digits and “_”." : null}>
        <Input
          value={name}
          onChange={(event) => setName(event.target.value)}
          className="font-mono text-xs"
          placeholder="LEDGER_URL"
          autoFocus
        />
      </Field>
      <Field label="Value" required>
        <Input
          value={value}
          onChange={(event) => setValue(event.target.value)}
          className="font-mono text-xs"
        />
      </Field>
    </FormDialog>
  );
}

/** What every job finds in its environment. */
export function ContextualTable() {
  const workspace = useWorkspace();
  const member = useMember();
  const admin = Boolean(member?.is_admin || member?.is_super_admin);
  const unset = useChange({
    run: (name: string) => setEnvironmentVariable(workspace, name, ""),
    done: (name) => ["Variable unset", name],
    touches: [["w", workspace, "variables", "contextual"]],
  });
  const list = useQuery(contextualVariablesQuery(workspace));
  return (
    <ListTable
      list={list}
      keyOf={(variable) => variable.name}
      empty={<EmptyState icon={KeyRound} title="Nothing is set" />}
      columns={[
        {
          head: "Name",
          look: "font-mono text-xs font-medium",
          cell: (variable) => (
            <>
              {variable.name} {variable.is_custom && <Badge tone="accent">custom</Badge>}
            </>
          ),
        },
        {
          head: "Example",
          look: "max-w-56 truncate font-mono text-xs text-muted",
          cell: (variable) => variable.value,
        },
        { head: "Description", look: "text-muted", cell: (variable) => variable.description },
        admin && {
          head: "",
          className: "w-12",
          cell: (variable) =>
            variable.is_custom && (
              <DeleteAction
                name={variable.name}
                question={`Unset ${variable.name}?`}
                consequence="Runs that start from now on do not find it."
                verb="Unset"
                onDelete={() => unset.mutate(variable.name)}
              />
            ),
        },
      ]}
    />
  );
}
