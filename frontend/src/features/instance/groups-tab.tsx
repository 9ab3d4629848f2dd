import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil, Plus, Trash2, UsersRound, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { tellDone, tellError } from "@/ui/toast";
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

function useRefresh() {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ["instance"] });
}

function Addresses({ group }: { group: InstanceGroup }) {
  const refresh = useRefresh();
  const [email, setEmail] = useState("");
  const add = useMutation({
    mutationFn: () => addToInstanceGroup(group.name, email.trim()),
    onSuccess: () => {
      setEmail("");
      refresh();
    },
    onError: tellError,
  });
  const drop = useMutation({
    mutationFn: (address: string) => removeFromInstanceGroup(group.name, address),
    onSuccess: refresh,
    onError: tellError,
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
          aria-label="E-mail to take in"
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
  const refresh = useRefresh();
  const [name, setName] = useState(group?.name ?? "");
  const [summary, setSummary] = useState(group?.summary ?? "");
  const [role, setRole] = useState<string>(group?.instance_role ?? "none");
  const save = useMutation({
    mutationFn: async () => {
      if (!group) await createInstanceGroup(name.trim(), summary);
      const wanted = role === "none" ? null : (role as InstanceRole);
      if (group || wanted) await updateInstanceGroup(name.trim(), summary, wanted);
    },
    onSuccess: () => {
      tellDone(group ? "Group changed" : "Group created", name.trim());
      refresh();
      onClose();
    },
    onError: tellError,
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
  const refresh = useRefresh();
  const confirm = useConfirm();
  const [editing, setEditing] = useState<string | null>(null);
  const [creating, setCreating] = useState(false);
  const drop = useMutation({
    mutationFn: deleteInstanceGroup,
    onSuccess: (_, name) => {
      tellDone("Group deleted", name);
      refresh();
    },
    onError: tellError,
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
        {list.isPending && <SkeletonRows rows={3} />}
        {list.isError && <ErrorState error={list.error} retry={() => void list.refetch()} />}
        {list.data?.length === 0 && (
          <EmptyState icon={UsersRound} title="No groups yet">
            A group brings its people into every workspace that takes it in.
          </EmptyState>
        )}
        {list.data && list.data.length > 0 && (
          <Table>
            <thead>
              <tr>
                <Th>Group</Th>
                <Th className="w-24">People</Th>
                <Th className="hidden sm:table-cell">Workspaces</Th>
                <Th className="w-20" aria-label="Actions" />
              </tr>
            </thead>
            <tbody>
              {list.data.map((group) => (
                <Tr key={group.name}>
                  <Td>
                    <span className="flex items-center gap-1.5 font-medium">
                      {group.name}
                      {group.instance_role && (
                        <Badge tone="accent">
                          {ROLES.find((role) => role.value === group.instance_role)?.label}
                        </Badge>
                      )}
                    </span>
                    <span className="block truncate text-xs text-muted">{group.summary}</span>
                  </Td>
                  <Td className="tabular-nums">{group.emails.length}</Td>
                  <Td className="hidden sm:table-cell">
                    <span className="flex flex-wrap gap-1">
                      {group.workspaces.map((one) => (
                        <Badge key={one.workspace_id} tone="outline">
                          {one.workspace_name} · {one.role}
                        </Badge>
                      ))}
                    </span>
                  </Td>
                  <Td>
                    <span className="flex justify-end gap-0.5">
                      <Button
                        variant="ghost"
                        size="icon-sm"
                        aria-label={`Edit ${group.name}`}
                        onClick={() => setEditing(group.name)}
                      >
                        <Pencil />
                      </Button>
                      <Button
                        variant="ghost"
                        size="icon-sm"
                        aria-label={`Delete ${group.name}`}
                        onClick={async () => {
                          const yes = await confirm({
                            title: `Delete group ${group.name}?`,
                            body: "Whoever belongs to a workspace only by this group leaves it.",
                            action: "Delete",
                          });
                          if (yes) drop.mutate(group.name);
                        }}
                      >
                        <Trash2 />
                      </Button>
                    </span>
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      {creating && <GroupDialog group={null} onClose={() => setCreating(false)} />}
      {edited && <GroupDialog key={edited.name} group={edited} onClose={() => setEditing(null)} />}
    </>
  );
}
