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
};

/** The newest alerts, seen ones too; who runs the instance is told of new ones while the page is open. */
export const alertsQuery = queryOptions({
  queryKey: ["instance", "alerts"],
  queryFn: async ({ signal }) =>
    (await get<{ alerts: Alert[] }>("/settings/critical_alerts", { page_size: 200 }, signal)).alerts,
  refetchInterval: 30_000,
});

export const acknowledgeAlert = (id: number) => post<string>(`/settings/critical_alerts/${id}/acknowledge`);
export const acknowledgeAlerts = () => post<string>("/settings/critical_alerts/acknowledge_all");
