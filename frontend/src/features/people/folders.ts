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

export type FolderRight = "read" | "write" | "owner";

export const FOLDER_RIGHTS = [
  { value: "read", label: "Can read and run" },
  { value: "write", label: "Can write" },
  { value: "owner", label: "Owner" },
] as const;

/** Who may do what in a folder, in one list: owners and the permissions beside them. */
export function rightsOf(folder: Folder | null): Record<string, FolderRight> {
  const rights: Record<string, FolderRight> = {};
  for (const [who, write] of Object.entries(folder?.extra_perms ?? {}))
    rights[who] = write ? "write" : "read";
  for (const owner of folder?.owners ?? []) rights[owner] = "owner";
  return rights;
}

export function permissionsOf(rights: Record<string, FolderRight>): {
  owners: string[];
  extra_perms: Record<string, boolean>;
} {
  return {
    owners: Object.keys(rights).filter((who) => rights[who] === "owner"),
    extra_perms: Object.fromEntries(Object.entries(rights).map(([who, right]) => [who, right !== "read"])),
  };
}
