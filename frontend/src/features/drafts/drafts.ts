import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, pathOf, post } from "@/api/client";
import type { Draft, DraftSaved } from "@/api/types";

export type ListedDraft = {
  kind: string;
  path: string;
  summary?: string | null;
  /** Never deployed: the draft is all there is. */
  draft_only: boolean;
  created_at: string;
  mine: boolean;
  draft_users: { username: string }[];
};

/** The kinds of items that are drafted here; the server keeps drafts of more. */
export type DraftKind = "script" | "flow";

/** Everybody's drafts, as far as the person may read them; newest first. */
export const draftsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "drafts", "list"],
    queryFn: async ({ signal }) => {
      const all = await get<ListedDraft[]>(`/w/${workspace}/drafts/list`, { all_users: true }, signal);
      return all.sort((a, b) => b.created_at.localeCompare(a.created_at));
    },
    // Drafts change with every pause in typing, in other windows too.
    staleTime: 0,
  });

/** Who else has a draft of an item. */
export function authorsBeside(
  drafts: readonly ListedDraft[] | undefined,
  kind: DraftKind,
  path: string,
  me: string | undefined,
): string[] {
  const found = drafts?.find((draft) => draft.kind === kind && draft.path === path);
  return (found?.draft_users ?? []).map((user) => user.username).filter((user) => user !== me);
}

/** The person's own draft of an item, or null. */
export const draftQuery = (workspace: string, path: string, kind: DraftKind = "script") =>
  queryOptions({
    queryKey: ["w", workspace, "drafts", kind, path],
    queryFn: async ({ signal }) => {
      try {
        return await get<Draft | null>(
          `/w/${workspace}/drafts/get_own/${kind}/${pathOf(path)}`,
          undefined,
          signal,
        );
      } catch (error) {
        if (isStatus(error, 404)) return null;
        throw error;
      }
    },
    // Read once when the editor opens; afterwards the editor is the truth.
    staleTime: 0,
    gcTime: 0,
  });

/** Saves a draft. `conflict`: somewhere else it was changed after `lastSync`, and nothing was written. */
export const saveDraft = (
  workspace: string,
  path: string,
  value: unknown,
  lastSync: string | null,
  force: boolean,
  kind: DraftKind = "script",
) =>
  post<DraftSaved>(`/w/${workspace}/drafts/update/${kind}/${pathOf(path)}`, {
    value,
    ...(lastSync ? { last_sync: lastSync } : {}),
    ...(force ? { force } : {}),
  });

export const dropDraft = (workspace: string, path: string, kind: DraftKind = "script") =>
  post<string>(`/w/${workspace}/drafts/delete_for_user/${kind}/${pathOf(path)}`);
