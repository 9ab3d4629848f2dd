import { queryOptions } from "@tanstack/react-query";
import { get, isStatus, post } from "@/api/client";
import type { Args, Job, Schema } from "@/api/types";

export type ApprovalConditions = {
  user_auth_required: boolean;
  user_groups_required: string[];
  self_approval_disabled: boolean;
};

/** What a waiting run asks, by whom, and whether this person may answer. */
export type Approval = {
  flow_id: string;
  step_id?: string;
  step_job?: string;
  root_job?: string;
  started_by?: string;
  required_events?: number;
  missing_events?: number;
  summary?: string;
  flow_path?: string;
  flow_summary?: string;
  form_schema?: Schema | null;
  description?: unknown;
  default_args?: Args | null;
  enums?: Record<string, unknown> | null;
  asked_at?: string;
  until?: string;
  approval_conditions?: ApprovalConditions | null;
  can_approve: boolean;
  user_auth_required: boolean;
  hide_cancel?: boolean;
  /** The run goes on in any case; the answer only tells it which. */
  continues_when_rejected?: boolean;
  approvers: { resume_id: number; approver: string }[];
};

/** A signed link: whoever holds it may answer without an account, unless the step asks for more. */
export type Link = { job: string; resumeId: string; signature: string; approver?: string };

const of = (workspace: string) => `/w/${encodeURIComponent(workspace)}`;
/** The link as it was signed: an approver without a name is not the same as none. */
const tail = ({ job, resumeId, signature, approver }: Link) =>
  `${job}/${resumeId}/${encodeURIComponent(signature)}${
    approver === undefined ? "" : `?approver=${encodeURIComponent(approver)}`
  }`;
const retry = (count: number, error: Error) => count < 2 && !isStatus(error, 400, 401, 403, 404);

/** What a member is asked by a run; null when it no longer waits. */
export const approvalQuery = (workspace: string, job: string) =>
  queryOptions({
    queryKey: ["w", workspace, "approvals", job],
    queryFn: ({ signal }) =>
      get<Approval>(`${of(workspace)}/jobs_u/flow/approval_info/${job}`, undefined, signal),
    retry,
  });

export type LinkedFlow = {
  job: Job;
  approvers: { resume_id: number; approver: string }[];
  /** Absent when the run does not wait any more. */
  approval?: Approval;
};

export const linkedApprovalQuery = (workspace: string, link: Link) =>
  queryOptions({
    queryKey: ["w", workspace, "approvals", link.job, link.resumeId, link.signature],
    queryFn: ({ signal }) =>
      get<LinkedFlow>(`${of(workspace)}/jobs_u/get_flow/${tail(link)}`, undefined, signal),
    retry,
  });

/** Everything that waits for this person. */
export const inboxQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["w", workspace, "approvals", "inbox"],
    queryFn: ({ signal }) =>
      get<{ count: number; items: Approval[] }>(`${of(workspace)}/jobs/approvals`, undefined, signal),
    refetchInterval: 30_000,
    retry: false,
  });

export const answerLink = (workspace: string, link: Link, approve: boolean, payload: Args) =>
  post<string>(`${of(workspace)}/jobs_u/${approve ? "resume" : "cancel"}/${tail(link)}`, payload);

export const answerAsMember = (workspace: string, job: string, approved: boolean, payload: Args) =>
  post<string>(`${of(workspace)}/jobs_u/flow/resume_suspended/${job}`, { payload, approved });

/** The form with the choices that the step's own result gives. */
export function formOf(approval: Approval): Schema | null {
  const schema = approval.form_schema;
  if (!schema?.properties || Object.keys(schema.properties).length === 0) return null;
  const enums = approval.enums ?? {};
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => {
      const choices = enums[name];
      return [name, Array.isArray(choices) ? { ...property, enum: choices as never[] } : property];
    }),
  );
  return { ...schema, properties };
}

/** Who is asked for, in words; empty when anybody with the page may answer. */
export function conditionsText(conditions: ApprovalConditions | null | undefined): string[] {
  if (!conditions) return [];
  const texts: string[] = [];
  if (conditions.user_groups_required.length > 0) {
    texts.push(`Only members of ${conditions.user_groups_required.join(" or ")} may answer.`);
  } else if (conditions.user_auth_required) texts.push("You have to be signed in to answer.");
  if (conditions.self_approval_disabled) texts.push("Whoever started it may not approve it.");
  return texts;
}
