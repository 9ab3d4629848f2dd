import type { Script } from "@/api/types";
import { Badge } from "@/ui/badge";
import { Facts } from "@/ui/page";
import { duration, RelativeTime } from "@/ui/time";
import { languageLabel } from "./language";

function seconds(value: number): string {
  return duration(value * 1000);
}

/** The settings of a script that differ from the defaults, and where it comes from. */
export function ScriptDetails({ script }: { script: Script }) {
  const items: [string, React.ReactNode][] = [
    [
      "Version",
      <span key="hash" className="font-mono text-xs">
        {script.hash}
      </span>,
    ],
    ["Deployed", <RelativeTime key="at" at={script.created_at} />],
    ["By", script.created_by],
    ["Language", languageLabel(script.language)],
    ["Tag", script.tag ? <Badge key="tag">{script.tag}</Badge> : "default of the language"],
  ];
  if (script.timeout) items.push(["Timeout", seconds(script.timeout)]);
  if (script.cache_ttl) items.push(["Results cached", seconds(script.cache_ttl)]);
  if (script.concurrent_limit) {
    items.push([
      "Concurrency",
      `${script.concurrent_limit} per ${seconds(script.concurrency_time_window_s ?? 0)}${script.concurrency_key ? ` by ${script.concurrency_key}` : ""}`,
    ]);
  }
  if (script.debounce_delay_s) {
    items.push([
      "Joined",
      `runs within ${seconds(script.debounce_delay_s)}${script.debounce_key ? ` by ${script.debounce_key}` : ""}`,
    ]);
  }
  if (script.priority) items.push(["Priority", script.priority]);
  if (script.dedicated_worker) items.push(["Warm mode", "keeps its process between runs"]);
  if (script.delete_after_secs !== undefined && script.delete_after_secs !== null) {
    items.push(["Deleted after", seconds(script.delete_after_secs)]);
  }
  if (script.visible_to_runner_only) items.push(["Visibility", "runs are seen by who started them only"]);
  if (script.retry?.constant) {
    items.push([
      "Retry",
      `${script.retry.constant.attempts} times, ${seconds(script.retry.constant.seconds)} apart`,
    ]);
  }
  if (script.retry?.exponential)
    items.push(["Retry", `${script.retry.exponential.attempts} times, longer each time`]);
  if (script.has_preprocessor) items.push(["Preprocessor", "yes"]);
  return <Facts items={items} />;
}
