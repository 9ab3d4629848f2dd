import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Token } from "@/api/types";
import type { TokenInput } from "./tokens";

const tokensOf = (workspace: string, username: string) =>
  `/w/${workspace}/users/service_account_tokens/${encodeURIComponent(username)}`;

export const createServiceAccount = (
  workspace: string,
  account: { username: string; is_admin: boolean; operator: boolean; add_to_deployers: boolean },
) => post<string>(`/w/${workspace}/workspaces/create_service_account`, account);

export const serviceTokensQuery = (workspace: string, username: string) =>
  queryOptions({
    queryKey: ["w", workspace, "service-tokens", username],
    queryFn: ({ signal }) => get<Token[]>(tokensOf(workspace, username), undefined, signal),
  });

/** Makes a token of a service account; its text is shown this once. */
export const createServiceToken = (
  workspace: string,
  username: string,
  token: Omit<TokenInput, "workspace_id">,
) => post<string>(tokensOf(workspace, username), token);
export const deleteServiceToken = (workspace: string, username: string, prefix: string) =>
  remove<string>(`${tokensOf(workspace, username)}/${encodeURIComponent(prefix)}`);
