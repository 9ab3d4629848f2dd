import { infiniteQueryOptions } from "@tanstack/react-query";
import { get } from "@/api/client";
import type { AuditEntry } from "@/api/types";

export type AuditFilter = {
  username?: string;
  operation?: string;
  resource?: string;
  action_kind?: string;
  after?: string;
};

const PAGE = 50;

export const auditQuery = (workspace: string, filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["w", workspace, "audit", filter],
    initialPageParam: 1,
    queryFn: ({ pageParam, signal }) =>
      get<AuditEntry[]>(`/w/${workspace}/audit/list`, { ...filter, page: pageParam, per_page: PAGE }, signal),
    getNextPageParam: (last, _pages, page) => (last.length < PAGE ? undefined : page + 1),
  });
