import { useQuery } from "@tanstack/react-query";
import { Bell, BellOff } from "lucide-react";
import { AlertList } from "@/features/alerts/alert-list";
import { muteAlerts } from "@/features/alerts/alerts";
import { AdminsOnly } from "@/features/session/admins-only";
import { useWorkspace } from "@/features/session/session";
import { workspaceSettingsQuery } from "@/features/workspace-settings/settings";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Page } from "@/ui/page";

function Mute() {
  const workspace = useWorkspace();
  const { data: settings } = useQuery(workspaceSettingsQuery(workspace));
  const choose = useChange({
    run: (muted: boolean) => muteAlerts(workspace, muted),
    done: (muted) =>
      muted ? ["Muted", "New alerts are marked as seen from the start."] : ["New alerts are told of again"],
    touches: [["w", workspace, "settings"]],
  });
  if (!settings) return null;
  const muted = settings.mute_critical_alerts === true;
  return (
    <Button busy={choose.isPending} onClick={() => choose.mutate(!muted)}>
      {!choose.isPending && (muted ? <Bell /> : <BellOff />)} {muted ? "Unmute" : "Mute"}
    </Button>
  );
}

export default function AlertsPage() {
  const workspace = useWorkspace();
  return (
    <AdminsOnly of="workspace">
      <Page
        title="Alerts"
        description="Runs that no worker takes, and runs that were given up."
        actions={<Mute />}
      >
        <AlertList whose={workspace}>Kept for thirty days.</AlertList>
      </Page>
    </AdminsOnly>
  );
}
