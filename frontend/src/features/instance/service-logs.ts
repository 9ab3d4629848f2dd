import { queryOptions } from "@tanstack/react-query";
import { get, pathOf } from "@/api/client";

/** What one process logged in one minute; `err_lines` are warnings and errors. */
export type LogFile = {
  hostname: string;
  mode: string;
  worker_group?: string;
  log_ts: string;
  file_path: string;
  ok_lines: number;
  err_lines: number;
};

export type LogLine = { time?: string; level: string; logger?: string; text: string };

export const logFilesQuery = (onlyErrors: boolean) =>
  queryOptions({
    queryKey: ["instance", "logs", { onlyErrors }],
    queryFn: ({ signal }) =>
      get<LogFile[]>("/service_logs/list_files", { with_error: onlyErrors || undefined }, signal),
    refetchInterval: 10_000,
  });

export const logFileQuery = (path: string) =>
  queryOptions({
    queryKey: ["instance", "logs", "file", path],
    queryFn: async ({ signal }) =>
      linesOf(await get<string>(`/service_logs/get_log_file/${pathOf(path)}`, undefined, signal)),
    refetchInterval: 10_000,
  });

/** Each line is a JSON object; what is none, as the last of a file that grew too long, is shown as it is. */
export function linesOf(text: string): LogLine[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      try {
        const { time, level, logger, process: _process, message, exception, ...more } = JSON.parse(line);
        const extras = Object.entries(more).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
        const words = [message, ...extras, exception && `\n${exception}`].filter(Boolean).join(" ");
        return { time, level, logger, text: words };
      } catch {
        return { level: "info", text: line };
      }
    });
}
