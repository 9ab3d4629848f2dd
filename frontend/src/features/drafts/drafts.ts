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
};

/** The person's own drafts of scripts, newest first. */
export const draftsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "drafts"],
    queryFn: async ({ signal }) => {
      const all = await get<ListedDraft[]>(`/w/${workspace}/drafts/list`, undefined, signal);
      return all
        .filter((draft) => draft.kind === "script" && draft.mine)
        .sort((a, b) => b.created_at.localeCompare(a.created_at));
    },
    staleTime: 5_000,
  });

/** The person's own draft of a script, or null. */
export const draftQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "drafts", "script", path],
    queryFn: async ({ signal }) => {
      try {
        return await get<Draft | null>(
          `/w/${workspace}/drafts/get_own/script/${pathOf(path)}`,
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
) =>
  post<DraftSaved>(`/w/${workspace}/drafts/update/script/${pathOf(path)}`, {
    value,
    ...(lastSync ? { last_sync: lastSync } : {}),
    ...(force ? { force } : {}),
  });

export const dropDraft = (workspace: string, path: string) =>
  post<string>(`/w/${workspace}/drafts/delete_for_user/script/${pathOf(path)}`);
