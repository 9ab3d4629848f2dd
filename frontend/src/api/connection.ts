import { useSyncExternalStore } from "react";

const AGAIN_MS = 2000;
const listeners = new Set<() => void>();
let lost = false;
let asking = false;

/** Whether a server answers at all; a proxy that has none behind it answers with 502 or 504. */
export async function answers(): Promise<boolean> {
  try {
    return (await fetch("/api/version", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function tell(state: boolean): void {
  if (state === lost) return;
  lost = state;
  for (const listener of listeners) listener();
}

async function ask(): Promise<void> {
  while (!(await answers())) {
    tell(true);
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  tell(false);
}

/** A request got no answer: finds out whether any does, and goes on asking until one does. */
export function doubtConnection(): void {
  if (asking) return;
  asking = true;
  void ask().finally(() => {
    asking = false;
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True from a request without an answer until the server answers again. */
export function useConnectionLost(): boolean {
  return useSyncExternalStore(subscribe, () => lost);
}
