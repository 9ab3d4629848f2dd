import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import {
  AtSign,
  Ellipsis,
  KeyRound,
  Link2,
  Pencil,
  Plus,
  ShieldCheck,
  ShieldOff,
  Trash2,
  UserRound,
} from "lucide-react";
import { useState } from "react";
import type { Account } from "@/api/types";
import { AlertCount, AlertList } from "@/features/alerts/alert-list";
import { InstanceGroupsTab } from "@/features/instance/groups-tab";
import { RenameDialog } from "@/features/instance/rename-dialog";
import { ResetLink } from "@/features/instance/reset-link";
import { ServiceLogsTab } from "@/features/instance/service-logs-tab";
import { InstanceSettingsTab } from "@/features/instance/settings-tab";
import {
  createUser,
  deleteUser,
  instanceUsersQuery,
  setPasswordOf,
  updateUser,
} from "@/features/instance/users";
import { InstanceWorkspacesTab } from "@/features/instance/workspaces-tab";
import { Person } from "@/features/people/person";
import { AdminsOnly } from "@/features/session/admins-only";
import { accountQuery, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ConfirmedItem } from "@/ui/confirm";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input, SearchInput } from "@/ui/input";
import { ListTable } from "@/ui/list-table";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { Card, Page } from "@/ui/page";
import { EmptyState } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

function CreateUser({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [admin, setAdmin] = useState(false);
  const create = useChange({
    run: () =>
      createUser({ email: email.trim(), password, super_admin: admin, name: name.trim() || undefined }),
    done: () => ["Account created", email.trim()],
    touches: [["instance", "users"]],
    after: onClose,
  });
  return (
    <FormDialog
      title="New account"
      description="Add the person to a workspace afterwards, under Members."
      submit="Create account"
      busy={create.isPending}
      disabled={!email.trim() || !password}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="Email" required>
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
    </FormDialog>
  );
}

function ResetPassword({ email, onClose }: { email: string; onClose: () => void }) {
  const [password, setPassword] = useState("");
  const save = useChange({
    run: () => setPasswordOf(email, password),
    done: () => ["Password set", email],
    after: onClose,
  });
  return (
    <FormDialog
      title="Set a password"
      description={email}
      submit="Set password"
      busy={save.isPending}
      disabled={!password}
      onSubmit={() => save.mutate()}
      onClose={onClose}
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
    </FormDialog>
  );
}

type UserChange = { is_super_admin?: boolean; disabled?: boolean };

type UserActionsProps = {
  user: Account;
  onChange: (change: UserChange) => void;
  onLink: () => void;
  onReset: () => void;
  onRename: (what: "email" | "username") => void;
  onDelete: () => void;
};

function UserActions({ user, onChange, onLink, onReset, onRename, onDelete }: UserActionsProps) {
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={`More about ${user.email}`}>
          <Ellipsis />
        </Button>
      </MenuTrigger>
      <MenuContent>
        <MenuItem
          icon={user.super_admin ? <ShieldOff /> : <ShieldCheck />}
          onSelect={() => onChange({ is_super_admin: !user.super_admin })}
        >
          {user.super_admin ? "Make an ordinary user" : "Make super admin"}
        </MenuItem>
        <MenuItem icon={<Link2 />} onSelect={onLink}>
          Reset link
        </MenuItem>
        <MenuItem icon={<KeyRound />} onSelect={onReset}>
          Set a password
        </MenuItem>
        <MenuItem icon={<AtSign />} onSelect={() => onRename("email")}>
          Change email
        </MenuItem>
        <MenuItem icon={<Pencil />} onSelect={() => onRename("username")}>
          Change user name
        </MenuItem>
        <MenuItem icon={<UserRound />} onSelect={() => onChange({ disabled: !user.disabled })}>
          {user.disabled ? "Enable" : "Disable"}
        </MenuItem>
        <MenuSeparator />
        <ConfirmedItem
          icon={<Trash2 />}
          question={{
            title: `Delete ${user.email}?`,
            body: "The person leaves every workspace. Scripts and other items stay.",
            action: "Delete",
          }}
          onAgree={onDelete}
        >
          Delete
        </ConfirmedItem>
      </MenuContent>
    </Menu>
  );
}

