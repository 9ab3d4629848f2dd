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

/** The kinds of items that are drafted here; the server keeps drafts of more. */
export type DraftKind = "script" | "flow";

/** The person's own drafts of scripts or flows, newest first. */
export const draftsQuery = (workspace: string, kind: DraftKind = "script") =>
  queryOptions({
    queryKey: ["w", workspace, `${kind}s`, "drafts"],
    queryFn: async ({ signal }) => {
      const all = await get<ListedDraft[]>(`/w/${workspace}/drafts/list`, undefined, signal);
      return all
        .filter((draft) => draft.kind === kind && draft.mine)
        .sort((a, b) => b.created_at.localeCompare(a.created_at));
    },
    staleTime: 5_000,
  });

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
