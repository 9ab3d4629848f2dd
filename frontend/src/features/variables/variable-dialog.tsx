import { Eye } from "lucide-react";
import { useState } from "react";
import type { Variable } from "@/api/types";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { useMayWrite } from "@/features/session/rights";
import { useMember } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { EditDrawer, READ_ONLY } from "@/ui/edit-drawer";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Switch } from "@/ui/switch";
import { createVariable, readVariable, updateVariable } from "./variables";

type DialogProps = { workspace: string; variable: Variable | null; onClose: () => void };

/** Makes a variable or changes it. The value of a secret stays away until it is asked for. */
export function VariableDialog({ workspace, variable, onClose }: DialogProps) {
  const member = useMember();
  const mayWrite = useMayWrite();
  const [path, setPath] = useState(variable?.path ?? `u/${member?.username ?? ""}/`);
  const [value, setValue] = useState(variable?.is_secret ? "" : (variable?.value ?? ""));
  const [secret, setSecret] = useState(variable?.is_secret ?? true);
  const [description, setDescription] = useState(variable?.description ?? "");
  const [touched, setTouched] = useState(false);
  const [tried, setTried] = useState(false);
  const keepsSecret = variable?.is_secret === true && !touched;
  const save = useChange({
    run: () =>
      variable
        ? updateVariable(workspace, variable.path, {
            path,
            is_secret: secret,
            description,
            ...(keepsSecret ? {} : { value }),
          })
        : createVariable(workspace, { path, value, is_secret: secret, description }),
    done: () => [variable ? "Variable saved" : "Variable created", path],
    touches: [["w", workspace, "variables"]],
    after: onClose,
  });
  const reveal = useChange({
    run: () => readVariable(workspace, variable?.path ?? "", true),
    after: (read) => {
      setValue(read.value ?? "");
      setTouched(true);
    },
  });
  return (
    <EditDrawer
      title={variable ? "Variable" : "New variable"}
      description="A value that scripts read by its path."
      exists={variable !== null}
      locked={variable !== null && !mayWrite(variable) && READ_ONLY}
      busy={save.isPending}
      onSave={() => {
        setTried(true);
        if (pathProblem(path) === null) save.mutate();
      }}
      onClose={onClose}
    >
      <PathField
        value={path}
        onValue={setPath}
        label="Name"
        example="api_key"
        showProblem={tried || path.split("/").length > 2}
      />
      <div className="flex items-start justify-between gap-4 rounded-md border border-line bg-sunken/60 p-3">
        <label htmlFor="variable-secret">
          <span className="block text-sm font-medium">Secret</span>
          <span className="block text-xs text-muted">
            Kept encrypted, hidden in lists and masked in logs. Each reading is recorded in the audit log.
          </span>
        </label>
        <Switch id="variable-secret" checked={secret} onCheckedChange={setSecret} />
      </div>
      <Field
        label="Value"
        hint={keepsSecret ? "Left as it is unless you type a new one." : undefined}
        aside={
          variable?.is_secret &&
          !touched && (
            <Button variant="ghost" size="sm" onClick={() => reveal.mutate()} busy={reveal.isPending}>
              <Eye /> Reveal
            </Button>
          )
        }
      >
        <Textarea
          value={value}
          onChange={(event) => {
            setValue(event.target.value);
            setTouched(true);
          }}
          rows={4}
          placeholder={keepsSecret ? "••••••••" : ""}
          spellCheck={false}
          autoComplete="off"
          className="font-mono text-xs"
        />
      </Field>
      <Field label="Description" optional>
        <Input value={description} onChange={(event) => setDescription(event.target.value)} />
      </Field>
    </EditDrawer>
  );
}
