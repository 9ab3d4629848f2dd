import { queryOptions } from "@tanstack/react-query";
import { get, pathOf, post, remove } from "@/api/client";
import type { ContextualVariable, Variable } from "@/api/types";

export const variablesQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "variables"],
    queryFn: ({ signal }) => get<Variable[]>(`/w/${workspace}/variables/list`, { per_page: 1000 }, signal),
  });

export const contextualVariablesQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "variables", "contextual"],
    queryFn: ({ signal }) =>
      get<ContextualVariable[]>(`/w/${workspace}/variables/list_contextual`, undefined, signal),
  });

export type VariableInput = { path: string; value: string; is_secret: boolean; description: string };

export const createVariable = (workspace: string, variable: VariableInput) =>
  post<string>(`/w/${workspace}/variables/create`, variable);
export const updateVariable = (workspace: string, path: string, change: Partial<VariableInput>) =>
  post<string>(`/w/${workspace}/variables/update/${pathOf(path)}`, change);
export const deleteVariable = (workspace: string, path: string) =>
  remove<string>(`/w/${workspace}/variables/delete/${pathOf(path)}`);
/** Sets an environment variable of every run in the workspace; an empty one is unset. */
export const setEnvironmentVariable = (workspace: string, name: string, value: string) =>
  post<string>(`/w/${workspace}/workspaces/set_environment_variable`, { name, value });
/** Reads a variable; with `decrypt` its secret too, which the audit log records. */
export const readVariable = (workspace: string, path: string, decrypt: boolean) =>
  get<Variable>(`/w/${workspace}/variables/get/${pathOf(path)}`, { decrypt_secret: decrypt });
