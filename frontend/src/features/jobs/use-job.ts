import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { Job } from "@/api/types";
import { jobLogs, jobQuery } from "./jobs";
import { LogBuffer } from "./log-buffer";
import { watchJob } from "./watch-job";

export type LiveJob = {
  job: Job | undefined;
  error: Error | null;
  log: LogBuffer;
  progress: number | null;
  /** What the run streamed as its result so far. */
  stream: string;
  memPeak: number | null;
  refetch: () => void;
};

/** A run with its log, kept up to date until it ends. */
export function useJob(workspace: string, id: string | null): LiveJob {
  const client = useQueryClient();
  const query = useQuery({ ...jobQuery(workspace, id ?? ""), enabled: id !== null });
  const logs = useRef(new LogBuffer());
  const shown = useRef<string | null>(null);
  const [progress, setProgress] = useState<number | null>(null);
  const [stream, setStream] = useState("");
  const [memPeak, setMemPeak] = useState<number | null>(null);
  const job = query.data;
  const known = job?.id === id ? job : undefined;
  const live = known?.type === "QueuedJob";
  const done = known?.type === "CompletedJob";

  useEffect(() => {
    if (shown.current === id) return;
    shown.current = id;
    logs.current.reset();
    setProgress(null);
    setStream("");
    setMemPeak(null);
  }, [id]);

  useEffect(() => {
    if (!live || !id) return;
    const { queryKey } = jobQuery(workspace, id);
    logs.current.reset();
    return watchJob({
      workspace,
      id,
      onUpdate: (update) => {
        if (update.new_logs) logs.current.append(update.new_logs);
        if (update.progress !== null && update.progress !== undefined) setProgress(update.progress);
        if (update.mem_peak) setMemPeak(update.mem_peak);
        if (update.new_result_stream) setStream((text) => text + update.new_result_stream);
        if (update.flow_status && !update.completed) {
          const { flow_status } = update;
          client.setQueryData<Job>(queryKey, (known) => (known ? { ...known, flow_status } : known));
        }
        if (update.workflow_as_code_status && !update.completed) {
          const { workflow_as_code_status } = update;
          client.setQueryData<Job>(queryKey, (known) =>
            known ? { ...known, workflow_as_code_status } : known,
          );
        }
        if (update.completed) {
          if (update.job?.type === "CompletedJob") client.setQueryData(queryKey, update.job);
          void client.invalidateQueries({ queryKey });
          void client.invalidateQueries({ queryKey: ["w", workspace, "jobs", "list"] });
        } else if (update.running) {
          const current = client.getQueryData<Job>(queryKey);
          if (current?.type === "QueuedJob" && !current.running) void client.invalidateQueries({ queryKey });
        }
      },
      onMissing: () => void client.invalidateQueries({ queryKey }),
    });
  }, [live, id, workspace, client]);

  // A finished run shows its whole log, which may be longer than what was seen while it ran.
  useEffect(() => {
    if (!done || !id) return;
    const abort = new AbortController();
    jobLogs(workspace, id, abort.signal).then(
      (text) => {
        if (text.length > 0 || logs.current.isEmpty) logs.current.reset(text);
      },
      () => {},
    );
    return () => abort.abort();
  }, [done, id, workspace]);

  return {
    job: known,
    error: query.error,
    log: logs.current,
    progress,
    stream,
    memPeak: memPeak ?? known?.mem_peak ?? null,
    refetch: () => void query.refetch(),
  };
}
