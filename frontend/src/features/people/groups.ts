import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";
import type { Group } from "@/api/types";

export const groupsQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "groups"],
    queryFn: ({ signal }) => get<Group[]>(`/w/${workspace}/groups/list`, { per_page: 1000 }, signal),
  });

export const groupQuery = (workspace: string, name: string) =>
  queryOptions({
    queryKey: ["w", workspace, "groups", name],
    queryFn: ({ signal }) =>
      get<Group>(`/w/${workspace}/groups/get/${encodeURIComponent(name)}`, undefined, signal),
  });

export const createGroup = (workspace: string, group: { name: string; summary?: string }) =>
  post<string>(`/w/${workspace}/groups/create`, group);
export const updateGroup = (workspace: string, name: string, summary: string) =>
  post<string>(`/w/${workspace}/groups/update/${encodeURIComponent(name)}`, { summary });
export const deleteGroup = (workspace: string, name: string) =>
  remove<string>(`/w/${workspace}/groups/delete/${encodeURIComponent(name)}`);
export const addToGroup = (workspace: string, name: string, username: string) =>
  post<string>(`/w/${workspace}/groups/adduser/${encodeURIComponent(name)}`, { username });
export const removeFromGroup = (workspace: string, name: string, username: string) =>
  post<string>(`/w/${workspace}/groups/removeuser/${encodeURIComponent(name)}`, { username });
