import { queryOptions } from "@tanstack/react-query";
import { get, post } from "@/api/client";
import type { Args, SavedInput } from "@/api/types";
import { LISTED_ARGS_BYTES } from "@/features/jobs/jobs";

export type RunnableKind = "ScriptPath" | "FlowPath";

const of = (path: string, kind: RunnableKind) => ({ runnable_id: path, runnable_type: kind });

export const savedInputsQuery = (workspace: string, path: string, kind: RunnableKind = "ScriptPath") =>
  queryOptions({
    queryKey: ["w", workspace, "inputs", "saved", path, kind],
    queryFn: ({ signal }) =>
      get<SavedInput[]>(`/w/${workspace}/inputs/list`, { ...of(path, kind), per_page: 50 }, signal),
  });

export const pastInputsQuery = (workspace: string, path: string, kind: RunnableKind = "ScriptPath") =>
  queryOptions({
    queryKey: ["w", workspace, "inputs", "past", path, kind],
    queryFn: ({ signal }) =>
      get<SavedInput[]>(
        `/w/${workspace}/inputs/history`,
        { ...of(path, kind), per_page: 15, max_args_bytes: LISTED_ARGS_BYTES },
        signal,
      ),
  });

/** The arguments of a past run, or of a saved input. */
export const inputArgs = (workspace: string, id: string, saved: boolean) =>
  get<Args>(`/w/${workspace}/inputs/${id}/args`, { input: saved, allow_large: true });

export const saveInput = (
  workspace: string,
  path: string,
  name: string,
  args: Args,
  kind: RunnableKind = "ScriptPath",
) => post<string>(`/w/${workspace}/inputs/create`, { name, args, created_by: null }, of(path, kind));
export const renameInput = (workspace: string, id: string, name: string, is_public: boolean) =>
  post<string>(`/w/${workspace}/inputs/update`, { id, name, is_public });
export const deleteInput = (workspace: string, id: string) =>
  post<string>(`/w/${workspace}/inputs/delete/${id}`);

/** The arguments of a run. */
export const jobArgs = (workspace: string, id: string) =>
  get<Args | null>(`/w/${workspace}/jobs_u/get_args/${id}`);
