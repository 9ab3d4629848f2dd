import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Select } from "@/ui/select";
import { EmptyState } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { RelativeTime } from "@/ui/time";
import { ROLES, type Role } from "./roles";
import { createServiceAccount, deleteServiceToken, serviceTokensQuery } from "./service-accounts";
import { TokenDialog } from "./token-dialog";

/** Makes a member that is no person. */
export function ServiceAccountDialog({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const [deploys, setDeploys] = useState(false);
  const create = useChange({
    run: () =>
      createServiceAccount(workspace, {
        username: username.trim(),
        is_admin: role === "admin",
        operator: role === "operator",
        add_to_deployers: deploys,
      }),
    done: () => ["Service account created", username.trim()],
    touches: [["w", workspace, "members"]],
    after: onClose,
  });
  return (
    <FormDialog
      title="New service account"
      description="A member for programs: it never signs in. Make its tokens afterwards, in the menu of its row."
      submit="Create service account"
      busy={create.isPending}
      disabled={!username.trim()}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="User name" required hint="Part of the paths of its own items.">
        <Input
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          className="font-mono text-xs"
          placeholder="deploy-bot"
          autoFocus
        />
      </Field>
      <Field label="Role" hint="Operators run scripts and see results; they do not write code.">
        <Select value={role} onValue={(next) => setRole(next as Role)} options={ROLES} />
      </Field>
      <div className="flex items-center justify-between gap-4">
        <label htmlFor="service-deploys" className="text-sm">
          Deploys on behalf of others (group wm_deployers)
        </label>
        <Switch id="service-deploys" checked={deploys} onCheckedChange={setDeploys} />
      </div>
    </FormDialog>
  );
}

/** The tokens of a service account: list, make, end. */
export function ServiceTokensDialog({ username, onClose }: { username: string; onClose: () => void }) {
  const workspace = useWorkspace();
  const query = serviceTokensQuery(workspace, username);
  const list = useQuery(query);
  const [making, setMaking] = useState(false);
  const drop = useChange({
    run: (prefix: string) => deleteServiceToken(workspace, username, prefix),
    done: () => ["Token ended", username],
    touches: [query.queryKey],
  });
  if (making) return <TokenDialog service={username} onClose={() => setMaking(false)} />;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Tokens of ${username}`}
      description="Whoever holds one acts as this service account, in this workspace only."
      footer={
        <Button variant="primary" onClick={() => setMaking(true)}>
          <Plus /> New token
        </Button>
      }
    >
      <ListTable
        list={list}
        keyOf={(token) => token.token_prefix}
        rows={2}
        empty={<EmptyState icon={KeyRound} title="No tokens yet" />}
        columns={[
          { head: "Label", cell: (token) => token.label || token.token_prefix },
          {
            head: "Expires",
            look: "whitespace-nowrap text-xs text-muted",
            cell: (token) => (token.expiration ? <RelativeTime at={token.expiration} /> : "never"),
          },
          {
            head: "",
            className: "w-12",
            cell: (token) => (
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`End token ${token.label || token.token_prefix}`}
                onClick={() => drop.mutate(token.token_prefix)}
              >
                <Trash2 />
              </Button>
            ),
          },
        ]}
      />
    </Dialog>
  );
}
