import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { WorkspaceSettings } from "@/api/types";

export const workspaceSettingsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "settings"],
    queryFn: ({ signal }) =>
      get<WorkspaceSettings>(`/w/${workspace}/workspaces/get_settings`, undefined, signal),
  });

export const changeName = (workspace: string, name: string) =>
  post<string>(`/w/${workspace}/workspaces/change_workspace_name`, { new_name: name });
export const changeColor = (workspace: string, color: string | null) =>
  post<string>(`/w/${workspace}/workspaces/change_workspace_color`, { color });
export const archiveWorkspace = (workspace: string) => post<string>(`/w/${workspace}/workspaces/archive`);
export const deleteWorkspace = (workspace: string) => remove<string>(`/workspaces/delete/${workspace}`);
export const leaveWorkspace = (workspace: string) => post<string>(`/w/${workspace}/workspaces/leave`);
