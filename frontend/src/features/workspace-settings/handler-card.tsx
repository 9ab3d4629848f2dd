import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useId, useState } from "react";
import { flowsQuery } from "@/features/flows/flows";
import { scriptsQuery } from "@/features/scripts/scripts";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Combobox } from "@/ui/combobox";
import { Field } from "@/ui/field";
import { Card, CardHeader } from "@/ui/page";
import { Switch } from "@/ui/switch";
import { editHandler, type Handler, type HandlerKind } from "./settings";

const WORDS: Record<HandlerKind, { title: string; hint: string }> = {
  error: {
    title: "When a run fails",
    hint: "It is called with path, job_id, error and more, with your rights.",
  },
  success: {
    title: "When a run succeeds",
    hint: "It is called with path, job_id, result and more, with your rights.",
  },
};

/** Chooses the script or flow that the workspace runs when runs end. */
export function HandlerCard({ kind, handler }: { kind: HandlerKind; handler: Handler | undefined }) {
  const workspace = useWorkspace();
  const scripts = useQuery(scriptsQuery(workspace));
  const flows = useQuery(flowsQuery(workspace));
  const [path, setPath] = useState("");
  const [onCancel, setOnCancel] = useState(true);
  const [onUserPath, setOnUserPath] = useState(true);
  useEffect(() => {
    setPath(handler?.path ?? "");
    setOnCancel(!handler?.muted_on_cancel);
    setOnUserPath(!handler?.muted_on_user_path);
  }, [handler]);
  const save = useChange({
    run: () =>
      editHandler(
        workspace,
        kind,
        path
          ? {
              path,
              extra_args: handler?.extra_args,
              ...(kind === "error" ? { muted_on_cancel: !onCancel, muted_on_user_path: !onUserPath } : {}),
            }
          : {},
      ),
    done: () => [path ? "Handler set" : "Handler removed", path.replace(/^\w+\//, "")],
    touches: [["w", workspace, "settings"]],
  });
  const options = [
    ...(scripts.data ?? []).map((script) => ({
      value: `script/${script.path}`,
      label: script.path,
      hint: "script",
    })),
    ...(flows.data ?? []).map((flow) => ({ value: `flow/${flow.path}`, label: flow.path, hint: "flow" })),
  ];
  const { title, hint } = WORDS[kind];
  return (
    <Card>
      <CardHeader title={title} />
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field label="Script or flow to run" optional hint={hint}>
          <Combobox
            value={path}
            onValue={setPath}
            options={options}
            placeholder="Nothing runs"
            loading={scripts.isPending || flows.isPending}
            clearable
          />
        </Field>
        {kind === "error" && path && (
          <>
            <Choice label="Also for canceled runs" checked={onCancel} onChange={setOnCancel} />
            <Choice
              label="Also for what lies in people’s own places (u/…)"
              checked={onUserPath}
              onChange={setOnUserPath}
            />
          </>
        )}
        <div className="flex items-center justify-between gap-4">
          <p className="text-xs text-muted">
            {handler ? `Runs as ${handler.permissioned_as}, who set it.` : ""}
          </p>
          <Button type="submit" busy={save.isPending} disabled={!path && !handler}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Choice({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-center justify-between gap-4">
      <label htmlFor={id} className="text-sm">
        {label}
      </label>
      <Switch id={id} checked={checked} onCheckedChange={onChange} />
    </div>
  );
}
