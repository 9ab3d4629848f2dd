import { queryOptions } from "@tanstack/react-query";
import { get, pathOf, post } from "@/api/client";

/** What single grants can be given on. */
export type GrantKind = "script" | "flow" | "variable" | "resource";

const base = (workspace: string) => `/w/${workspace}/acls`;

/** Who may read (false) or change (true) an item besides those whom its path lets. */
export const grantsQuery = (workspace: string, kind: GrantKind, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "grants", kind, path],
    queryFn: ({ signal }) =>
      get<Record<string, boolean>>(`${base(workspace)}/get/${kind}/${pathOf(path)}`, undefined, signal),
  });

export const giveGrant = (workspace: string, kind: GrantKind, path: string, owner: string, write: boolean) =>
  post<string>(`${base(workspace)}/add/${kind}/${pathOf(path)}`, { owner, write });
export const takeGrant = (workspace: string, kind: GrantKind, path: string, owner: string) =>
  post<string>(`${base(workspace)}/remove/${kind}/${pathOf(path)}`, { owner });
