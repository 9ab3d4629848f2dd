import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { TrashItem, TrashItemWithData, TrashKind } from "@/api/types";

export const KINDS: Record<TrashKind, string> = {
  script: "Script",
  flow: "Flow",
  variable: "Variable",
  resource: "Resource",
};

const MOST = 1000;

export const trashQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "trash"],
    queryFn: ({ signal }) => get<TrashItem[]>(`/w/${workspace}/trash/list`, { per_page: MOST }, signal),
  });

/** What was deleted stays as it was; asked for again beside a list that changed, it may be gone. */
export const trashItemQuery = (workspace: string, id: number) =>
  queryOptions({
    queryKey: ["trash", workspace, id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => get<TrashItemWithData>(`/w/${workspace}/trash/get/${id}`, undefined, signal),
  });

export const restoreItem = (workspace: string, id: number) =>
  post<string>(`/w/${workspace}/trash/restore/${id}`);
export const removeItem = (workspace: string, id: number) =>
  remove<string>(`/w/${workspace}/trash/delete/${id}`);
export const emptyTrash = (workspace: string) => post<string>(`/w/${workspace}/trash/empty`);
