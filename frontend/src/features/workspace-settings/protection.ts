import { queryOptions } from "@tanstack/react-query";
import { get, post, remove } from "@/api/client";

export type RuleKind =
  | "DisableDirectDeployment"
  | "RestrictDeployToDeployers"
  | "RestrictPublicRunSharing"
  | "DisableWorkspaceForking"
  | "RestrictAnonymousAppDeployment";
export type ProtectionRule = {
  name: string;
  rules: RuleKind[];
  bypass_groups: string[];
  bypass_users: string[];
};

export const RULE_TITLES: Record<RuleKind, string> = {
  DisableDirectDeployment: "No direct deployment",
  RestrictDeployToDeployers: "Only deployers deploy",
  RestrictPublicRunSharing: "No public links to runs",
  DisableWorkspaceForking: "No forks of the workspace",
  RestrictAnonymousAppDeployment: "No anonymous apps",
};

/** Those that keep people from something that there is. */
export const OFFERED_RULES: { kind: RuleKind; hint: string }[] = [
  {
    kind: "DisableDirectDeployment",
    hint: "Scripts, flows and shared dependencies change only by those excepted.",
  },
  { kind: "RestrictDeployToDeployers", hint: "Members of the group wm_deployers deploy, nobody else." },
  { kind: "RestrictPublicRunSharing", hint: "Nobody makes links that show a run without signing in." },
];

export const protectionRulesKey = (workspace: string) => ["w", workspace, "protection-rules"];
export const protectionRulesQuery = (workspace: string) =>
  queryOptions({
    queryKey: protectionRulesKey(workspace),
    queryFn: ({ signal }) => get<ProtectionRule[]>(path(workspace), undefined, signal),
  });
/** Makes the rule, or replaces the one that was called ``before``. */
export const saveRule = (workspace: string, before: string, rule: ProtectionRule) =>
  post<string>(before ? `${path(workspace)}/${encodeURIComponent(before)}` : path(workspace), rule);
export const deleteRule = (workspace: string, name: string) =>
  remove<string>(`${path(workspace)}/${encodeURIComponent(name)}`);

const path = (workspace: string) => `/w/${workspace}/workspaces/protection_rules`;
