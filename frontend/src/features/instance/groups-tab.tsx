import { useQuery } from "@tanstack/react-query";
import { Plus, UsersRound, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card } from "@/ui/page";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { Select } from "@/ui/select";
import { EmptyList } from "@/ui/states";
import {
  addToInstanceGroup,
  createInstanceGroup,
  deleteInstanceGroup,
  type InstanceGroup,
  type InstanceRole,
  instanceGroupsQuery,
  removeFromInstanceGroup,
  updateInstanceGroup,
} from "./groups";

const ROLES = [
  { value: "none", label: "No role of the instance" },
  { value: "devops", label: "Devops" },
  { value: "superadmin", label: "Super admin" },
] as const;

const TOUCHES = [["instance"]];

function Addresses({ group }: { group: InstanceGroup }) {
  const [email, setEmail] = useState("");
  const add = useChange({
    run: () => addToInstanceGroup(group.name, email.trim()),
    touches: TOUCHES,
    after: () => setEmail(""),
  });
  const drop = useChange({
    run: (address: string) => removeFromInstanceGroup(group.name, address),
    touches: TOUCHES,
  });
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-sm font-medium">Addresses</h3>
      <ul className="thin-scroll max-h-56 overflow-y-auto rounded-md border border-line">
        {group.emails.length === 0 && <li className="px-3 py-2 text-sm text-muted">Nobody yet.</li>}
        {group.emails.map((address) => (
          <li key={address} className="flex items-center gap-2 px-3 py-1 text-sm">
            <span className="min-w-0 flex-1 truncate">{address}</span>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`Take ${address} out`}
              onClick={() => drop.mutate(address)}
            >
              <X />
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="flex gap-2"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          event.stopPropagation();
          add.mutate();
        }}
      >
        <Input
          type="email"
          aria-label="Email to take in"
          placeholder="person@example.com"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Button type="submit" busy={add.isPending} disabled={!email.trim()}>
          Add
        </Button>
      </form>
    </section>
  );
}

function GroupDialog({ group, onClose }: { group: InstanceGroup | null; onClose: () => void }) {
  const [name, setName] = useState(group?.name ?? "");
  const [summary, setSummary] = useState(group?.summary ?? "");
  const [role, setRole] = useState<string>(group?.instance_role ?? "none");
  const save = useChange({
    run: async () => {
      if (!group) await createInstanceGroup(name.trim(), summary);
      const wanted = role === "none" ? null : (role as InstanceRole);
      if (group || wanted) await updateInstanceGroup(name.trim(), summary, wanted);
    },
    done: () => [group ? "Group changed" : "Group created", name.trim()],
    touches: TOUCHES,
    after: onClose,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={group ? group.name : "New group of the instance"}
      description="Workspaces take its people in as members."
      footer={
        <Button
          type="submit"
          form="instance-group"
          variant="primary"
          busy={save.isPending}
          disabled={!name.trim()}
        >
          {group ? "Save" : "Create group"}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <form
          id="instance-group"
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate();
          }}
        >
          {!group && (
            <Field label="Name" required>
              <Input
                value={name}
                onChange={(event) => setName(event.target.value)}
                className="font-mono text-xs"
                autoFocus
              />
            </Field>
          )}
          <Field label="Summary" optional>
            <Input value={summary} onChange={(event) => setSummary(event.target.value)} />
          </Field>
          <Field label="Role" hint="Super admins may do everything on this instance.">
            <Select value={role} onValue={setRole} options={ROLES} />
          </Field>
        </form>
        {group && <Addresses group={group} />}
      </div>
    </Dialog>
  );
}

/** The groups of the instance, with their people, roles and workspaces. */
export function InstanceGroupsTab() {
  const list = useQuery(instanceGroupsQuery);
  const [editing, setEditing] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const drop = useChange({
    run: deleteInstanceGroup,
    done: (name) => ["Group deleted", name],
    touches: TOUCHES,
  });
  const edited = list.data?.find((group) => group.name === editing) ?? null;
  return (
    <>
      <div className="mb-3 flex justify-end">
        <Button onClick={() => setCreating(true)}>
          <Plus /> New group
        </Button>
      </div>
      <Card className="overflow-hidden">
        <ListTable
          list={list}
          keyOf={(group) => group.name}
          rows={3}
          empty={
            <EmptyList icon={UsersRound} noun="group">
              A group brings its people into every workspace that takes it in.
            </EmptyList>
          }
          columns={[
            {
              head: "Group",
              cell: (group) => (
                <>
                  <span className="flex items-center gap-1.5 font-medium">
                    {group.name}
                    {group.instance_role && (
                      <Badge tone="accent">
                        {ROLES.find((role) => role.value === group.instance_role)?.label}
                      </Badge>
                    )}
                  </span>
                  <span className="block truncate text-xs text-muted">{group.summary}</span>
                </>
              ),
            },
            {
              head: "People",
              className: "w-24",
              look: "tabular-nums",
              cell: (group) => group.emails.length,
            },
            {
              head: "Workspaces",
              className: "hidden sm:table-cell",
              cell: (group) => (
                <span className="flex flex-wrap gap-1">
                  {group.workspaces.map((one) => (
                    <Badge key={one.workspace_id} tone="outline">
                      {one.workspace_name} · {one.role}
                    </Badge>
                  ))}
                </span>
              ),
            },
            {
              head: "",
              className: "w-20",
              cell: (group) => (
                <RowActions>
                  <EditAction name={group.name} onEdit={() => setEditing(group.name)} />
                  <DeleteAction
                    name={group.name}
                    question={`Delete group ${group.name}?`}
                    consequence="Whoever belongs to a workspace only by this group leaves it."
                    onDelete={() => drop.mutate(group.name)}
                  />
                </RowActions>
              ),
            },
          ]}
        />
      </Card>
      {creating && <GroupDialog group={null} onClose={() => setCreating(false)} />}
      {edited && <GroupDialog key={edited.name} group={edited} onClose={() => setEditing(null)} />}
    </>
  );
}
