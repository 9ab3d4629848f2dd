import { bytes } from "@/ui/time";
import type { StartSetting } from "./settings";

/** The settings of a start as people read them, in groups; a setting that is in none stands under "Other". */
const GROUPS: readonly [string, readonly string[]][] = [
  [
    "Server",
    [
      "base_url",
      "host",
      "port",
      "allowed_origins",
      "trusted_proxies",
      "outgoing_networks",
      "connections_per_address",
      "max_body_bytes",
      "max_upload_bytes",
      "wait_result_seconds",
    ],
  ],
  [
    "Workers",
    ["workers", "light_slots", "sql_connections", "worker_group", "worker_tags", "isolation", "job_network"],
  ],
  [
    "Runs",
    [
      "job_timeout_seconds",
      "job_memory_bytes",
      "job_disk_bytes",
      "job_log_bytes",
      "job_result_bytes",
      "large_result_bytes",
      "queue_limit",
      "retention_days",
    ],
  ],
  ["Flows", ["flow_iterations", "flow_parallel", "flow_depth"]],
];

export type ShownSetting = { name: string; variable: string; value: string };

export function groupSettings(settings: Readonly<Record<string, StartSetting>>): [string, ShownSetting[]][] {
  const named = new Set(GROUPS.flatMap(([, names]) => names));
  const rest = Object.keys(settings).filter((name) => !named.has(name));
  return [...GROUPS, ["Other", rest] as const].flatMap(([title, names]) => {
    const shown = names
      .filter((name) => name in settings)
      .map((name) => ({
        name: titleOf(name),
        variable: `POSTMILL_${name.toUpperCase()}`,
        value: textOf(name, settings[name] ?? null),
      }));
    return shown.length > 0 ? [[title, shown] as [string, ShownSetting[]]] : [];
  });
}

const TITLES: Readonly<Record<string, string>> = {
  max_body_bytes: "Largest request",
  max_upload_bytes: "Largest upload",
  wait_result_seconds: "Waiting for a result",
  sql_connections: "SQL connections",
  queue_limit: "Waiting runs of a workspace",
};

const UNITS = /_(bytes|seconds|days)$/;

function titleOf(name: string): string {
  const own = TITLES[name];
  if (own) return own;
  const words = name
    .replace(UNITS, "")
    .replaceAll("_", " ")
    .replace(/\burl\b/, "address");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function textOf(name: string, value: StartSetting): string {
  if (value === null || value === "" || (Array.isArray(value) && value.length === 0)) return "—";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "number") return String(value);
  const unit = UNITS.exec(name)?.[1];
  if (unit === "bytes") return bytes(value);
  const number = name === "port" ? String(value) : value.toLocaleString("en");
  if (name === "workers" && value === 0) return "8 per processor";
  if (unit === "days" && value === 0) return "for ever";
  return unit ? `${number} ${value === 1 ? unit.slice(0, -1) : unit}` : number;
}