function Instance() {
  const workspace = useWorkspace();
  const { tab = "users" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const show = (next: string) =>
    void navigate({
      to: "/w/$workspace/users",
      params: { workspace },
      search: next === "users" ? {} : { tab: next },
      replace: true,
    });
  const { data: account } = useQuery(accountQuery);
  const list = useQuery(instanceUsersQuery);
  const [search, setSearch] = useState("");
  const [creating, setCreating] = useState(false);
  const [resetting, setResetting] = useState<string | null>(null);
  const [renaming, setRenaming] = useState<{ email: string; what: "email" | "username" } | null>(null);
  const [linking, setLinking] = useState<string | null>(null);
  const touches = [["instance", "users"]];
  const change = useChange({
    run: ({ email, ...body }: UserChange & { email: string }) => updateUser(email, body),
    touches,
  });
  const drop = useChange({ run: deleteUser, done: () => ["Account deleted"], touches });
  return (
    <Page
      title="Instance"
      description="Who can sign in to this Postmill, its workspaces, and what holds for all of them."
      actions={
        <Button variant="primary" onClick={() => setCreating(true)}>
          <Plus /> New account
        </Button>
      }
    >
      <Tabs value={tab} onValueChange={show}>
        <TabsList className="mb-3">
          <Tab value="users">Accounts</Tab>
          <Tab value="groups">Groups</Tab>
          <Tab value="workspaces">Workspaces</Tab>
          <Tab value="settings">Settings</Tab>
          <Tab value="alerts">
            Alerts <AlertCount />
          </Tab>
          <Tab value="logs">Logs</Tab>
        </TabsList>
        <TabPanel value="alerts">
          <AlertList whose={null}>
            Runs that no worker takes, workers that fell silent, runs that were given up. Kept for thirty
            days.
          </AlertList>
        </TabPanel>
        <TabPanel value="logs">
          <ServiceLogsTab />
        </TabPanel>
        <TabPanel value="workspaces">
          <InstanceWorkspacesTab />
        </TabPanel>
        <TabPanel value="settings">
          <InstanceSettingsTab />
        </TabPanel>
        <TabPanel value="groups">
          <InstanceGroupsTab />
        </TabPanel>
        <TabPanel value="users">
          <SearchInput label="Search users" value={search} onValue={setSearch} className="mb-3 sm:max-w-80" />
          <Card className="overflow-hidden">
            <ListTable
              list={list}
              keyOf={(user) => user.email}
              search={search}
              text={(user) => `${user.email} ${user.name ?? ""}`}
              rows={4}
              empty={<EmptyState icon={UserRound} title="Nobody matches" />}
              columns={[
                {
                  head: "User",
                  cell: (user) => (
                    <Person
                      name={user.name}
                      email={user.email}
                      self={user.email === account?.email}
                      disabled={user.disabled}
                    />
                  ),
                },
                {
                  head: "Role",
                  cell: (user) => (
                    <Badge tone={user.super_admin ? "accent" : "neutral"}>
                      {user.super_admin ? "Super admin" : "User"}
                    </Badge>
                  ),
                },
                {
                  head: "Sign in",
                  className: "hidden sm:table-cell",
                  look: "text-muted",
                  cell: (user) => user.login_type,
                },
                {
                  head: "",
                  className: "w-12",
                  cell: (user) =>
                    user.email !== account?.email && (
                      <UserActions
                        user={user}
                        onChange={(body) => change.mutate({ email: user.email, ...body })}
                        onLink={() => setLinking(user.email)}
                        onReset={() => setResetting(user.email)}
                        onRename={(what) => setRenaming({ email: user.email, what })}
                        onDelete={() => drop.mutate(user.email)}
                      />
                    ),
                },
              ]}
            />
          </Card>
        </TabPanel>
      </Tabs>
      {creating && <CreateUser onClose={() => setCreating(false)} />}
      {renaming && <RenameDialog {...renaming} onClose={() => setRenaming(null)} />}
      {linking && <ResetLink email={linking} onClose={() => setLinking(null)} />}
      {resetting && <ResetPassword email={resetting} onClose={() => setResetting(null)} />}
    </Page>
  );
}

export default function UsersPage() {
  return (
    <AdminsOnly of="instance">
      <Instance />
    </AdminsOnly>
  );
}
