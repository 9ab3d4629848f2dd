import { post } from "@/api/client";

export const createWorkspace = (workspace: { id: string; name: string; username?: string }) =>
  post<string>("/workspaces/create", workspace);
