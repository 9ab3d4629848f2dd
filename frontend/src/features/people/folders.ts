import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Folder } from "@/api/types";

export const foldersQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "folders"],
    queryFn: ({ signal }) => get<Folder[]>(`/w/${workspace}/folders/list`, { per_page: 1000 }, signal),
    staleTime: 10_000,
  });

export type FolderInput = {
  name: string;
  summary?: string;
  owners?: string[];
  extra_perms?: Record<string, boolean>;
};

export const createFolder = (workspace: string, folder: FolderInput) =>
  post<string>(`/w/${workspace}/folders/create`, folder);
export const updateFolder = (workspace: string, name: string, change: Omit<FolderInput, "name">) =>
  post<string>(`/w/${workspace}/folders/update/${encodeURIComponent(name)}`, change);
export const deleteFolder = (workspace: string, name: string) =>
  remove<string>(`/w/${workspace}/folders/delete/${encodeURIComponent(name)}`);
