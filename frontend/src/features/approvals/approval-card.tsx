import { Check, Clock, Hourglass, ShieldCheck, UserRound, Workflow, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Args } from "@/api/types";
import { ResultView } from "@/features/results/result-view";
import { SchemaForm } from "@/features/schema-form/schema-form";
import { initialArgs, sendable, validate } from "@/features/schema-form/values";
import { APPROVAL_SUMMARY } from "@/flow-graph/new-step";
import { Button } from "@/ui/button";
import { focusFirstInvalid } from "@/ui/focus";
import { exactTime, RelativeTime } from "@/ui/time";
import { type Approval, conditionsText, formOf } from "./approvals";

const Markdown = lazy(() => import("@/features/results/markdown"));

export type Answer = "approve" | "reject";

type CardProps = {
  workspace: string;
  approval: Approval;
  /** Sends the answer; rejects with a sentence when it is refused. */
  onAnswer: (answer: Answer, payload: Args) => Promise<void>;
  busy: Answer | null;
  problem: string | null;
};

/** What the flow does, else the end of its path. */
export function flowTitle(approval: Approval): string {
  return approval.flow_summary || approval.flow_path?.split("/").slice(2).join("/") || "";
}

/** A title for people: what is asked, else what the flow does. A step that is only called "Approval" says neither. */
export function approvalTitle(approval: Approval): string {
  const { summary } = approval;
  const said = summary === APPROVAL_SUMMARY ? "" : summary;
  return said || flowTitle(approval) || APPROVAL_SUMMARY;
}

function Context({ approval }: { approval: Approval }) {
  const { required_events: needed = 1, missing_events: missing = 1 } = approval;
  return (
    <ul className="flex flex-col gap-1.5 text-sm text-muted [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-faint">
      {approval.started_by && (
        <li className="flex gap-2">
          <UserRound aria-hidden />
          <span>
            Asked by <strong className="font-medium text-text">{approval.started_by}</strong>{" "}
            {approval.asked_at && <RelativeTime at={approval.asked_at} />}
          </span>
        </li>
      )}
      {flowTitle(approval) && flowTitle(approval) !== approvalTitle(approval) && (
        <li className="flex gap-2">
          <Workflow aria-hidden />
          <span className="min-w-0 break-words">
            For{" "}
            <strong className="font-medium text-text" title={approval.flow_path}>
              {flowTitle(approval)}
            </strong>
          </span>
        </li>
      )}
      {approval.until && (
        <li className="flex gap-2">
          <Hourglass aria-hidden />
          <span>
            Can be answered until{" "}
            <strong className="font-medium text-text">{exactTime(approval.until)}</strong>
          </span>
        </li>
      )}
      {needed > 1 && (
        <li className="flex gap-2">
          <Clock aria-hidden />
          <span>
            {needed - missing} of {needed} approvals are there
            {approval.approvers.length > 0 &&
              `: ${approval.approvers.map((known) => known.approver || "somebody").join(", ")}`}
          </span>
        </li>
      )}
      {conditionsText(approval.approval_conditions).map((text) => (
        <li key={text} className="flex gap-2">
          <ShieldCheck aria-hidden />
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}

/** What each answer leads to. */
function outcome(approval: Approval): string {
  const { required_events: needed = 1, missing_events: missing = 1 } = approval;
  const more = needed > 1 && missing > 1;
  const approved = more
    ? `If you approve, it goes on after ${missing - 1} more ${missing === 2 ? "approval" : "approvals"}.`
    : "If you approve, it goes on at once.";
  if (approval.hide_cancel) return approved;
  return `${approved} ${
    approval.continues_when_rejected
      ? "If you reject, it goes on as well, and knows that you did."
      : "If you reject, it ends here and nothing more happens."
  }`;
}

/** What is asked, with its context, its form and the two answers: for people who know nothing of flows. */
export function ApprovalCard({ workspace, approval, onAnswer, busy, problem }: CardProps) {
  const schema = formOf(approval);
  const [args, setArgs] = useState<Args>(() => initialArgs(schema, approval.default_args ?? {}));
  const [tried, setTried] = useState(false);
  const errors = validate(schema, args);
  const { description } = approval;
  const answer = (which: Answer) => {
    if (which === "approve") {
      setTried(true);
      if (Object.keys(errors).length > 0) {
        focusFirstInvalid();
        return;
      }
    }
    void onAnswer(which, sendable(args));
  };
  return (
    <div className="flex flex-col gap-5">
      {description !== undefined && description !== null && description !== "" && (
        <div className="text-base leading-relaxed">
          {typeof description === "string" ? (
            <Suspense fallback={<p>{description}</p>}>
              <Markdown text={description} />
            </Suspense>
          ) : (
            <ResultView value={description} name="context" />
          )}
        </div>
      )}
      <Context approval={approval} />
      {schema && (
        <SchemaForm
          schema={schema}
          args={args}
          onArgs={setArgs}
          workspace={workspace}
          errors={tried ? errors : undefined}
          plain
          className="border-t border-line pt-5"
        />
      )}
      {problem && (
        <p role="alert" className="rounded-md bg-danger-soft px-3 py-2 text-sm text-danger">
          {problem}
        </p>
      )}
      {approval.can_approve ? (
        <div className="flex flex-col gap-2 sm:flex-row sm:flex-wrap">
          <Button
            variant="primary"
            size="lg"
            className="sm:flex-1"
            busy={busy === "approve"}
            disabled={busy !== null}
            onClick={() => answer("approve")}
          >
            {busy !== "approve" && <Check />} Approve
          </Button>
          {!approval.hide_cancel && (
            <Button
              size="lg"
              className="text-danger sm:flex-1"
              busy={busy === "reject"}
              disabled={busy !== null}
              onClick={() => answer("reject")}
            >
              {busy !== "reject" && <X />} Reject
            </Button>
          )}
          <p className="text-xs text-muted sm:basis-full">{outcome(approval)}</p>
        </div>
      ) : (
        <p className="rounded-md bg-sunken px-3 py-2.5 text-sm text-muted">
          You can see this, but somebody else has to answer it.
        </p>
      )}
    </div>
  );
}
