import { queryOptions, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { get, post } from "@/api/client";
import type { Account, InstanceStatus, Member, WorkspaceList } from "@/api/types";

/** Who is signed in; fails with 401 when nobody is. */
export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: ({ signal }) => get<Account>("/users/whoami", undefined, signal),
  staleTime: 60_000,
  retry: false,
});

export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: ({ signal }) => get<WorkspaceList>("/workspaces/users", undefined, signal),
  staleTime: 60_000,
  retry: false,
});

export const statusQuery = queryOptions({
  queryKey: ["instance", "status"],
  queryFn: ({ signal }) => get<InstanceStatus>("/instance/status", undefined, signal),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

export const memberQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "me"],
    queryFn: ({ signal }) => get<Member>(`/w/${workspace}/users/whoami`, undefined, signal),
    staleTime: 60_000,
    retry: false,
  });

export const signIn = (email: string, password: string) => post<string>("/auth/login", { email, password });
export const signOut = () => post<string>("/auth/logout");

/** The workspace of the address; only below `/w/$workspace`. */
export function useWorkspace(): string {
  const params = useParams({ strict: false }) as { workspace?: string };
  return params.workspace ?? "";
}

export function useMember(): Member | undefined {
  return useQuery(memberQuery(useWorkspace())).data;
}

/** Whether the person may write scripts here: everyone but operators. */
export function useCanDevelop(): boolean {
  const member = useMember();
  return member !== undefined && (!member.operator || member.is_admin);
}

const LAST = "postmill.workspace";
export const lastWorkspace = () => localStorage.getItem(LAST);
export const rememberWorkspace = (id: string) => localStorage.setItem(LAST, id);
export const forgetWorkspace = () => localStorage.removeItem(LAST);
