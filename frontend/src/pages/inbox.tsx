import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Inbox } from "lucide-react";
import { useState } from "react";
import type { Args } from "@/api/types";
import { type Answer, ApprovalCard, approvalTitle, flowTitle } from "@/features/approvals/approval-card";
import { type Approval, answerAsMember, inboxQuery } from "@/features/approvals/approvals";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Card, Page } from "@/ui/page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { tellDone } from "@/ui/toast";

function Item({ approval, isOpen, onOpen }: { approval: Approval; isOpen: boolean; onOpen: () => void }) {
  const flow = flowTitle(approval);
  return (
    <li>
      <button
        type="button"
        aria-pressed={isOpen}
        onClick={onOpen}
        className={cn(
          "flex w-full items-start gap-3 px-4 py-3 text-left hover:bg-hover/60",
          isOpen && "bg-accent-soft/60",
        )}
      >
        <span className="mt-1.5 size-2 shrink-0 rounded-full bg-warning-solid" aria-hidden />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-sm font-medium">{approvalTitle(approval)}</span>
          {flow && flow !== approvalTitle(approval) && (
            <span className="block truncate text-xs text-text" title={approval.flow_path}>
              {flow}
            </span>
          )}
          <span className="block truncate text-xs text-muted">
            Asked by {approval.started_by} {approval.asked_at && <RelativeTime at={approval.asked_at} />}
          </span>
        </span>
      </button>
    </li>
  );
}

/** Everything that waits for this person's answer. */
export default function InboxPage() {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const inbox = useQuery(inboxQuery(workspace));
  const [chosen, setChosen] = useState<string | null>(null);
  const [busy, setBusy] = useState<Answer | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const items = inbox.data?.items ?? [];
  const open = items.find((item) => item.flow_id === chosen) ?? items[0];
  const answer = async (approval: Approval, which: Answer, payload: Args) => {
    setBusy(which);
    setProblem(null);
    try {
      await answerAsMember(workspace, approval.flow_id, which === "approve", payload);
      tellDone(which === "approve" ? "Approved" : "Rejected", approvalTitle(approval));
      setChosen(null);
      await client.invalidateQueries({ queryKey: ["w", workspace, "approvals"] });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(null);
    }
  };
  return (
    <Page title="Inbox" description="What waits for your approval.">
      {inbox.isPending && (
        <Card>
          <SkeletonRows rows={4} />
        </Card>
      )}
      {inbox.isError && <ErrorState error={inbox.error} retry={() => void inbox.refetch()} />}
      {inbox.data && items.length === 0 && (
        <Card>
          <EmptyState icon={Inbox} title="Nothing waits for you">
            When a flow needs your approval, it appears here and is counted in the side bar.
          </EmptyState>
        </Card>
      )}
      {open && (
        <div className="grid items-start gap-4 lg:grid-cols-[320px_minmax(0,1fr)]">
          <Card className="overflow-hidden">
            <ul className="divide-y divide-line">
              {items.map((item) => (
                <Item
                  key={item.flow_id}
                  approval={item}
                  isOpen={item.flow_id === open.flow_id}
                  onOpen={() => {
                    setChosen(item.flow_id);
                    setProblem(null);
                  }}
                />
              ))}
            </ul>
          </Card>
          <Card className="p-5 sm:p-6">
            <header className="mb-4 flex flex-wrap items-start justify-between gap-3">
              <h2 className="min-w-0 text-lg font-semibold leading-6">{approvalTitle(open)}</h2>
              <Button size="sm" variant="ghost" asChild>
                <Link to="/w/$workspace/run/$id" params={{ workspace, id: open.root_job ?? open.flow_id }}>
                  Open the run <ArrowRight />
                </Link>
              </Button>
            </header>
            <ApprovalCard
              key={open.flow_id}
              workspace={workspace}
              approval={open}
              onAnswer={(which, payload) => answer(open, which, payload)}
              busy={busy}
              problem={problem}
            />
          </Card>
        </div>
      )}
    </Page>
  );
}
