import { useQuery } from "@tanstack/react-query";
import { Cpu, Plus, RotateCw, ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { Worker } from "@/api/types";
import { accountQuery } from "@/features/session/session";
import { GroupDialog } from "@/features/workers/group-dialog";
import {
  deleteWorkerGroup,
  queueCountsQuery,
  restartWorkerGroup,
  runningCountsQuery,
  type WorkerGroup,
  workerGroupsQuery,
  workersQuery,
} from "@/features/workers/workers";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Card, CardHeader, Page } from "@/ui/page";
import { DeleteAction, EditAction, RowActions } from "@/ui/row-actions";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { bytes, RelativeTime } from "@/ui/time";
import { Tooltip } from "@/ui/tooltip";

const SILENT_S = 30;

function Isolation({ worker }: { worker: Worker }) {
  const level = worker.job_isolation;
  if (!level) return <span className="text-faint">—</span>;
  const weak = level === "none" || level === "process";
  const Icon = weak ? ShieldAlert : ShieldCheck;
  const reasons = worker.isolation_reasons ?? [];
  return (
    <Tooltip text={reasons.length > 0 ? reasons.join(" ") : undefined}>
      <Badge tone={weak ? "warning" : "success"} tabIndex={reasons.length > 0 ? 0 : undefined}>
        <Icon aria-hidden /> {level}
      </Badge>
    </Tooltip>
  );
}

function Slots({ worker }: { worker: Worker }) {
  if (!worker.slots) return <span className="text-faint">—</span>;
  const busy = worker.busy ?? 0;
  return (
    <span className="flex items-center gap-2" title={`${busy} of ${worker.slots} slots busy`}>
      {worker.slots <= 16 && (
        <span className="flex gap-0.5" aria-hidden>
          {Array.from({ length: worker.slots }, (_, index) => (
            <span
              key={index}
              className={cn("h-3.5 w-1.5 rounded-sm", index < busy ? "bg-accent" : "bg-line-strong/60")}
            />
          ))}
        </span>
      )}
      <span className="text-xs text-muted tabular-nums">
        {busy}/{worker.slots}
      </span>
    </span>
  );
}

function RestartGroup({ name }: { name: string }) {
  const confirm = useConfirm();
  const restart = useChange({
    run: restartWorkerGroup,
    done: (group) => ["Workers restart", group],
    touches: [["workers"]],
  });
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      aria-label={`Restart the workers of ${name}`}
      disabled={restart.isPending}
      onClick={async () => {
        const agreed = await confirm({
          title: `Restart the workers of ${name}?`,
          body: "They take no more jobs, let those that run end or hand them back, and start anew. Runs wait meanwhile.",
          action: "Restart",
        });
        if (agreed) restart.mutate(name);
      }}
    >
      <RotateCw />
    </Button>
  );
}

function Tags({ tags, className }: { tags: readonly string[]; className?: string }) {
  return (
    <span className={cn("flex-wrap gap-1", className)}>
      {tags.map((tag) => (
        <Badge key={tag} tone="outline" className="font-mono">
          {tag}
        </Badge>
      ))}
    </span>
  );
}

type GroupProps = {
  name: string;
  workers: Worker[];
  /** Opens its configuration; absent for who may not change it. */
  onEdit?: () => void;
  /** Forgets its configuration; absent where it has none. */
  onDelete?: () => void;
};

function Group({ name, workers, onEdit, onDelete }: GroupProps) {
  const tags = [...new Set(workers.flatMap((worker) => worker.custom_tags ?? []))];
  return (
    <Card className="overflow-hidden">
      <CardHeader
        title={
          <>
            {name} <span className="ml-1 font-normal text-muted">{workers.length}</span>
          </>
        }
        actions={
          <>
            <Tags tags={tags} className="hidden max-w-[60vw] justify-end sm:flex" />
            {onEdit && (
              <RowActions>
                {workers.length > 0 && <RestartGroup name={name} />}
                <EditAction name={`the worker group ${name}`} onEdit={onEdit} />
                {onDelete && (
                  <DeleteAction
                    name={`the configuration of ${name}`}
                    question={`Delete the configuration of ${name}?`}
                    consequence="Its workers serve the default tags again; they are not stopped."
                    onDelete={onDelete}
                  />
                )}
              </RowActions>
            )}
          </>
        }
      />
      {tags.length > 0 && <Tags tags={tags} className="flex border-b border-line px-4 py-2 sm:hidden" />}
      {workers.length === 0 && (
        <p className="px-4 py-3 text-sm text-muted">
          No worker of this group has been seen lately. Start one:{" "}
          <code className="font-mono text-xs">postmill worker --group {name}</code>
        </p>
      )}
      <Table className={cn(workers.length === 0 && "hidden")}>
        <thead>
          <tr>
            <Th>Worker</Th>
            <Th>Slots</Th>
            <Th>Isolation</Th>
            <Th className="hidden text-right md:table-cell">Busy, 5 min</Th>
            <Th className="hidden text-right md:table-cell">Jobs</Th>
            <Th className="hidden text-right md:table-cell">Memory</Th>
            <Th className="hidden lg:table-cell">Started</Th>
            <Th className="hidden sm:table-cell">Last sign</Th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => {
            const silent = (worker.last_ping ?? 0) > SILENT_S;
            const load = worker.occupancy_rate_5m ?? worker.occupancy_rate;
            return (
              <Tr key={worker.worker}>
                <Td>
                  <span className="flex items-center gap-2">
                    <span
                      className={cn(
                        "size-2 shrink-0 rounded-full",
                        silent ? "bg-danger-solid" : "bg-success-solid",
                      )}
                      aria-hidden
                    />
                    <span className="min-w-0">
                      <span className="block font-mono text-xs font-medium [overflow-wrap:anywhere]">
                        {worker.worker}
                      </span>
                      <span className="block text-xs text-faint">
                        {worker.worker_instance} · {worker.wm_version}
                      </span>
                    </span>
                    {worker.draining && <Badge tone="warning">draining</Badge>}
                  </span>
                </Td>
                <Td>
                  <Slots worker={worker} />
                </Td>
                <Td>
                  <Isolation worker={worker} />
                </Td>
                <Td className="hidden text-right tabular-nums md:table-cell">
                  {load === null || load === undefined ? "—" : `${Math.round(load * 100)} %`}
                </Td>
                <Td className="hidden text-right tabular-nums md:table-cell">
                  {worker.jobs_executed.toLocaleString("en")}
                </Td>
                <Td className="hidden whitespace-nowrap text-right tabular-nums md:table-cell">
                  {worker.wm_memory_usage ? bytes(worker.wm_memory_usage) : "—"}
                </Td>
                <Td className="hidden whitespace-nowrap text-xs text-muted lg:table-cell">
                  <RelativeTime at={worker.started_at} />
                </Td>
                <Td
                  className={cn(
                    "hidden whitespace-nowrap text-xs sm:table-cell",
                    silent ? "text-danger" : "text-muted",
                  )}
                >
                  {worker.last_ping === null || worker.last_ping === undefined
                    ? "—"
                    : silent
                      ? `silent for ${worker.last_ping} s`
                      : `${worker.last_ping} s ago`}
                </Td>
              </Tr>
            );
          })}
        </tbody>
      </Table>
    </Card>
  );
}

