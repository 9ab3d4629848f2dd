import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellOff, Check } from "lucide-react";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { ListTable } from "@/ui/list-table";
import { Card, CardHeader } from "@/ui/page";
import { RowActions } from "@/ui/row-actions";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import {
  type Alert,
  acknowledgeAlert,
  acknowledgeAlerts,
  alertCountQuery,
  alertsKey,
  alertsQuery,
  type Whose,
} from "./alerts";

const KINDS: Record<Alert["alert_type"], string> = {
  tag_unserved: "No worker",
  worker_silent: "Worker silent",
  run_lost: "Run lost",
};

/** How many alerts nobody has acknowledged, beside the name of the tab. */
export function AlertCount() {
  const count = useQuery(alertCountQuery(null)).data ?? 0;
  return count === 0 ? null : (
    <Badge tone="warning" className="ml-1.5" aria-label={`${count} not acknowledged`}>
      {count}
    </Badge>
  );
}

const LINK = "text-accent-text hover:underline";

function Message({ alert }: { alert: Alert }) {
  const { workspace_id: workspace, job_id: id } = alert;
  return (
    <>
      {alert.message}.{" "}
      {workspace && id && (
        <Link to="/w/$workspace/run/$id" params={{ workspace, id }} className={LINK}>
          Open the run
        </Link>
      )}
      {workspace && alert.alert_type === "tag_unserved" && !alert.over_at && (
        <Link to="/w/$workspace/runs" params={{ workspace }} search={{ status: "waiting" }} className={LINK}>
          See what waits
        </Link>
      )}
    </>
  );
}

/** What has to be looked at, and what had to be. */
export function AlertList({ whose, children }: { whose: Whose; children: string }) {
  const list = useQuery(alertsQuery(whose));
  // Those of a workspace are among those of the instance.
  const touches = whose === null ? [alertsKey(null), ["w"]] : [alertsKey(whose), alertsKey(null)];
  const one = useChange({ run: (id: number) => acknowledgeAlert(whose, id), touches });
  const all = useChange({
    run: () => acknowledgeAlerts(whose),
    done: () => ["All alerts acknowledged"],
    touches,
  });
  const unseen = (list.data ?? []).some((alert) => !alert.acknowledged);
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title="Newest first"
        actions={
          unseen && (
            <Button size="sm" busy={all.isPending} onClick={() => all.mutate()}>
              <Check /> Acknowledge all
            </Button>
          )
        }
      >
        {children}
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
          { head: "What", look: "break-words", cell: (alert) => <Message alert={alert} /> },
          whose === null && {
            head: "Workspace",
            className: "hidden md:table-cell",
            look: "text-xs text-muted",
            cell: (alert) => alert.workspace_id ?? "—",
          },
          {
            head: "Since",
            className: "w-32",
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
            className: "w-32",
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
