import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowRight, Building2, LogOut, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { acceptInvite, declineInvite, type Invitation, ownInvitesQuery } from "@/features/people/invitations";
import { ROLES, roleOf } from "@/features/people/roles";
import { accountQuery, rememberWorkspace, signOut, workspacesQuery } from "@/features/session/session";
import { createWorkspace } from "@/features/session/workspaces";
import { WorkspaceTile } from "@/features/shell/sidebar";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Field } from "@/ui/field";
import { FormDialog } from "@/ui/form-dialog";
import { Input } from "@/ui/input";
import { Logo } from "@/ui/logo";
import { Card } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { tellError } from "@/ui/toast";

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 50);
}

function CreateWorkspace({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [id, setId] = useState<string | null>(null);
  const navigate = useNavigate();
  const wanted = id ?? slug(name);
  const create = useChange({
    run: () => createWorkspace({ id: wanted, name: name.trim() }),
    touches: [["workspaces"]],
    after: async () => {
      rememberWorkspace(wanted);
      await navigate({ to: "/w/$workspace", params: { workspace: wanted } });
    },
  });
  return (
    <FormDialog
      title="New workspace"
      description="A workspace has its own scripts, variables, people and runs."
      submit="Create workspace"
      busy={create.isPending}
      disabled={!name.trim() || !wanted}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <Field label="Name" required>
        <Input
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoFocus
          placeholder="Operations"
        />
      </Field>
      <Field label="Id" required hint="Part of every address and of the API; it stays as it is.">
        <Input
          value={wanted}
          onChange={(event) => setId(event.target.value)}
          className="font-mono"
          placeholder="operations"
        />
      </Field>
    </FormDialog>
  );
}

function OwnInvite({ invitation }: { invitation: Invitation }) {
  const { workspace_id: id } = invitation;
  const [username, setUsername] = useState("");
  const touches = [["invites"], ["workspaces"]];
  const accept = useChange({ run: () => acceptInvite(id, username.trim()), touches });
  const decline = useChange({ run: () => declineInvite(id), touches });
  const role = ROLES.find((known) => known.value === roleOf(invitation))?.label.toLowerCase();
  return (
    <li className="flex flex-col gap-2.5 px-4 py-3">
      <p className="text-sm">
        You are invited to <strong className="font-medium">{id}</strong> as {role}.
      </p>
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          accept.mutate();
        }}
      >
        <Input
          aria-label={`User name in ${id}`}
          placeholder={invitation.email.split("@")[0]}
          value={username}
          onChange={(event) => setUsername(event.target.value)}
          className="w-44 font-mono text-xs"
        />
        <Button type="submit" variant="primary" busy={accept.isPending}>
          Join
        </Button>
        <Button variant="ghost" busy={decline.isPending} onClick={() => decline.mutate()}>
          Decline
        </Button>
      </form>
    </li>
  );
}

export default function WorkspacesPage() {
  const list = useQuery(workspacesQuery);
  const { data: account } = useQuery(accountQuery);
  const { data: invitations } = useQuery(ownInvitesQuery);
  const [creating, setCreating] = useState(false);
  return (
    <div className="mx-auto flex min-h-full w-full max-w-[520px] flex-col px-4 py-12">
      <header className="mb-6 flex items-center gap-3">
        <Logo className="size-9" />
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">Workspaces</h1>
          <p className="truncate text-sm text-muted">{account?.email}</p>
        </div>
        <Button
          variant="ghost"
          onClick={() => {
            signOut().then(() => window.location.assign("/login"), tellError);
          }}
        >
          <LogOut /> Sign out
        </Button>
      </header>
      {invitations && invitations.length > 0 && (
        <Card className="mb-4 border-accent/40">
          <ul className="divide-y divide-line">
            {invitations.map((invitation) => (
              <OwnInvite key={invitation.workspace_id} invitation={invitation} />
            ))}
          </ul>
        </Card>
      )}
      <Card>
        {list.isPending && <SkeletonRows rows={3} />}
        {list.isError && <ErrorState error={list.error} retry={() => void list.refetch()} />}
        {list.data?.workspaces.length === 0 && (
          <EmptyState icon={Building2} title="No workspace yet">
            Ask an administrator to add you to a workspace, or create one.
          </EmptyState>
        )}
        <ul className="divide-y divide-line">
          {list.data?.workspaces.map((workspace) => (
            <li key={workspace.id}>
              <Link
                to="/w/$workspace"
                params={{ workspace: workspace.id }}
                onClick={() => rememberWorkspace(workspace.id)}
                className="group flex items-center gap-3 px-4 py-3 hover:bg-hover"
              >
                <WorkspaceTile name={workspace.name} color={workspace.color} className="size-8" />
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{workspace.name}</span>
                  <span className="block truncate text-xs text-muted">
                    {workspace.id} · as {workspace.username}
                  </span>
                </span>
                <ArrowRight className="size-4 text-faint group-hover:text-text" aria-hidden />
              </Link>
            </li>
          ))}
        </ul>
      </Card>
      <Button className="mt-4 self-start" onClick={() => setCreating(true)}>
        <Plus /> New workspace
      </Button>
      {creating && <CreateWorkspace onClose={() => setCreating(false)} />}
    </div>
  );
}
