import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, pathOf, post, remove } from "@/api/client";
import type { Json, Resource, ResourceHistory, ResourceType, Schema } from "@/api/types";

export const resourcesQuery = (workspace: string, filter: { type?: string; exclude?: string } = {}) =>
  queryOptions({
    queryKey: ["w", workspace, "resources", "list", filter],
    queryFn: ({ signal }) =>
      get<Resource[]>(
        `/w/${workspace}/resources/list`,
        { per_page: 1000, resource_type: filter.type, resource_type_exclude: filter.exclude },
        signal,
      ),
  });

export const resourceTypesQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "resource-types"],
    queryFn: ({ signal }) => get<ResourceType[]>(`/w/${workspace}/resources/type/list`, undefined, signal),
    staleTime: 30_000,
  });

/** A resource type, or null when nobody declared it. */
export const resourceTypeQuery = (workspace: string, name: string) =>
  queryOptions({
    queryKey: ["w", workspace, "resource-types", name],
    queryFn: async ({ signal }) => {
      try {
        return await get<ResourceType>(
          `/w/${workspace}/resources/type/get/${pathOf(name)}`,
          undefined,
          signal,
        );
      } catch (error) {
        if (isStatus(error, 404)) return null;
        throw error;
      }
    },
    staleTime: 30_000,
  });

export type ResourceInput = {
  path: string;
  value: Json | unknown;
  description: string;
  resource_type: string;
};

export const createResource = (workspace: string, resource: ResourceInput) =>
  post<string>(`/w/${workspace}/resources/create`, resource);
export const updateResource = (workspace: string, path: string, change: Partial<ResourceInput>) =>
  post<string>(`/w/${workspace}/resources/update/${pathOf(path)}`, change);
export const deleteResource = (workspace: string, path: string) =>
  remove<string>(`/w/${workspace}/resources/delete/${pathOf(path)}`);

export const resourceHistoryQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "resources", "history", path],
    queryFn: ({ signal }) =>
      get<ResourceHistory>(`/w/${workspace}/resources/history/p/${pathOf(path)}`, undefined, signal),
  });
export const resourceVersionQuery = (workspace: string, id: number) =>
  queryOptions({
    queryKey: ["w", workspace, "resources", "version", id],
    queryFn: ({ signal }) =>
      get<{ value: Json; missing_references: string[] }>(
        `/w/${workspace}/resources/history/v/${id}`,
        undefined,
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
export const restoreResourceVersion = (workspace: string, id: number) =>
  post<string>(`/w/${workspace}/resources/history/restore/v/${id}`);

export type ResourceTypeInput = { name: string; description: string; schema: Schema };
export const createResourceType = (workspace: string, type: ResourceTypeInput) =>
  post<string>(`/w/${workspace}/resources/type/create`, type);
export const updateResourceType = (workspace: string, name: string, change: Partial<ResourceTypeInput>) =>
  post<string>(`/w/${workspace}/resources/type/update/${pathOf(name)}`, change);
export const deleteResourceType = (workspace: string, name: string) =>
  remove<string>(`/w/${workspace}/resources/type/delete/${pathOf(name)}`);
