import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, KeyRound, Link2, Plus, ShieldCheck, ShieldOff, Trash2, UserRound } from "lucide-react";
import { useState } from "react";
import { InstanceGroupsTab } from "@/features/instance/groups-tab";
import { ResetLink } from "@/features/instance/reset-link";
import {
  createUser,
  deleteUser,
  instanceUsersQuery,
  setPasswordOf,
  updateUser,
} from "@/features/instance/users";
import { accountQuery } from "@/features/session/session";
import { initials } from "@/features/shell/sidebar";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useConfirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, SearchInput } from "@/ui/input";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { Card, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";

function CreateUser({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [admin, setAdmin] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      createUser({ email: email.trim(), password, super_admin: admin, name: name.trim() || undefined }),
    onSuccess: () => {
      tellDone("User created", email.trim());
      void client.invalidateQueries({ queryKey: ["instance", "users"] });
      onClose();
    },
    onError: tellError,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New user"
      description="Add the person to a workspace afterwards, under Members."
      footer={
        <Button
          type="submit"
          form="new-user"
          variant="primary"
          busy={create.isPending}
          disabled={!email.trim() || !password}
        >
          Create user
        </Button>
      }
    >
      <form
        id="new-user"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Field label="E-mail" required>
          <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} autoFocus />
        </Field>
        <Field label="Name" optional>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label="First password" required hint="The person can change it under Account.">
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <div className="flex items-center justify-between gap-4">
          <label htmlFor="new-user-admin" className="text-sm">
            Super admin: may do everything on this instance
          </label>
          <Switch id="new-user-admin" checked={admin} onCheckedChange={setAdmin} />
        </div>
      </form>
    </Dialog>
  );
}

function ResetPassword({ email, onClose }: { email: string; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const save = useMutation({
    mutationFn: () => setPasswordOf(email, password),
    onSuccess: () => {
      tellDone("Password set", email);
      onClose();
    },
    onError: tellError,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Set a password"
      description={email}
      footer={
        <Button
          type="submit"
          form="reset-password"
          variant="primary"
          busy={save.isPending}
          disabled={!password}
        >
          Set password
        </Button>
      }
    >
      <form
        id="reset-password"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Field label="New password" hint="Ends all sessions of this person.">
          <Input
            type="password"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            autoFocus
          />
        </Field>
      </form>
    </Dialog>
  );
}

export default function UsersPage() {
  const { data: account } = useQuery(accountQuery);
  const list = useQuery(instanceUsersQuery);
  const client = useQueryClient();
  const confirm = useConfirm();
  const [search, setSearch] = useState("");
  const [creating, setCreating] = useState(false);
  const [resetting, setResetting] = useState<string | null>(null);
  const [linking, setLinking] = useState<string | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ["instance", "users"] });
  const change = useMutation({
    mutationFn: ({ email, ...body }: { email: string; is_super_admin?: boolean; disabled?: boolean }) =>
      updateUser(email, body),
    onSuccess: refresh,
    onError: tellError,
  });
  const drop = useMutation({
    mutationFn: deleteUser,
    onSuccess: () => {
      tellDone("User deleted");
      refresh();
    },
    onError: tellError,
  });
  const shown = (list.data ?? []).filter((user) =>
    `${user.email} ${user.name ?? ""}`.toLowerCase().includes(search.toLowerCase()),
  );
  return (
    <Page
      title="Instance users"
      description="Everyone who can sign in to this Postmill."
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <Plus /> New user
        </Button>
      }
    >
      <Tabs defaultValue="users">
        <TabsList className="mb-3">
          <Tab value="users">Accounts</Tab>
          <Tab value="groups">Groups</Tab>
        </TabsList>
        <TabPanel value="groups">
          <InstanceGroupsTab />
        </TabPanel>
        <TabPanel value="users">
          <SearchInput label="Search users" value={search} onValue={setSearch} className="mb-3 sm:max-w-80" />
          <Card className="overflow-hidden">
            {list.isPending && <SkeletonRows rows={4} />}
            {list.isError && <ErrorState error={list.error} retry={() => void list.refetch()} />}
            {list.data && shown.length === 0 && <EmptyState icon={UserRound} title="Nobody matches" />}
            {shown.length > 0 && (
              <Table>
                <thead>
                  <tr>
                    <Th>User</Th>
                    <Th>Role</Th>
                    <Th className="hidden sm:table-cell">Sign in</Th>
                    <Th className="w-12" aria-label="Actions" />
                  </tr>
                </thead>
                <tbody>
                  {shown.map((user) => (
                    <Tr key={user.email}>
                      <Td>
                        <span className="flex items-center gap-2.5">
                          <span
                            aria-hidden
                            className="flex size-7 shrink-0 items-center justify-center rounded-full bg-hover text-2xs font-semibold text-muted"
                          >
                            {initials(user.email)}
                          </span>
                          <span className="min-w-0">
                            <span className="flex items-center gap-1.5 font-medium">
                              {user.name || user.email}
                              {user.email === account?.email && <Badge tone="accent">you</Badge>}
                              {user.disabled && <Badge tone="warning">disabled</Badge>}
                            </span>
                            {user.name && (
                              <span className="block truncate text-xs text-muted">{user.email}</span>
                            )}
                          </span>
                        </span>
                      </Td>
                      <Td>
                        <Badge tone={user.super_admin ? "accent" : "neutral"}>
                          {user.super_admin ? "Super admin" : "User"}
                        </Badge>
                      </Td>
                      <Td className="hidden text-muted sm:table-cell">{user.login_type}</Td>
                      <Td>
                        {user.email !== account?.email && (
                          <Menu>
                            <MenuTrigger asChild>
                              <Button variant="ghost" size="icon-sm" aria-label={`More about ${user.email}`}>
                                <Ellipsis />
                              </Button>
                            </MenuTrigger>
                            <MenuContent>
                              <MenuItem
                                icon={user.super_admin ? <ShieldOff /> : <ShieldCheck />}
                                onSelect={() =>
                                  change.mutate({ email: user.email, is_super_admin: !user.super_admin })
                                }
                              >
                                {user.super_admin ? "Make an ordinary user" : "Make super admin"}
                              </MenuItem>
                              <MenuItem icon={<Link2 />} onSelect={() => setLinking(user.email)}>
                                Reset link
                              </MenuItem>
                              <MenuItem icon={<KeyRound />} onSelect={() => setResetting(user.email)}>
                                Set a password
                              </MenuItem>
                              <MenuItem
                                icon={<UserRound />}
                                onSelect={() =>
                                  change.mutate({ email: user.email, disabled: !user.disabled })
                                }
                              >
                                {user.disabled ? "Enable" : "Disable"}
                              </MenuItem>
                              <MenuSeparator />
                              <MenuItem
                                danger
                                icon={<Trash2 />}
                                onSelect={async () => {
                                  const yes = await confirm({
                                    title: `Delete ${user.email}?`,
                                    body: "The person leaves every workspace. Scripts and other items stay.",
                                    action: "Delete",
                                  });
                                  if (yes) drop.mutate(user.email);
                                }}
                              >
                                Delete
                              </MenuItem>
                            </MenuContent>
                          </Menu>
                        )}
                      </Td>
                    </Tr>
                  ))}
                </tbody>
              </Table>
            )}
          </Card>
        </TabPanel>
      </Tabs>
      {creating && <CreateUser onClose={() => setCreating(false)} />}
      {linking && <ResetLink email={linking} onClose={() => setLinking(null)} />}
      {resetting && <ResetPassword email={resetting} onClose={() => setResetting(null)} />}
    </Page>
  );
}
