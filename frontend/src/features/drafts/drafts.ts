import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, pathOf, post } from "@/api/client";
import type { Draft, DraftSaved } from "@/api/types";

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

/** An update without value removes the draft. */
export const dropDraft = (workspace: string, path: string) =>
  post<DraftSaved>(`/w/${workspace}/drafts/update/script/${pathOf(path)}`, { force: true });
