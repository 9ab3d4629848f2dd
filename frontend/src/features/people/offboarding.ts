import { queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";

export type AffectedPaths = Record<"scripts" | "flows" | "resources" | "variables", string[]>;
export type OffboardPreview = {
  owned: AffectedPaths;
  executing_on_behalf: AffectedPaths;
  referencing: AffectedPaths;
  tokens: { label: string; scopes: string[] }[];
};
export type OffboardResult = { conflicts?: string[]; summary?: Record<string, number> };

const KINDS = [
  ["scripts", "script"],
  ["flows", "flow"],
  ["resources", "resource"],
  ["variables", "variable"],
] as const;

/** What there is, in words: ``2 scripts, 1 flow``; empty for nothing. */
export const inWords = (paths: AffectedPaths) =>
  KINDS.map(([kind, one]) => [paths[kind].length, one] as const)
    .filter(([count]) => count > 0)
    .map(([count, one]) => `${count} ${one}${count === 1 ? "" : "s"}`)
    .join(", ");
export const pathsOf = (paths: AffectedPaths) => KINDS.flatMap(([kind]) => paths[kind]);

export const offboardPreviewQuery = (workspace: string, username: string) =>
  queryOptions({
    queryKey: ["w", workspace, "offboard", username],
    queryFn: ({ signal }) =>
      get<OffboardPreview>(
        `/w/${workspace}/users/offboard_preview/${encodeURIComponent(username)}`,
        undefined,
        signal,
      ),
    staleTime: 0,
  });
export const offboard = (
  workspace: string,
  username: string,
  wanted: { reassign_to: string; new_on_behalf_of_user?: string; delete_user: boolean },
) => post<OffboardResult>(`/w/${workspace}/users/offboard/${encodeURIComponent(username)}`, wanted);
