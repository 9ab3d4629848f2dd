import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 10_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

const words = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const full = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** `3 min. ago`, `in 2 hr.`: the difference in the largest unit that fits. */
export function relative(at: number, reference: number): string {
  const seconds = Math.round((at - reference) / 1000);
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size < 60) return words.format(seconds, "second");
  if (size < 3600) return words.format(Math.round(seconds / 60), "minute");
  if (size < 86_400) return words.format(Math.round(seconds / 3600), "hour");
  if (size < 30 * 86_400) return words.format(Math.round(seconds / 86_400), "day");
  if (size < 365 * 86_400) return words.format(Math.round(seconds / (30 * 86_400)), "month");
  return words.format(Math.round(seconds / (365 * 86_400)), "year");
}

/** A point in time relative to now, with the exact time on hover. */
export function RelativeTime({ at, className }: { at: string | null | undefined; className?: string }) {
  useSyncExternalStore(subscribe, () => now);
  if (!at) return <span className={className}>—</span>;
  const date = new Date(at);
  // The time of this very rendering: the shared tick only says when to render again, and is up to ten seconds old.
  const reference = Date.now();
  return (
    <time dateTime={at} title={full.format(date)} className={className} suppressHydrationWarning>
      {relative(date.getTime(), reference)}
    </time>
  );
}

export function exactTime(at: string): string {
  return full.format(new Date(at));
}

/** `84 ms`, `3.2 s`, `4 min 05 s`, `2 h 10 min`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "—";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${String(Math.floor((ms % 60_000) / 1000)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Bytes for people: `4.2 MB`. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
