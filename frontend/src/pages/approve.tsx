import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { CircleCheck, CircleX, Clock, type LucideIcon, SearchX } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { isStatus } from "@/api/client";
import type { Args } from "@/api/types";
import { type Answer, ApprovalCard, approvalTitle } from "@/features/approvals/approval-card";
import {
  answerAsMember,
  answerLink,
  approvalQuery,
  type Link,
  linkedApprovalQuery,
} from "@/features/approvals/approvals";
import { Arguments } from "@/features/jobs/arguments";
import { jobStatus, STATUS } from "@/features/jobs/status";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Logo } from "@/ui/logo";
import { Skeleton } from "@/ui/states";

type Params = { workspace: string; job: string; resumeId?: string; signature?: string };

/** The frame of a page for people who may never have seen the product. */
function Frame({ title, children }: { title?: string; children: ReactNode }) {
  useEffect(() => {
    const before = document.title;
    document.title = title ? `${title}: approval` : "Approval";
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <main className="thin-scroll h-full overflow-y-auto bg-canvas">
      <div className="mx-auto flex min-h-full w-full max-w-xl flex-col px-4 py-8 sm:py-14">
        <div className="mb-6 flex items-center gap-2.5">
          <Logo className="size-7" />
          <span className="text-sm font-semibold">Postmill</span>
        </div>
        <div className="rounded-xl border border-line bg-surface p-5 shadow-card sm:p-7">{children}</div>
      </div>
    </main>
  );
}

function Ending({
  icon: Icon,
  tone,
  title,
  children,
}: {
  icon: LucideIcon;
  tone: "success" | "danger" | "muted";
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center py-6 text-center" role="status">
      <span
        className={cn(
          "mb-4 flex size-14 items-center justify-center rounded-full",
          tone === "success"
            ? "bg-success-soft text-success"
            : tone === "danger"
              ? "bg-danger-soft text-danger"
              : "bg-hover text-muted",
        )}
      >
        <Icon className="size-7" aria-hidden />
      </span>
      <h1 className="text-xl font-semibold">{title}</h1>
      {children && <div className="mt-1.5 max-w-sm text-sm text-muted text-pretty">{children}</div>}
    </div>
  );
}

function SignIn() {
  const here = window.location.pathname + window.location.search;
  return (
    <Button asChild variant="primary" className="mt-5">
      <a href={`/login?to=${encodeURIComponent(here)}`}>Sign in</a>
    </Button>
  );
}

/** Where a link in a message leads, and what the inbox opens. */
export default function ApprovePage() {
  const { workspace, job, resumeId, signature } = useParams({ strict: false }) as Params;
  const { approver } = useSearch({ strict: false }) as { approver?: string };
  const link: Link | null = resumeId && signature ? { job, resumeId, signature, approver } : null;
  const linked = useQuery({
    ...linkedApprovalQuery(workspace, link ?? { job, resumeId: "0", signature: "" }),
    enabled: link !== null,
  });
  const own = useQuery({ ...approvalQuery(workspace, job), enabled: link === null });
  const query = link ? linked : own;
  const approval = link ? linked.data?.approval : own.data;
  const [busy, setBusy] = useState<Answer | null>(null);
  const [given, setGiven] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const answer = async (which: Answer, payload: Args) => {
    setBusy(which);
    setProblem(null);
    try {
      const approve = which === "approve";
      if (link) await answerLink(workspace, link, approve, payload);
      else await answerAsMember(workspace, job, approve, payload);
      setGiven(which);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(null);
    }
  };

  if (given) {
    return (
      <Frame>
        {given === "approve" ? (
          <Ending icon={CircleCheck} tone="success" title="Approved">
            Thank you. The run goes on; you can close this page.
          </Ending>
        ) : (
          <Ending icon={CircleX} tone="danger" title="Rejected">
            Thank you. Your answer is recorded; you can close this page.
          </Ending>
        )}
      </Frame>
    );
  }
  if (query.isError) {
    const needsSignIn = isStatus(query.error, 401) && !link;
    return (
      <Frame>
        {needsSignIn ? (
          <Ending icon={Clock} tone="muted" title="Please sign in">
            This page is for members of the workspace.
            <div>
              <SignIn />
            </div>
          </Ending>
        ) : isStatus(query.error, 400, 401, 403, 404) ? (
          <Ending icon={SearchX} tone="muted" title={link ? "This link does not work" : "Nothing to answer"}>
            {link
              ? "It may be incomplete or too old. Ask whoever sent it for a new one."
              : "It was answered already, or it is not for you."}
          </Ending>
        ) : (
          <Ending icon={CircleX} tone="danger" title="This could not be loaded">
            {query.error.message}
            <div>
              <Button className="mt-5" onClick={() => void query.refetch()}>
                Try again
              </Button>
            </div>
          </Ending>
        )}
      </Frame>
    );
  }
  if (query.isPending) {
    return (
      <Frame>
        <div className="flex flex-col gap-3" role="status" aria-label="Loading">
          <Skeleton className="h-7 w-2/3" />
          <Skeleton className="h-4 w-full" />
          <Skeleton className="h-4 w-4/5" />
          <Skeleton className="mt-4 h-10 w-full" />
        </div>
      </Frame>
    );
  }
  if (!approval) {
    const record = linked.data?.job;
    const status = record ? STATUS[jobStatus(record)].label.toLowerCase() : "";
    return (
      <Frame>
        <Ending icon={CircleCheck} tone="muted" title="Nothing is waiting here any more">
          {status
            ? `It was answered or ended meanwhile; the run is now: ${status}.`
            : "It was answered or ended meanwhile."}
        </Ending>
      </Frame>
    );
  }
  const title = approvalTitle(approval);
  const mustSignIn = approval.user_auth_required && !approval.can_approve && link !== null;
  return (
    <Frame title={title}>
      <p className="text-xs font-medium text-warning">Your approval is needed</p>
      <h1 className="mb-4 mt-0.5 text-xl font-semibold leading-7 tracking-[-0.01em] text-balance">{title}</h1>
      <ApprovalCard
        workspace={workspace}
        approval={approval}
        onAnswer={answer}
        busy={busy}
        problem={problem}
      />
      {mustSignIn && <SignIn />}
      {linked.data?.job.args && Object.keys(linked.data.job.args).length > 0 && (
        <details className="mt-5 border-t border-line pt-4 text-sm">
          <summary className="cursor-pointer text-muted hover:text-text">What it was started with</summary>
          <div className="mt-2 rounded-lg border border-line">
            <Arguments args={linked.data.job.args} />
          </div>
        </details>
      )}
    </Frame>
  );
}
