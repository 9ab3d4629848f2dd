import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight, ScrollText } from "lucide-react";
import { Fragment, type ReactNode, useState } from "react";
import type { AuditEntry } from "@/api/types";
import { type AuditFilter, auditQuery } from "@/features/audit/audit";
import { actionOf, operationWords } from "@/features/audit/words";
import { membersQuery } from "@/features/people/members";
import { JsonTree } from "@/features/results/tree";
import { useMember, useWorkspace } from "@/features/session/session";
import { Badge, type BadgeTone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Combobox } from "@/ui/combobox";
import { SearchInput } from "@/ui/input";
import { Card, Facts, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { exactTime, RelativeTime } from "@/ui/time";

const TONES: Record<string, BadgeTone> = {
  Created: "success",
  Create: "success",
  Updated: "accent",
  Update: "accent",
  Delete: "danger",
  Execute: "neutral",
};

/** As the filter says it. */
const DONE: Record<string, string> = {
  Create: "Created",
  Update: "Updated",
  Delete: "Deleted",
  Execute: "Executed",
};

/** The run that an entry is about, where it is about one. */
function runOf(entry: AuditEntry): string | null {
  const { resource, parameters } = entry;
  const id = parameters?.job_id ?? (actionOf(entry).startsWith("jobs.") ? resource : null);
  return typeof id === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : null;
}

/** Who exactly it was, from where, and what they gave. */
function details(entry: AuditEntry): [string, ReactNode][] {
  const { action: _said, ...parameters } = entry.parameters ?? {};
  const token = entry.token_prefix && <span className="font-mono text-xs">{entry.token_prefix}…</span>;
  const name = <span className="font-mono text-xs">{actionOf(entry)}</span>;
  const given = Object.keys(parameters).length > 0 && <JsonTree value={parameters} />;
  const facts: [string, ReactNode][] = [
    ["When", exactTime(entry.timestamp)],
    ["Who", entry.email],
    ["From", entry.address],
    ["Token", token],
    ["Name", name],
    ["Parameters", given],
  ];
  return facts.filter(([, value]) => value);
}

function Resource({ entry }: { entry: AuditEntry }) {
  const workspace = useWorkspace();
  const run = runOf(entry);
  if (!run) return entry.resource;
  return (
    <Link to="/w/$workspace/run/$id" params={{ workspace, id: run }} className="hover:text-accent-text">
      {entry.resource}
    </Link>
  );
}

export default function AuditPage() {
  const workspace = useWorkspace();
  const search = useSearch({ strict: false }) as AuditFilter;
  const navigate = useNavigate();
  const me = useMember();
  const admin = me?.is_admin || me?.is_super_admin;
  const members = useQuery(membersQuery(workspace));
  const list = useInfiniteQuery(auditQuery(workspace, search));
  const [open, setOpen] = useState<string | null>(null);
  const entries = (list.data?.pages ?? []).flat();
  const set = (change: AuditFilter) =>
    void navigate({
      to: "/w/$workspace/audit",
      params: { workspace },
      search: { ...search, ...change },
      replace: true,
    });
  return (
    <Page
      title="Audit log"
      description={admin ? "Who did what, newest first." : "What you did here, newest first."}
    >
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput
          label="Resource"
          value={search.resource ?? ""}
          onValue={(resource) => set({ resource: resource || undefined })}
          className="w-full sm:w-64"
        />
        <div className="w-44 max-sm:flex-1">
          <Combobox
            aria-label="User"
            value={search.username ?? ""}
            onValue={(username) => set({ username: username || undefined })}
            options={(members.data ?? []).map((member) => ({ value: member.username }))}
            placeholder="Anybody"
            clearable
            free
          />
        </div>
        <Select
          aria-label="Kind"
          value={search.action_kind ?? ""}
          onValue={(kind) => set({ action_kind: kind || undefined })}
          options={[
            { value: "", label: "Any action" },
            { value: "Create", label: "Created" },
            { value: "Update", label: "Updated" },
            { value: "Delete", label: "Deleted" },
            { value: "Execute", label: "Executed" },
          ]}
          className="w-36 max-sm:flex-1"
        />
      </div>
      <Card className="overflow-hidden">
        {list.isPending && <SkeletonRows rows={10} />}
        {list.isError && entries.length === 0 && (
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        )}
        {list.data && entries.length === 0 && (
          <EmptyState
            icon={ScrollText}
            title={
              Object.values(search).some(Boolean)
                ? "Nothing recorded for this filter"
                : "Nothing recorded yet"
            }
          />
        )}
        {entries.length > 0 && (
          <Table>
            <thead>
              <tr>
                <Th className="w-8" aria-label="Details" />
                <Th className="hidden sm:table-cell">Time</Th>
                <Th className="hidden sm:table-cell">User</Th>
                <Th>Operation</Th>
                <Th className="hidden md:table-cell">Resource</Th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => {
                // Runs of the same millisecond may share a number.
                const key = `${entry.id} ${entry.parameters?.job_id ?? ""}`;
                const shown = open === key;
                return (
                  <Fragment key={key}>
                    <Tr>
                      <Td>
                        <button
                          type="button"
                          aria-expanded={shown}
                          aria-label="Details"
                          onClick={() => setOpen(shown ? null : key)}
                          className="rounded p-0.5 text-faint hover:text-text"
                        >
                          <ChevronRight
                            className={cn("size-3.5 transition-transform", shown && "rotate-90")}
                          />
                        </button>
                      </Td>
                      <Td className="hidden whitespace-nowrap text-xs text-muted tabular-nums sm:table-cell">
                        {exactTime(entry.timestamp)}
                      </Td>
                      <Td className="hidden font-medium sm:table-cell">{entry.username}</Td>
                      <Td>
                        <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
                          <Badge tone={TONES[entry.action_kind] ?? "neutral"}>
                            {DONE[entry.action_kind] ?? entry.action_kind}
                          </Badge>
                          <span title={actionOf(entry)}>{operationWords(actionOf(entry))}</span>
                          <span className="hidden font-mono text-xs text-faint xl:inline">
                            {actionOf(entry)}
                          </span>
                        </span>
                        <span className="block font-mono text-xs text-muted [overflow-wrap:anywhere] md:hidden">
                          <Resource entry={entry} />
                        </span>
                        <span className="block text-xs text-faint sm:hidden">
                          {entry.username} · <RelativeTime at={entry.timestamp} />
                        </span>
                      </Td>
                      <Td className="hidden max-w-48 truncate xl:max-w-80 font-mono text-xs text-muted md:table-cell">
                        <Resource entry={entry} />
                      </Td>
                    </Tr>
                    {shown && (
                      <tr className="border-b border-line bg-sunken/60">
                        <td colSpan={5} className="px-4 py-3 pl-14">
                          <Facts items={details(entry)} />
                        </td>
                      </tr>
                    )}
                  </Fragment>
                );
              })}
            </tbody>
          </Table>
        )}
        {list.hasNextPage && (
          <div className="flex justify-center border-t border-line py-3">
            <Button
              variant="ghost"
              size="sm"
              onClick={() => void list.fetchNextPage()}
              busy={list.isFetchingNextPage}
            >
              Older entries
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}
