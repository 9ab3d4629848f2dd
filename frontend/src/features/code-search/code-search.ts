import { queryOptions } from "@tanstack/react-query";
import { get, pathOf, post } from "@/api/client";

export type FoundLine = { line: number; text: string; start: number; end: number };
export type FoundCode = {
  kind: "script" | "flow";
  path: string;
  language: string;
  lines: FoundLine[];
  step?: string | null;
  summary?: string;
};
export type Reference = {
  kind: "script" | "flow";
  path: string;
  how: "import" | "mention" | "step";
  lines: FoundLine[];
};

export type CodeQuery = { query: string; match_case: boolean; whole_word: boolean };

/** Lines of the workspace's code that hold a text. */
export const codeSearchQuery = (workspace: string, asked: CodeQuery) =>
  queryOptions({
    queryKey: ["w", workspace, "code", asked],
    queryFn: ({ signal }) => get<FoundCode[]>(`/w/${workspace}/scripts/search_code`, asked, signal),
    enabled: asked.query.trim().length > 1,
    placeholderData: (previous) => previous,
    staleTime: 10_000,
  });

/** What imports, runs or names a script. */
export const referencesQuery = (workspace: string, path: string) =>
  queryOptions({
    queryKey: ["w", workspace, "scripts", "references", path],
    queryFn: ({ signal }) =>
      get<Reference[]>(`/w/${workspace}/scripts/references/${pathOf(path)}`, undefined, signal),
  });

export type Followed = { kind: "script" | "flow"; path: string; reason: string };
export type FollowOutcome = { updated: Followed[]; left: Followed[] };

/** Whether a reference can be changed by itself: what a text or a call says is for a person to judge. */
export const canFollow = (reference: Reference) => reference.how !== "mention";

/** Changes imports and steps that mean a moved script, each in a new version. */
export function followMove(workspace: string, path: string, newPath: string): Promise<FollowOutcome> {
  return post(`/w/${workspace}/scripts/follow_move/${pathOf(path)}`, { new_path: newPath });
}
