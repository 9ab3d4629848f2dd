import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, pathOf, post } from "@/api/client";
import type { DeploymentStatus, InferredSchema, NewScript, Schema, Script, ScriptVersion } from "@/api/types";

export type ScriptFilter = { archived?: boolean; libraries?: boolean };

export const scriptsQuery = (workspace: string, filter: ScriptFilter = {}) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "list", filter],
    queryFn: ({ signal }) =>
      get<Script[]>(
        `/w/${workspace}/scripts/list`,
        {
          per_page: 1000,
          order_desc: true,
          show_archived: filter.archived || undefined,
          include_without_main: filter.libraries || undefined,
        },
        signal,
      ),
    staleTime: 5_000,
  });

export const scriptQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "path", path],
    queryFn: ({ signal }) =>
      get<Script>(`/w/${workspace}/scripts/get/p/${pathOf(path)}`, { with_starred_info: true }, signal),
    staleTime: 5_000,
    retry: (count, error) => count < 2 && !isStatus(error, 400, 401, 403, 404),
  });

export const scriptByHashQuery = (workspace: string, hash: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "hash", hash],
    queryFn: ({ signal }) => get<Script>(`/w/${workspace}/scripts/get/h/${hash}`, undefined, signal),
    staleTime: 60_000,
  });

export const scriptHistoryQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "history", path],
    queryFn: ({ signal }) =>
      get<ScriptVersion[]>(`/w/${workspace}/scripts/history/p/${pathOf(path)}`, undefined, signal),
  });

export const deploymentQuery = (workspace: string, hash: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "deployment", hash],
    queryFn: ({ signal }) =>
      get<DeploymentStatus>(`/w/${workspace}/scripts/deployment_status/h/${hash}`, undefined, signal),
    // A deploy is seen once its lock job ended, one way or the other.
    refetchInterval: (query) => {
      const status = query.state.data;
      return status &&
        (status.lock !== null && status.lock !== undefined ? true : Boolean(status.lock_error_logs))
        ? false
        : 1000;
    },
  });

export const createScript = (workspace: string, script: NewScript) =>
  post<string>(`/w/${workspace}/scripts/create`, script);
export const archiveScript = (workspace: string, path: string) =>
  post<string>(`/w/${workspace}/scripts/archive/p/${pathOf(path)}`);
export const deleteScript = (workspace: string, path: string) =>
  post<string>(`/w/${workspace}/scripts/delete/p/${pathOf(path)}`);
export const scriptExists = (workspace: string, path: string) =>
  get<boolean>(`/w/${workspace}/scripts/exists/p/${pathOf(path)}`);

export const inferSchema = (
  workspace: string,
  body: { language: string; code: string; previous_schema?: Schema | null },
) => post<InferredSchema>(`/w/${workspace}/scripts/infer_schema`, body);
