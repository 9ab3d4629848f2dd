import { type FormEvent, useEffect, useState } from "react";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, CardHeader } from "@/ui/page";
import { editWebhook } from "./settings";

/** Chooses the address that is told of changes to the workspace's items. */
export function WebhookCard({ webhook }: { webhook: string }) {
  const workspace = useWorkspace();
  const [address, setAddress] = useState(webhook);
  useEffect(() => setAddress(webhook), [webhook]);
  const save = useChange({
    run: () => editWebhook(workspace, address.trim()),
    done: () => [address.trim() ? "Webhook set" : "Webhook removed"],
    touches: [["w", workspace, "settings"]],
  });
  return (
    <Card>
      <CardHeader title="When something is changed" />
      <form
        className="flex flex-col gap-4 p-4 sm:flex-row sm:items-start"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field
          label="Webhook"
          optional
          className="flex-1"
          hint="Gets a JSON document for each change of a script, flow, variable, resource or folder; no values."
        >
          <Input
            type="url"
            value={address}
            placeholder="https://"
            onChange={(event) => setAddress(event.target.value)}
          />
        </Field>
        <Button
          type="submit"
          busy={save.isPending}
          disabled={address.trim() === webhook}
          className="sm:mt-[26px]"
        >
          Save
        </Button>
      </form>
    </Card>
  );
}
