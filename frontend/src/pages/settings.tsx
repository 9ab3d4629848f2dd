import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { accountQuery, useMember, useWorkspace, workspacesQuery } from "@/features/session/session";
import { WorkspaceTile } from "@/features/shell/sidebar";
import { AutoInviteCard } from "@/features/workspace-settings/auto-invite-card";
import { DefaultScriptsCard } from "@/features/workspace-settings/default-scripts-card";
import { HandlerCard } from "@/features/workspace-settings/handler-card";
import { ProtectionCard } from "@/features/workspace-settings/protection-card";
import { PruneCard } from "@/features/workspace-settings/prune-card";
import {
  archiveWorkspace,
  changeColor,
  changeName,
  deleteWorkspace,
  workspaceSettingsQuery,
} from "@/features/workspace-settings/settings";
import { WebhookCard } from "@/features/workspace-settings/webhook-card";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, CardHeader, Page } from "@/ui/page";
import { ErrorState, Skeleton } from "@/ui/states";
import { tellError } from "@/ui/toast";

const COLOURS = ["#3452e1", "#0f766e", "#b45309", "#be185d", "#6d28d9", "#15803d", "#475569"];

export default function SettingsPage() {
  const workspace = useWorkspace();
  const member = useMember();
  const { data: account } = useQuery(accountQuery);
  const list = useQuery(workspacesQuery);
  const settings = useQuery(workspaceSettingsQuery(workspace));
  const confirm = useConfirm();
  const current = list.data?.workspaces.find((known) => known.id === workspace);
  const [name, setName] = useState("");
  useEffect(() => setName(current?.name ?? ""), [current?.name]);
  const touches = [["workspaces"], ["w", workspace, "settings"]];
  const rename = useChange({
    run: () => changeName(workspace, name.trim()),
    done: () => ["Name changed"],
    touches,
  });
  const paint = useChange({ run: (color: string | null) => changeColor(workspace, color), touches });
  const leave = async (
    action: () => Promise<unknown>,
    question: { title: string; body: string; action: string; otherwise?: string },
  ) => {
    if (!(await confirm(question))) return;
    try {
      await action();
      window.location.assign("/workspaces");
    } catch (error) {
      tellError(error);
    }
  };
  const color = settings.data?.color || current?.color || null;
  if (settings.isError)
    return <ErrorState error={settings.error} retry={() => void settings.refetch()} className="pt-32" />;
  return (
    <Page title="Settings" description="This workspace in general.">
      <div className="flex max-w-2xl flex-col gap-4">
        <Card>
          <CardHeader title="General" />
          {settings.isPending ? (
            <Skeleton className="m-4 h-32" />
          ) : (
            <div className="flex flex-col gap-5 p-4">
              <form
                className="flex items-end gap-2"
                onSubmit={(event: FormEvent) => {
                  event.preventDefault();
                  rename.mutate();
                }}
              >
                <Field label="Name" className="flex-1">
                  <Input value={name} onChange={(event) => setName(event.target.value)} />
                </Field>
                <Button
                  type="submit"
                  busy={rename.isPending}
                  disabled={!name.trim() || name === current?.name}
                >
                  Rename
                </Button>
              </form>
              <Field label="Id" hint="Part of every address and of the API.">
                <Input value={workspace} readOnly className="font-mono text-xs" />
              </Field>
              <div>
                <div className="mb-1.5 text-sm font-medium">Colour</div>
                <div className="flex items-center gap-2">
                  <button
                    type="button"
                    aria-label="No colour"
                    aria-pressed={!color}
                    onClick={() => paint.mutate(null)}
                    className={cn("rounded-md p-0.5", !color && "outline-2 outline-accent")}
                  >
                    <WorkspaceTile name={current?.name ?? workspace} />
                  </button>
                  {COLOURS.map((choice) => (
                    <button
                      key={choice}
                      type="button"
                      aria-label={`Colour ${choice}`}
                      aria-pressed={color === choice}
                      onClick={() => paint.mutate(choice)}
                      style={{ background: choice }}
                      className="flex size-6 items-center justify-center rounded-md text-white"
                    >
                      {color === choice && <Check className="size-3.5" />}
                    </button>
                  ))}
                </div>
                <p className="mt-1.5 text-xs text-muted">Tells workspaces apart in the side bar.</p>
              </div>
            </div>
          )}
        </Card>
        {(member?.is_admin || account?.super_admin) && settings.data && (
          <>
            <DefaultScriptsCard />
            <HandlerCard kind="error" handler={settings.data.error_handler} />
            <HandlerCard kind="success" handler={settings.data.success_handler} />
            <ProtectionCard />
            <AutoInviteCard given={settings.data.auto_invite} />
            <WebhookCard webhook={settings.data.webhook ?? ""} />
            <PruneCard />
          </>
        )}
        {(member?.is_admin || account?.super_admin) && workspace !== "admins" && (
          <Card className="border-danger-solid/30">
            <CardHeader title="Danger zone" />
            <div className="flex items-center justify-between gap-4 p-4">
              <div>
                <div className="text-sm font-medium">Archive</div>
                <p className="text-xs text-muted">
                  Nothing runs and nobody enters; everything is kept and can be brought back.
                </p>
              </div>
              <Button
                variant="danger-ghost"
                onClick={() =>
                  void leave(() => archiveWorkspace(workspace), {
                    title: `Archive ${current?.name ?? workspace}?`,
                    body: "A super admin can bring it back.",
                    action: "Archive",
                  })
                }
              >
                Archive workspace
              </Button>
            </div>
            {account?.super_admin && (
              <div className="flex items-center justify-between gap-4 border-t border-line p-4">
                <div>
                  <div className="text-sm font-medium">Delete</div>
                  <p className="text-xs text-muted">
                    Scripts, runs, variables and everything else in it are deleted.
                  </p>
                </div>
                <Button
                  variant="danger-ghost"
                  onClick={() =>
                    void leave(() => deleteWorkspace(workspace), {
                      title: `Delete ${current?.name ?? workspace} for good?`,
                      body: "Everything in the workspace is deleted. This cannot be undone.",
                      action: "Delete for good",
                    })
                  }
                >
                  Delete workspace
                </Button>
              </div>
            )}
          </Card>
        )}
      </div>
    </Page>
  );
}