function Queue({ served }: { served: ReadonlySet<string> }) {
  const waiting = useQuery({ ...queueCountsQuery, retry: false });
  const running = useQuery({ ...runningCountsQuery, retry: false });
  const tags = [...new Set([...Object.keys(waiting.data ?? {}), ...Object.keys(running.data ?? {})])].sort();
  if (tags.length === 0) return null;
  return (
    <Card className="overflow-hidden">
      <CardHeader title="Queue by tag" />
      <Table>
        <thead>
          <tr>
            <Th>Tag</Th>
            <Th className="text-right">Running</Th>
            <Th className="text-right">Waiting</Th>
          </tr>
        </thead>
        <tbody>
          {tags.map((tag) => (
            <Tr key={tag}>
              <Td className="font-mono text-xs">
                {tag}
                {!served.has(tag) && (
                  <Badge tone="warning" className="ml-2 font-sans">
                    No worker serves it
                  </Badge>
                )}
              </Td>
              <Td className="text-right tabular-nums">{running.data?.[tag] ?? 0}</Td>
              <Td className="text-right tabular-nums">{waiting.data?.[tag] ?? 0}</Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

export default function WorkersPage() {
  const list = useQuery(workersQuery);
  const { data: account } = useQuery(accountQuery);
  const runs = Boolean(account?.super_admin);
  const configured = useQuery({ ...workerGroupsQuery, enabled: runs });
  const [edited, setEdited] = useState<WorkerGroup | null>(null);
  const drop = useChange({
    run: deleteWorkerGroup,
    done: (name) => ["Configuration deleted", name],
    touches: [["workers"]],
  });
  const configOf = (name: string) => configured.data?.find((group) => group.name === name);
  const groups = new Map<string, Worker[]>();
  for (const worker of list.data ?? []) {
    groups.set(worker.worker_group, [...(groups.get(worker.worker_group) ?? []), worker]);
  }
  for (const { name } of configured.data ?? []) if (!groups.has(name)) groups.set(name, []);
  const served = new Set((list.data ?? []).flatMap((worker) => worker.custom_tags ?? []));
  const slots = (list.data ?? []).reduce((sum, worker) => sum + (worker.slots ?? 1), 0);
  const busy = (list.data ?? []).reduce((sum, worker) => sum + (worker.busy ?? 0), 0);
  return (
    <Page
      title="Workers"
      description={
        list.data
          ? `${list.data.length} ${list.data.length === 1 ? "worker" : "workers"}, ${busy} of ${slots} slots busy.`
          : "Where jobs run."
      }
      actions={
        runs && (
          <Button onClick={() => setEdited({ name: "", config: {} })}>
            <Plus /> New worker group
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {list.isPending && (
          <Card>
            <SkeletonRows rows={3} />
          </Card>
        )}
        {list.isError && (
          <Card>
            <ErrorState error={list.error} retry={() => void list.refetch()} />
          </Card>
        )}
        {list.data?.length === 0 && (
          <Card>
            <EmptyState icon={Cpu} title="No worker has been seen lately">
              Runs wait in the queue until one starts: postmill worker --database-url …
            </EmptyState>
          </Card>
        )}
        {[...groups].map(([name, workers]) => (
          <Group
            key={name}
            name={name}
            workers={workers}
            onEdit={runs ? () => setEdited(configOf(name) ?? { name, config: {} }) : undefined}
            onDelete={configOf(name) ? () => drop.mutate(name) : undefined}
          />
        ))}
        {runs && list.data && <Queue served={served} />}
      </div>
      {edited && <GroupDialog key={edited.name} group={edited} onClose={() => setEdited(null)} />}
    </Page>
  );
}
