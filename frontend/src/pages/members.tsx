import { useQuery } from "@tanstack/react-query";
import { Bot, Plus, Users } from "lucide-react";
import { useState } from "react";
import type { Member } from "@/api/types";
import { createUser, instanceUsersQuery } from "@/features/instance/users";
import { HandOverDialog } from "@/features/people/hand-over-dialog";
import { invite } from "@/features/people/invitations";
import { LeaveAction, MemberActions } from "@/features/people/member-actions";
import { addMember, membersQuery, updateMember } from "@/features/people/members";
import { PendingInvites } from "@/features/people/pending-invites";
import { Person } from "@/features/people/person";
import { ROLES, type Role, roleOf } from "@/features/people/roles";
import { ServiceAccountDialog, ServiceTokensDialog } from "@/features/people/service-account-dialogs";
import { TakenGroups } from "@/features/people/taken-groups";
import { accountQuery, useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input, SearchInput } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Card, Page } from "@/ui/page";
import { RowActions } from "@/ui/row-actions";
import { Select } from "@/ui/select";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/time";

function AddMember({ onClose }: { onClose: () => void }) {
  const workspace = useWorkspace();
  const [email, setEmail] = useState("");
  const [username, setUsername] = useState("");
  const [role, setRole] = useState<Role>("developer");
  const [password, setPassword] = useState("");
  const me = useMember();
  const accounts = useQuery({ ...instanceUsersQuery, enabled: Boolean(me?.is_super_admin) });
  const address = email.trim().toLowerCase();
  // Somebody new can sign in only once there is an account; whoever may make accounts makes it here.
  const isUnknown =
    /.@./.test(address) && accounts.data?.every((account) => account.email.toLowerCase() !== address);
  const rights = { email: email.trim(), is_admin: role === "admin", operator: role === "operator" };
  const add = useChange({
    run: async () => {
      if (isUnknown && password) await createUser({ email: rights.email, password, super_admin: false });
      return addMember(workspace, { ...rights, ...(username.trim() ? { username: username.trim() } : {}) });
    },
    done: () => ["Member added", email.trim()],
    touches: [
      ["w", workspace, "members"],
      ["instance", "users"],
    ],
    after: onClose,
  });
  const ask = useChange({
    run: () => invite(workspace, rights),
    done: () => ["Invited", email.trim()],
    touches: [["w", workspace, "invites"]],
    after: onClose,
  });
  return (
    <FormDialog
      title="Add a member"
      description="The person signs in with this address and is in at once. Who is invited instead joins when they like, under a name that they choose."
      submit="Add member"
      busy={add.isPending}
      disabled={!email.trim()}
      beside={
        <Button busy={ask.isPending} disabled={!email.trim()} onClick={() => ask.mutate()}>
          Invite
        </Button>
      }
      onSubmit={() => add.mutate()}
      onClose={onClose}
    >
      <Field label="Email" required>
        <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} autoFocus />
      </Field>
      {isUnknown && (
        <Field
          label="First password"
          optional
          hint="Nobody has an account with this address yet: tell the person this password, which they can change. Leave it empty when they sign in another way."
        >
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
      )}
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
    </FormDialog>
  );
}

export default function MembersPage() {
  const workspace = useWorkspace();
  const me = useMember();
  const { data: account } = useQuery(accountQuery);
  const list = useQuery(membersQuery(workspace));
  const [search, setSearch] = useState("");
  const [adding, setAdding] = useState(false);
  const [serving, setServing] = useState(false);
  const [tokens, setTokens] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const admin = me?.is_admin || me?.is_super_admin;
  const isSelf = (member: Member) => member.email === account?.email;
  const change = useChange({
    run: ({ username, ...body }: { username: string; is_admin: boolean; operator: boolean }) =>
      updateMember(workspace, username, body),
    touches: [["w", workspace, "members"]],
  });
  return (
    <Page
      title="Members"
      description="People of this workspace and what they may do."
      actions={
        admin && (
          <>
            <Button onClick={() => setServing(true)}>
              <Bot /> Service account
            </Button>
            <Button variant="primary" onClick={() => setAdding(true)}>
              <Plus /> Add member
            </Button>
          </>
        )
      }
    >
      <SearchInput label="Search members" value={search} onValue={setSearch} className="mb-3 sm:max-w-80" />
      <Card className="overflow-hidden">
        <ListTable
          list={list}
          keyOf={(member) => member.username}
          search={search}
          text={(member) => `${member.username} ${member.email}`}
          rows={4}
          empty={<EmptyState icon={Users} title="Nobody matches" />}
          columns={[
            {
              head: "Member",
              cell: (member) => (
                <Person
                  name={member.username}
                  email={member.email}
                  self={isSelf(member)}
                  disabled={member.disabled}
                >
                  {member.is_service_account && <Badge title="No person: programs act as it">service</Badge>}
                  {member.added_via && <Badge title="A member by a group of the instance">by group</Badge>}
                </Person>
              ),
            },
            {
              head: "Role",
              className: "w-28 sm:w-44",
              cell: (member) =>
                admin && !isSelf(member) && !member.added_via ? (
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
                ),
            },
            {
              head: "Groups",
              className: "hidden md:table-cell",
              cell: (member) => {
                const groups = member.groups?.filter((group) => group !== "all") ?? [];
                return (
                  groups.length > 0 && (
                    <span className="flex flex-wrap gap-1">
                      {groups.map((group) => (
                        <Badge key={group} tone="outline">
                          {group}
                        </Badge>
                      ))}
                    </span>
                  )
                );
              },
            },
            {
              head: "Joined",
              className: "hidden sm:table-cell",
              look: "whitespace-nowrap text-xs text-muted",
              cell: (member) => <RelativeTime at={member.created_at} />,
            },
            {
              head: "",
              className: "w-12 sm:w-28",
              cell: (member) => (
                <RowActions>
                  {isSelf(member)
                    ? !member.added_via && <LeaveAction />
                    : admin && (
                        <MemberActions
                          member={member}
                          onHandOver={() => setLeaving(member.username)}
                          onTokens={() => setTokens(member.username)}
                        />
                      )}
                </RowActions>
              ),
            },
          ]}
        />
      </Card>
      {admin && <PendingInvites />}
      {admin && <TakenGroups />}
      {leaving && <HandOverDialog username={leaving} onClose={() => setLeaving(null)} />}
      {serving && <ServiceAccountDialog onClose={() => setServing(false)} />}
      {tokens && <ServiceTokensDialog username={tokens} onClose={() => setTokens(null)} />}
      {adding && <AddMember onClose={() => setAdding(false)} />}
    </Page>
  );
}
