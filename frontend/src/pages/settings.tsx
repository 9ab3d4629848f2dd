import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { WorkspaceSettings } from "@/api/types";
import { AdminsOnly } from "@/features/session/admins-only";
import { useWorkspace } from "@/features/session/session";
import { AutoInviteCard } from "@/features/workspace-settings/auto-invite-card";
import { DefaultScriptsCard } from "@/features/workspace-settings/default-scripts-card";
import { EndCard } from "@/features/workspace-settings/end-card";
import { GeneralCard } from "@/features/workspace-settings/general-card";
import { HandlerCard } from "@/features/workspace-settings/handler-card";
import { ProtectionCard } from "@/features/workspace-settings/protection-card";
import { PruneCard } from "@/features/workspace-settings/prune-card";
import { workspaceSettingsQuery } from "@/features/workspace-settings/settings";
import { WebhookCard } from "@/features/workspace-settings/webhook-card";
import { Page } from "@/ui/page";
import { type Section, SectionNav } from "@/ui/section-nav";
import { ErrorState, Skeleton } from "@/ui/states";

type Part = Section & { show: (settings: WorkspaceSettings) => ReactNode };

const GENERAL: Part = {
  id: "general",
  label: "General",
  show: (settings) => <GeneralCard color={settings.color} />,
};
const PARTS: readonly Part[] = [
  GENERAL,
  { id: "scripts", label: "New scripts", show: () => <DefaultScriptsCard /> },
  {
    id: "handlers",
    label: "Handlers & webhook",
    show: (settings) => (
      <>
        <HandlerCard kind="error" handler={settings.error_handler} />
        <HandlerCard kind="success" handler={settings.success_handler} />
        <WebhookCard webhook={settings.webhook ?? ""} />
      </>
    ),
  },
  {
    id: "joining",
    label: "Who joins",
    show: (settings) => <AutoInviteCard given={settings.auto_invite} />,
  },
  { id: "protection", label: "Protection rules", show: () => <ProtectionCard /> },
  { id: "versions", label: "Earlier versions", show: () => <PruneCard /> },
];
const END: Part = { id: "end", label: "Archive or delete", show: () => <EndCard /> };

function Settings() {
  const workspace = useWorkspace();
  const { section } = useSearch({ strict: false }) as { section?: string };
  const settings = useQuery(workspaceSettingsQuery(workspace));
  if (settings.isError)
    return <ErrorState error={settings.error} retry={() => void settings.refetch()} className="pt-32" />;
  const parts = workspace === "admins" ? PARTS : [...PARTS, END];
  const shown = parts.find((part) => part.id === section) ?? GENERAL;
  return (
    <Page title="Settings" description="What holds for this workspace and everybody in it.">
      <div className="grid items-start gap-x-8 gap-y-3 md:grid-cols-[160px_minmax(0,720px)]">
        <SectionNav sections={parts} current={shown.id} />
        <div className="flex min-w-0 flex-col gap-4">
          {settings.data ? shown.show(settings.data) : <Skeleton className="h-64" />}
        </div>
      </div>
    </Page>
  );
}

export default function SettingsPage() {
  return (
    <AdminsOnly of="workspace">
      <Settings />
    </AdminsOnly>
  );
}
