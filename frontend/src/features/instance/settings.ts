import { queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { InstanceWorkspace } from "@/api/types";

/** Set: only super admins make workspaces. Unset means that as well; only false opens it to everybody. */
const WORKSPACES = "create_workspace_require_superadmin";

export const workspacesClosedQuery = queryOptions({
  queryKey: ["instance", "settings", WORKSPACES],
  queryFn: async ({ signal }) =>
    (await get<boolean | null>(`/settings/global/${WORKSPACES}`, undefined, signal)) !== false,
});

export const closeWorkspaces = (value: boolean) => post<string>(`/settings/global/${WORKSPACES}`, { value });

export type StartSetting = string | number | boolean | string[] | null;

/** What the server that answers was started with, without what may hold credentials. */
export const startSettingsQuery = queryOptions({
  queryKey: ["instance", "settings", "start"],
  queryFn: ({ signal }) => get<Record<string, StartSetting>>("/settings/local", undefined, signal),
});

export const allWorkspacesQuery = queryOptions({
  queryKey: ["instance", "workspaces"],
  queryFn: ({ signal }) =>
    get<InstanceWorkspace[]>("/workspaces/list_as_superadmin", { per_page: 1000 }, signal),
});

export const unarchiveWorkspace = (id: string) => post<string>(`/workspaces/unarchive/${id}`);

export type SigningKey = { kid: string; state: "active" | "retired"; created_at: string };

export const signingKeysQuery = queryOptions({
  queryKey: ["instance", "signing-keys"],
  queryFn: async ({ signal }) =>
    (await get<{ keys: SigningKey[] }>("/oidc/signing_status", undefined, signal)).keys,
});

export const rotateSigningKey = () => post<string>("/oidc/rotate_key");
