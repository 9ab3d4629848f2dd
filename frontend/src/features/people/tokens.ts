import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Token } from "@/api/types";

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) =>
    get<Token[]>("/users/tokens/list", { exclude_ephemeral: true, per_page: 1000 }, signal),
});

export type TokenInput = {
  label: string;
  expiration?: string;
  scopes?: string[];
  workspace_id?: string;
  read_only?: boolean;
};

/** Makes a token; its text is shown this once. */
export const createToken = (token: TokenInput) => post<string>("/users/tokens/create", token);
export const deleteToken = (prefix: string) =>
  remove<string>(`/users/tokens/delete/${encodeURIComponent(prefix)}`);
export const setPassword = (password: string) => post<string>("/users/setpassword", { password });
