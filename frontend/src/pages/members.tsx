import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2, Users } from "lucide-react";
import { useState } from "react";
import { invite } from "@/features/people/invitations";
import { addMember, membersQuery, removeMember, updateMember } from "@/features/people/members";
import { PendingInvites } from "@/features/people/pending-invites";
import { ROLES, type Role, roleOf } from "@/features/people/roles";
import { TakenGroups } from "@/features/people/taken-groups";
import { accountQuery, useMember, useWorkspace } from "@/features/session/session";
import { initials } from "@/features/shell/sidebar";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, SearchInput } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { RelativeTime } from "@/ui/time";
import { tellDone, tellError } from "@/ui/toast";

function AddMember({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const add = useMutation({
    mutationFn: () =>
      addMember(workspace, {
        email: email.trim(),
        is_admin: role === "admin",
        operator: role === "operator",
        ...(username.trim() ? { username: username.trim() } : {}),
      }),
    onSuccess: () => {
      tellDone("Member added", email.trim());
      void client.invalidateQueries({ queryKey: ["w", workspace, "members"] });
      onClose();
    },
    onError: tellError,
  });
  const ask = useMutation({
    mutationFn: () =>
      invite(workspace, { email: email.trim(), is_admin: role === "admin", operator: role === "operator" }),
    onSuccess: () => {
      tellDone("Invited", email.trim());
      void client.invalidateQueries({ queryKey: ["w", workspace, "invites"] });
      onClose();
    },
    onError: tellError,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add a member"
      description="The person signs in with this address. Who is invited joins on the page of their workspaces, under a name that they choose."
      footer={
        <>
          <Button busy={ask.isPending} disabled={!email.trim()} onClick={() => ask.mutate()}>
            Invite
          </Button>
          <Button
            type="submit"
            form="add-member"
            variant="primary"
            busy={add.isPending}
            disabled={!email.trim()}
          >
            Add member
          </Button>
        </>
      }
    >
      <form
        id="add-member"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <Field label="E-mail" required>
          <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} autoFocus />
        </Field>
        <Field label="User name" optional hint="Part of the paths of the person’s own items.">
          <Input
            value={username}
            onChange={(event) => setUsername(event.target.value)}
            className="font-mono text-xs"
            placeholder={email.split("@")[0] || "from the address"}
          />
        </Field>
        <Field label="Role" hint="Operators run scripts and see results; they do not write code.">
          <Select value={role} onValue={(next) => setRole(next as Role)} options={ROLES} />
        </Field>
      </form>
    </Dialog>
  );
}

export default function MembersPage() {
  const workspace = useWorkspace();
  const me = useMember();
  const { data: account } = useQuery(accountQuery);
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(membersQuery(workspace));
  const [search, setSearch] = useState("");
  const [adding, setAdding] = useState(false);
  const admin = me?.is_admin || me?.is_super_admin;
  const refresh = () => void client.invalidateQueries({ queryKey: ["w", workspace, "members"] });
  const change = useMutation({
    mutationFn: ({
      username,
      ...body
    }: {
      username: string;
      is_admin?: boolean;
      operator?: boolean;
      disabled?: boolean;
    }) => updateMember(workspace, username, body),
    onSuccess: refresh,
    onError: tellError,
  });
  const drop = useMutation({
    mutationFn: (username: string) => removeMember(workspace, username),
    onSuccess: (_, username) => {
      tellDone("Member removed", username);
      refresh();
    },
    onError: tellError,
  });
  const words = search.toLowerCase();
  const shown = (list.data ?? []).filter((member) =>
    `${member.username} ${member.email}`.toLowerCase().includes(words),
  );
  return (
    <Page
      title="Members"
      description="People of this workspace and what they may do."
      actions={
        admin && (
          <Button variant="primary" onClick={() => setAdding(true)}>
            <Plus /> Add member
          </Button>
        )
      }
    >
      <SearchInput label="Search members" value={search} onValue={setSearch} className="mb-3 sm:max-w-80" />
      <Card className="overflow-hidden">
        {list.isPending && <SkeletonRows rows={4} />}
        {list.isError && <ErrorState error={list.error} retry={() => void list.refetch()} />}
        {list.data && shown.length === 0 && <EmptyState icon={Users} title="Nobody matches" />}
        {shown.length > 0 && (
          <Table>
            <thead>
              <tr>
                <Th>Member</Th>
                <Th className="w-44">Role</Th>
                <Th className="hidden md:table-cell">Groups</Th>
                <Th className="hidden sm:table-cell">Joined</Th>
                {admin && <Th className="w-28" aria-label="Actions" />}
              </tr>
            </thead>
            <tbody>
              {shown.map((member) => {
                const self = member.email === account?.email;
                return (
                  <Tr key={member.username}>
                    <Td>
                      <span className="flex items-center gap-2.5">
                        <span
                          aria-hidden
                          className="flex size-7 shrink-0 items-center justify-center rounded-full bg-hover text-2xs font-semibold text-muted"
                        >
                          {initials(member.username)}
                        </span>
                        <span className="min-w-0">
                          <span className="flex items-center gap-1.5 font-medium">
                            {member.username}
                            {self && <Badge tone="accent">you</Badge>}
                            {member.disabled && <Badge tone="warning">disabled</Badge>}
                            {member.added_via && (
                              <Badge title="A member by a group of the instance">by group</Badge>
                            )}
                          </span>
                          <span className="block truncate text-xs text-muted">{member.email}</span>
                        </span>
                      </span>
                    </Td>
                    <Td>
                      {admin && !self && !member.added_via ? (
                        <Select
                          aria-label={`Role of ${member.username}`}
                          value={roleOf(member)}
                          onValue={(role) =>
                            change.mutate({
                              username: member.username,
                              is_admin: role === "admin",
                              operator: role === "operator",
                            })
                          }
                          options={ROLES}
                        />
                      ) : (
                        <Badge>{ROLES.find((role) => role.value === roleOf(member))?.label}</Badge>
                      )}
                    </Td>
                    <Td className="hidden md:table-cell">
                      <span className="flex flex-wrap gap-1">
                        {member.groups
                          ?.filter((group) => group !== "all")
                          .map((group) => (
                            <Badge key={group} tone="outline">
                              {group}
                            </Badge>
                          ))}
                      </span>
                    </Td>
                    <Td className="hidden whitespace-nowrap text-xs text-muted sm:table-cell">
                      <RelativeTime at={member.created_at} />
                    </Td>
                    {admin && (
                      <Td>
                        {!self && (
                          <span className="flex justify-end gap-0.5">
                            <Button
                              variant="ghost"
                              size="sm"
                              onClick={() =>
                                change.mutate({ username: member.username, disabled: !member.disabled })
                              }
                            >
                              {member.disabled ? "Enable" : "Disable"}
                            </Button>
                            {!member.added_via && (
                              <Button
                                variant="ghost"
                                size="icon-sm"
                                aria-label={`Remove ${member.username}`}
                                onClick={async () => {
                                  const yes = await confirm({
                                    title: `Remove ${member.username} from the workspace?`,
                                    body: "The person loses access at once. Scripts and other items stay.",
                                    action: "Remove",
                                  });
                                  if (yes) drop.mutate(member.username);
                                }}
                              >
                                <Trash2 />
                              </Button>
                            )}
                          </span>
                        )}
                      </Td>
                    )}
                  </Tr>
                );
              })}
            </tbody>
          </Table>
        )}
      </Card>
      {admin && <PendingInvites />}
      {admin && <TakenGroups />}
      {adding && <AddMember onClose={() => setAdding(false)} />}
    </Page>
  );
}
