import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Globe, Link2, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { CopyButton, copyText } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { ErrorState, Skeleton } from "@/ui/states";
import { Switch } from "@/ui/switch";
import { RelativeTime } from "@/ui/time";
import { tellDone } from "@/ui/toast";
import { revokeShare, type ShareLink, shareLinksQuery, shareRun } from "./shared-runs";

const UNTIL = [
  { value: "1", label: "A day" },
  { value: "7", label: "A week" },
  { value: "30", label: "A month" },
  { value: "", label: "Until I revoke it" },
];

function shownParts(link: ShareLink): string {
  const parts = ["result", ...(link.show_args ? ["inputs"] : []), ...(link.show_logs ? ["logs"] : [])];
  const last = parts.pop();
  return parts.length > 0 ? `${parts.join(", ")} and ${last}` : `${last} only`;
}

function LinkRow({ link, onRevoke, busy }: { link: ShareLink; onRevoke: () => void; busy: boolean }) {
  return (
    <li className="flex flex-col gap-1.5 p-3">
      <div className="flex items-center gap-1">
        <Input
          readOnly
          aria-label="Public link"
          value={link.url}
          onFocus={(event) => event.target.select()}
          className="min-w-0 flex-1 font-mono text-xs"
        />
        <CopyButton text={link.url} label="Copy public link" />
        <Button variant="danger-ghost" size="sm" busy={busy} onClick={onRevoke}>
          {!busy && <Trash2 />} Revoke
        </Button>
      </div>
      <p className="text-xs text-muted">
        Shows {shownParts(link)}. Made by {link.created_by} <RelativeTime at={link.created_at} />
        {link.expires_at ? (
          <>
            , ends <RelativeTime at={link.expires_at} />.
          </>
        ) : (
          ", until it is revoked."
        )}
      </p>
    </li>
  );
}

/** Makes, lists and ends the links under which anybody may look at a run. */
export function ShareDialog({
  workspace,
  run,
  onClose,
}: {
  workspace: string;
  run: string;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const links = useQuery(shareLinksQuery(workspace, run));
  const [showArgs, setShowArgs] = useState(true);
  const [showLogs, setShowLogs] = useState(true);
  const [days, setDays] = useState("7");
  const known = shareLinksQuery(workspace, run).queryKey;
  const make = useChange({
    run: () =>
      shareRun(workspace, run, {
        show_args: showArgs,
        show_logs: showLogs,
        expires_in_days: days ? Number(days) : null,
      }),
    after: async (link) => {
      client.setQueryData(known, (before) => [link, ...(before ?? [])]);
      await copyText(link.url).then(
        () => tellDone("Public link copied", "Whoever has it can look at this run."),
        () => tellDone("Public link made", "Copy it from the list."),
      );
    },
  });
  const revoke = useChange({
    run: (link: ShareLink) => revokeShare(workspace, link.id),
    done: () => ["Link revoked", "It no longer opens anything."],
    after: (_answer, link) =>
      client.setQueryData(known, (before) => before?.filter((one) => one.id !== link.id)),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Share publicly"
      description="Anybody with a link can look at this run without an account, and change nothing. Code and settings stay hidden; what the run printed and returned is shown as it is."
      width="560px"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <div className="flex items-center justify-between gap-3 text-sm">
          <label htmlFor="share-args">Show the inputs</label>
          <Switch id="share-args" checked={showArgs} onCheckedChange={setShowArgs} />
        </div>
        <div className="flex items-center justify-between gap-3 text-sm">
          <label htmlFor="share-logs">Show the logs</label>
          <Switch id="share-logs" checked={showLogs} onCheckedChange={setShowLogs} />
        </div>
        <div className="flex flex-wrap items-end justify-between gap-3">
          <Field label="Works for">
            <Select aria-label="Works for" value={days} onValue={setDays} options={UNTIL} className="w-44" />
          </Field>
          <Button type="submit" variant="primary" busy={make.isPending}>
            {!make.isPending && <Link2 />} Make and copy link
          </Button>
        </div>
      </form>
      <section className="mt-5">
        <h3 className="mb-2 text-sm font-semibold">Links that work now</h3>
        {links.isPending ? (
          <Skeleton className="h-16" />
        ) : links.isError ? (
          <ErrorState error={links.error} retry={() => void links.refetch()} />
        ) : links.data.length === 0 ? (
          <p className="text-sm text-muted">None: nobody outside sees this run.</p>
        ) : (
          <ul className="divide-y divide-line rounded-lg border border-line">
            {links.data.map((link) => (
              <LinkRow
                key={link.id}
                link={link}
                busy={revoke.isPending && revoke.variables?.id === link.id}
                onRevoke={() => revoke.mutate(link)}
              />
            ))}
          </ul>
        )}
      </section>
    </Dialog>
  );
}

/** Says on the page of a run that people outside can see it; nothing while they cannot. */
export function SharedBadge({
  workspace,
  run,
  onOpen,
}: {
  workspace: string;
  run: string;
  onOpen: () => void;
}) {
  const links = useQuery(shareLinksQuery(workspace, run));
  const count = links.data?.length ?? 0;
  if (count === 0) return null;
  return (
    <button
      type="button"
      onClick={onOpen}
      className="inline-flex items-center gap-1 rounded-full bg-warning-soft px-2 py-0.5 text-2xs font-medium text-warning hover:underline"
    >
      <Globe className="size-3" aria-hidden /> {count === 1 ? "1 public link" : `${count} public links`}
    </button>
  );
}
