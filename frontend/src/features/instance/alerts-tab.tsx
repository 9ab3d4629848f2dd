import { useQuery } from "@tanstack/react-query";
import { BellOff, Check } from "lucide-react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ListTable } from "@/ui/list-table";
import { Card, CardHeader } from "@/ui/page";
import { RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { type Alert, acknowledgeAlert, acknowledgeAlerts, alertsQuery } from "./alerts";

const KINDS: Record<Alert["alert_type"], string> = {
  tag_unserved: "No worker",
  worker_silent: "Worker silent",
  run_lost: "Run lost",
};

/** How many alerts nobody has acknowledged, beside the name of the tab. */
export function AlertCount() {
  const list = useQuery(alertsQuery);
  const count = (list.data ?? []).filter((alert) => !alert.acknowledged).length;
  return count === 0 ? null : (
    <Badge tone="warning" className="ml-1.5" aria-label={`${count} not acknowledged`}>
      {count}
    </Badge>
  );
}

/** What has to be looked at in the instance, and what had to be. */
export function AlertsTab() {
  const list = useQuery(alertsQuery);
  const touches = [alertsQuery.queryKey];
  const one = useChange({ run: acknowledgeAlert, touches });
  const all = useChange({ run: acknowledgeAlerts, done: () => ["All alerts acknowledged"], touches });
  const unseen = (list.data ?? []).some((alert) => !alert.acknowledged);
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title="Alerts"
        actions={
          unseen && (
            <Button size="sm" busy={all.isPending} onClick={() => all.mutate()}>
              <Check /> Acknowledge all
            </Button>
          )
        }
      >
        Runs that no worker takes, workers that fell silent, runs that were given up. Kept for thirty days.
      </CardHeader>
      <ListTable
        list={list}
        keyOf={(alert) => String(alert.id)}
        rows={3}
        empty={
          <EmptyState icon={BellOff} title="Nothing to look at">
            No alert in the last thirty days.
          </EmptyState>
        }
        columns={[
          {
            head: "Kind",
            className: "w-32",
            cell: (alert) => (
              <Badge tone={alert.acknowledged ? "neutral" : "warning"}>{KINDS[alert.alert_type]}</Badge>
            ),
          },
          { head: "What", look: "break-words", cell: (alert) => alert.message },
          {
            head: "Workspace",
            className: "hidden md:table-cell",
            look: "text-xs text-muted",
            cell: (alert) => alert.workspace_id ?? "—",
          },
          {
            head: "Since",
            look: "whitespace-nowrap text-xs text-muted",
            cell: (alert) => (
              <>
                <RelativeTime at={alert.created_at} />
                {alert.over_at && alert.alert_type !== "run_lost" && (
                  <span className="block text-faint">over</span>
                )}
              </>
            ),
          },
          {
            head: "",
            cell: (alert) =>
              !alert.acknowledged && (
                <RowActions>
                  <Button
                    variant="ghost"
                    size="sm"
                    busy={one.isPending && one.variables === alert.id}
                    onClick={() => one.mutate(alert.id)}
                  >
                    Acknowledge
                  </Button>
                </RowActions>
              ),
          },
        ]}
      />
    </Card>
  );
}
