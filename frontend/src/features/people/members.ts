import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Member } from "@/api/types";

export const membersQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "members"],
    queryFn: ({ signal }) => get<Member[]>(`/w/${workspace}/users/list`, undefined, signal),
    staleTime: 10_000,
  });

export const addMember = (
  workspace: string,
  member: { email: string; is_admin: boolean; operator: boolean; username?: string },
) => post<string>(`/w/${workspace}/workspaces/add_user`, member);
export const updateMember = (
  workspace: string,
  username: string,
  change: { is_admin?: boolean; operator?: boolean; disabled?: boolean },
) => post<string>(`/w/${workspace}/users/update/${encodeURIComponent(username)}`, change);
/** Ends the caller's own membership. */
export const leaveWorkspace = (workspace: string) => post<string>(`/w/${workspace}/workspaces/leave`);
export const removeMember = (workspace: string, username: string) =>
  remove<string>(`/w/${workspace}/users/delete/${encodeURIComponent(username)}`);
