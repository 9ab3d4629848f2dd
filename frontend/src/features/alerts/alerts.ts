import { queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";

export type Alert = {
  id: number;
  alert_type: "tag_unserved" | "worker_silent" | "run_lost";
  message: string;
  created_at: string;
  acknowledged: boolean;
  workspace_id: string | null;
  over_at: string | null;
  /** The run that was lost. */
  job_id: string | null;
};

/** Whose alerts: a workspace's, or with null all of the instance. */
export type Whose = string | null;

const of = (whose: Whose) =>
  whose === null ? "/settings/critical_alerts" : `/w/${whose}/workspaces/critical_alerts`;

export const alertsKey = (whose: Whose) => (whose === null ? ["instance", "alerts"] : ["w", whose, "alerts"]);

/** The newest alerts, seen ones too; who looks at them is told of new ones while the page is open. */
export const alertsQuery = (whose: Whose) =>
  queryOptions({
    queryKey: [...alertsKey(whose), "list"],
    queryFn: async ({ signal }) =>
      (await get<{ alerts: Alert[] }>(of(whose), { page_size: 200 }, signal)).alerts,
    refetchInterval: 30_000,
  });

/** How many of them nobody has acknowledged. */
export const alertCountQuery = (whose: Whose) =>
  queryOptions({
    queryKey: [...alertsKey(whose), "count"],
    queryFn: async ({ signal }) =>
      (await get<{ total_rows: number }>(of(whose), { page_size: 1, acknowledged: false }, signal))
        .total_rows,
    refetchInterval: 60_000,
  });

export const muteAlerts = (workspace: string, muted: boolean) =>
  post<string>(`${of(workspace)}/mute`, { mute_critical_alerts: muted });
export const acknowledgeAlert = (whose: Whose, id: number) => post<string>(`${of(whose)}/${id}/acknowledge`);
export const acknowledgeAlerts = (whose: Whose) => post<string>(`${of(whose)}/acknowledge_all`);
