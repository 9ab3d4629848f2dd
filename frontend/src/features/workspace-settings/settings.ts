import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { WorkspaceHandler, WorkspaceSettings } from "@/api/types";
import type { Role } from "@/features/people/roles";
import type { DefaultScripts } from "@/features/scripts/default-scripts";

export const workspaceSettingsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "settings"],
    queryFn: ({ signal }) =>
      get<WorkspaceSettings>(`/w/${workspace}/workspaces/get_settings`, undefined, signal),
  });

export type HandlerKind = "error" | "success";
export type Handler = WorkspaceHandler;

/** Sets the handler; without a path there is none any more. */
export const editHandler = (workspace: string, kind: HandlerKind, handler: Partial<Handler>) =>
  post<string>(`/w/${workspace}/workspaces/edit_${kind}_handler`, handler);
export const takeGroupsIn = (workspace: string, roles: Record<string, Role>) =>
  post<string>(`/w/${workspace}/workspaces/edit_instance_groups`, { groups: Object.keys(roles), roles });
/** Says how new scripts begin; null stands for Postmill's own proposal. */
export const editDefaultScripts = (workspace: string, words: DefaultScripts | null) =>
  post<string>(`/w/${workspace}/workspaces/default_scripts`, words ?? undefined);
export const changeName = (workspace: string, name: string) =>
  post<string>(`/w/${workspace}/workspaces/change_workspace_name`, { new_name: name });
export const changeColor = (workspace: string, color: string | null) =>
  post<string>(`/w/${workspace}/workspaces/change_workspace_color`, { color });
export type Versioned = "scripts" | "flows" | "resources";

/** Removes the earlier versions that nothing takes any more; answers how many they were. */
export const pruneVersions = async (workspace: string, kind: Versioned) =>
  (await post<{ pruned: number }>(`/w/${workspace}/workspaces/prune_versions`, { resource_type: kind }))
    .pruned;

export const archiveWorkspace = (workspace: string) => post<string>(`/w/${workspace}/workspaces/archive`);
export const deleteWorkspace = (workspace: string) => remove<string>(`/workspaces/delete/${workspace}`);
/** Who is invited by the domain of their address; without `operator`, nobody. */
export const editAutoInvite = (
  workspace: string,
  rule: { operator?: boolean; invite_all?: boolean; auto_add?: boolean },
) => post<string>(`/w/${workspace}/workspaces/edit_auto_invite`, rule);
/** Sets the address that is told of changes; an empty one removes it. */
export const editWebhook = (workspace: string, webhook: string) =>
  post<string>(`/w/${workspace}/workspaces/edit_webhook`, { webhook: webhook || null });
