import { queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";

export type Invitation = { workspace_id: string; email: string; is_admin: boolean; operator: boolean };

export const pendingInvitesQuery = (workspace: string, enabled: boolean) =>
  queryOptions({
    queryKey: ["w", workspace, "invites"],
    queryFn: ({ signal }) =>
      get<Invitation[]>(`/w/${workspace}/workspaces/list_pending_invites`, undefined, signal),
    enabled,
  });

export const ownInvitesQuery = queryOptions({
  queryKey: ["invites"],
  queryFn: ({ signal }) => get<Invitation[]>("/users/list_invites", undefined, signal),
});

export const invite = (
  workspace: string,
  invitation: { email: string; is_admin: boolean; operator: boolean },
) => post<string>(`/w/${workspace}/workspaces/invite_user`, invitation);
export const withdrawInvite = (workspace: string, { email, is_admin, operator }: Invitation) =>
  post<string>(`/w/${workspace}/workspaces/delete_invite`, { email, is_admin, operator });
export const acceptInvite = (workspace_id: string, username?: string) =>
  post<string>("/users/accept_invite", { workspace_id, username: username || undefined });
export const declineInvite = (workspace_id: string) =>
  post<string>("/users/decline_invite", { workspace_id });
