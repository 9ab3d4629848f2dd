import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight, ScrollText } from "lucide-react";
import { Fragment, useState } from "react";
import { type AuditFilter, auditQuery } from "@/features/audit/audit";
import { membersQuery } from "@/features/people/members";
import { JsonTree } from "@/features/results/tree";
import { useWorkspace } from "@/features/session/session";
import { Badge, type BadgeTone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Combobox } from "@/ui/combobox";
import { SearchInput } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { exactTime } from "@/ui/time";

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

export default function AuditPage() {
  const workspace = useWorkspace();
  const search = useSearch({ strict: false }) as AuditFilter;
  const navigate = useNavigate();
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
    <Page title="Audit log" description="Who did what, newest first.">
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchInput
          label="Resource"
          value={search.resource ?? ""}
          onValue={(resource) => set({ resource: resource || undefined })}
          className="w-full sm:w-64"
        />
        <div className="w-44">
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
          className="w-36"
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
                <Th>Time</Th>
                <Th>User</Th>
                <Th>Operation</Th>
                <Th>Resource</Th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => {
                const more = entry.parameters && Object.keys(entry.parameters).length > 0;
                // Runs of the same millisecond may share a number.
                const key = `${entry.id} ${entry.parameters?.job_id ?? ""}`;
                const shown = open === key;
                return (
                  <Fragment key={key}>
                    <Tr>
                      <Td>
                        {more && (
                          <button
                            type="button"
                            aria-expanded={shown}
                            aria-label="Parameters"
                            onClick={() => setOpen(shown ? null : key)}
                            className="rounded p-0.5 text-faint hover:text-text"
                          >
                            <ChevronRight
                              className={cn("size-3.5 transition-transform", shown && "rotate-90")}
                            />
                          </button>
                        )}
                      </Td>
                      <Td className="whitespace-nowrap text-xs text-muted tabular-nums">
                        {exactTime(entry.timestamp)}
                      </Td>
                      <Td className="font-medium">{entry.username}</Td>
                      <Td>
                        <span className="flex items-center gap-2 whitespace-nowrap">
                          <Badge tone={TONES[entry.action_kind] ?? "neutral"}>
                            {DONE[entry.action_kind] ?? entry.action_kind}
                          </Badge>
                          <span className="font-mono text-xs">{entry.operation}</span>
                        </span>
                      </Td>
                      <Td className="max-w-80 truncate font-mono text-xs text-muted">{entry.resource}</Td>
                    </Tr>
                    {shown && (
                      <tr className="border-b border-line bg-sunken/60">
                        <td colSpan={5} className="px-4 py-3 pl-14">
                          <JsonTree value={entry.parameters} />
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
