import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, post } from "@/api/client";
import type { Args, Schema } from "@/api/types";

export type ApprovalConditions = {
  user_auth_required: boolean;
  user_groups_required: string[];
  self_approval_disabled: boolean;
};

/** What a waiting run asks its approvers. */
export type ApprovalInfo = {
  flow_id: string;
  form_schema?: Schema | null;
  description?: unknown;
  approval_conditions?: ApprovalConditions | null;
  can_approve: boolean;
  user_auth_required: boolean;
  hide_cancel?: boolean;
  approvers: { resume_id: number; approver: string }[];
};

const of = (workspace: string) => `/w/${workspace}`;

export const approvalQuery = (workspace: string, job: string, token: string | undefined) =>
  queryOptions({
    queryKey: ["w", workspace, "approval", job, token ?? ""],
    queryFn: ({ signal }) =>
      get<ApprovalInfo>(`${of(workspace)}/jobs_u/flow/approval_info/${job}`, { token }, signal),
    retry: (count, error) => count < 2 && !isStatus(error, 400, 401, 403, 404),
  });

export const decide = (
  workspace: string,
  job: string,
  decision: { payload: Args; approved: boolean; approval_token?: string },
) => post<string>(`${of(workspace)}/jobs_u/flow/resume_suspended/${job}`, decision);

export const resumeAsOwner = (workspace: string, job: string, payload: Args) =>
  post<string>(`${of(workspace)}/jobs/flow/resume/${job}`, payload);
