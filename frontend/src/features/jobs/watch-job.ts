import { apiUrl, get, isStatus } from "@/api/client";
import type { JobUpdate } from "@/api/types";
import { CARRIED_BYTES } from "./jobs";

type Watch = {
  workspace: string;
  id: string;
  onUpdate: (update: JobUpdate) => void;
  onMissing: () => void;
};

const FAILURES_BEFORE_POLLING = 2;
const POLL_MS = 1000;

/**
 * Follows a run until it ends: by server-sent events, and by polling where these do not get through.
 * Offsets make each reconnection go on where the last one stopped. Returns the way to stop.
 */
export function watchJob({ workspace, id, onUpdate, onMissing }: Watch): () => void {
  let stopped = false;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let running = false;
  let logOffset = 0;
  let streamOffset = 0;

  const query = () => ({
    running,
    log_offset: logOffset,
    stream_offset: streamOffset,
    get_progress: true,
    max_result_bytes: CARRIED_BYTES,
  });
  const finish = () => {
    stopped = true;
    source?.close();
    clearTimeout(timer);
  };
  const take = (update: JobUpdate) => {
    if (update.running !== null && update.running !== undefined) running = update.running;
    if (update.log_offset !== null && update.log_offset !== undefined) logOffset = update.log_offset;
    if (update.stream_offset !== null && update.stream_offset !== undefined)
      streamOffset = update.stream_offset;
    onUpdate(update);
    if (update.completed) finish();
  };

  const poll = async () => {
    if (stopped) return;
    try {
      take(await get<JobUpdate>(`/w/${workspace}/jobs_u/getupdate/${id}`, query()));
    } catch (error) {
      if (isStatus(error, 404)) {
        finish();
        onMissing();
        return;
      }
    }
    if (!stopped) timer = setTimeout(poll, POLL_MS);
  };

  const listen = () => {
    if (stopped) return;
    source = new EventSource(apiUrl(`/w/${workspace}/jobs_u/getupdate_sse/${id}`, query()));
    source.onmessage = (event) => {
      failures = 0;
      const update = JSON.parse(event.data) as JobUpdate;
      switch (update.type) {
        case "ping":
          return;
        case "timeout":
          source?.close();
          listen();
          return;
        case "notfound":
          finish();
          onMissing();
          return;
        case "error":
          source?.close();
          void poll();
          return;
        default:
          take(update);
      }
    };
    source.onerror = () => {
      // The browser's own reconnection would forget the offsets.
      source?.close();
      if (stopped) return;
      failures += 1;
      if (failures >= FAILURES_BEFORE_POLLING) void poll();
      else timer = setTimeout(listen, 500);
    };
  };

  listen();
  return finish;
}
