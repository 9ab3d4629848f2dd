import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import type { WorkspaceSettings } from "@/api/types";
import { accountQuery, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { Card, CardHeader } from "@/ui/page";
import { Select } from "@/ui/select";
import { editAutoInvite } from "./settings";

type Props = { given: WorkspaceSettings["auto_invite"] };

/** Chooses who comes into the workspace by the domain of their address. */
export function AutoInviteCard({ given }: Props) {
  const workspace = useWorkspace();
  const own = useQuery(accountQuery).data?.email.split("@")[1] ?? "";
  const before = {
    mode: given?.enabled ? (given.mode ?? "invite") : "off",
    role: given?.operator ? "operator" : "developer",
    whose: given?.domain === "*" ? "*" : "",
  };
  const [mode, setMode] = useState<string>(before.mode);
  const [role, setRole] = useState(before.role);
  const [whose, setWhose] = useState(before.whose);
  // What others set meanwhile shows as soon as it is read.
  useEffect(() => setMode(before.mode), [before.mode]);
  useEffect(() => setRole(before.role), [before.role]);
  useEffect(() => setWhose(before.whose), [before.whose]);
  const isChanged =
    mode !== before.mode || (mode !== "off" && (role !== before.role || whose !== before.whose));
  const save = useChange({
    run: () =>
      editAutoInvite(
        workspace,
        mode === "off"
          ? {}
          : { operator: role === "operator", invite_all: whose === "*", auto_add: mode === "add" },
      ),
    done: (_given, words) => ["Saved", words],
    touches: [
      ["w", workspace, "settings"],
      ["w", workspace, "members"],
      ["w", workspace, "invites"],
    ],
  });
  const domain = given?.enabled && given.domain && given.domain !== "*" ? given.domain : own;
  return (
    <Card>
      <CardHeader title="Who joins by their address" />
      <form
        className="flex flex-col gap-4 p-4"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className="grid gap-4 sm:grid-cols-3">
          <Field label="New accounts">
            <Select
              value={mode}
              onValue={setMode}
              options={[
                { value: "off", label: "Are added by hand" },
                { value: "invite", label: "Are invited" },
                { value: "add", label: "Are taken in at once" },
              ]}
            />
          </Field>
          {mode !== "off" && (
            <>
              <Field label="Whose address ends in">
                <Select
                  value={whose}
                  onValue={setWhose}
                  options={[
                    { value: "", label: `@${domain}` },
                    { value: "*", label: "anything" },
                  ]}
                />
              </Field>
              <Field label="As">
                <Select
                  value={role}
                  onValue={setRole}
                  options={[
                    { value: "developer", label: "Developer" },
                    { value: "operator", label: "Operator" },
                  ]}
                />
              </Field>
            </>
          )}
        </div>
        <div className="flex items-center justify-between gap-4">
          <p className="text-xs text-muted">Holds for the accounts that are there already, too.</p>
          <Button type="submit" busy={save.isPending} disabled={!isChanged}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
