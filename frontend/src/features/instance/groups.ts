import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";

export type InstanceRole = "superadmin" | "devops";

export type InstanceGroup = {
  name: string;
  summary: string;
  emails: string[];
  instance_role: InstanceRole | null;
  workspaces: { workspace_id: string; workspace_name: string; role: string }[];
};

export const instanceGroupNamesQuery = queryOptions({
  queryKey: ["instance", "group-names"],
  queryFn: ({ signal }) => get<{ name: string; summary?: string }[]>("/groups/list", undefined, signal),
});

export const instanceGroupsQuery = queryOptions({
  queryKey: ["instance", "groups"],
  queryFn: ({ signal }) => get<InstanceGroup[]>("/groups/list_with_workspaces", undefined, signal),
});

const of = (name: string) => encodeURIComponent(name);

export const createInstanceGroup = (name: string, summary: string) =>
  post<string>("/groups/create", { name, summary });
export const updateInstanceGroup = (name: string, new_summary: string, instance_role: InstanceRole | null) =>
  post<string>(`/groups/update/${of(name)}`, { new_summary, instance_role });
export const deleteInstanceGroup = (name: string) => remove<string>(`/groups/delete/${of(name)}`);
export const addToInstanceGroup = (name: string, email: string) =>
  post<string>(`/groups/adduser/${of(name)}`, { email });
export const removeFromInstanceGroup = (name: string, email: string) =>
  post<string>(`/groups/removeuser/${of(name)}`, { email });
