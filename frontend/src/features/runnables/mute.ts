import { pathOf, post } from "@/api/client";
import type { Kind } from "./kinds";

/** Keeps failed runs from the error handler of the workspace, or tells it of them again. */
export const muteErrorHandler = (workspace: string, kind: Kind, path: string, muted: boolean) => {
  const place = kind === "script" ? `p/${pathOf(path)}` : pathOf(path);
  return post<string>(`/w/${workspace}/${kind}s/toggle_workspace_error_handler/${place}`, { muted });
};
