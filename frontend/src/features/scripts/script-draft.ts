import type { NewScript, RetryPolicy, Schema, Script } from "@/api/types";
import { newName } from "@/features/paths/path";

/** What the editor edits: a script before it is deployed. The code itself lives in the editor, not here. */
export type ScriptDraft = {
  path: string;
  summary: string;
  description: string;
  language: string;
  schema: Schema | null;
  /** Hash of the version this draft started from; absent for a new script. */
  parent_hash?: string;
  tag?: string;
  timeout?: number;
  cache_ttl?: number;
  concurrent_limit?: number;
  concurrency_time_window_s?: number;
  concurrency_key?: string;
  debounce_delay_s?: number;
  debounce_key?: string;
  debounce_args_to_accumulate?: string[];
  max_total_debouncing_time?: number;
  max_total_debounces_amount?: number;
  priority?: number;
  dedicated_worker?: boolean;
  delete_after_secs?: number;
  visible_to_runner_only?: boolean;
  retry?: RetryPolicy;
  labels?: string[];
};

function given<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined;
}

export function draftOf(script: Script): ScriptDraft {
  return {
    path: script.path,
    summary: script.summary,
    description: script.description,
    language: script.language,
    schema: script.schema ?? null,
    parent_hash: script.hash,
    tag: given(script.tag),
    timeout: given(script.timeout),
    cache_ttl: given(script.cache_ttl),
    concurrent_limit: given(script.concurrent_limit),
    concurrency_time_window_s: given(script.concurrency_time_window_s),
    concurrency_key: given(script.concurrency_key),
    debounce_delay_s: given(script.debounce_delay_s),
    debounce_key: given(script.debounce_key),
    debounce_args_to_accumulate: given(script.debounce_args_to_accumulate),
    max_total_debouncing_time: given(script.max_total_debouncing_time),
    max_total_debounces_amount: given(script.max_total_debounces_amount),
    priority: given(script.priority),
    dedicated_worker: given(script.dedicated_worker),
    delete_after_secs: given(script.delete_after_secs),
    visible_to_runner_only: given(script.visible_to_runner_only),
    retry: given(script.retry),
    labels: given(script.labels),
  };
}

export function newDraft(username: string, language: string): ScriptDraft {
  return { path: `u/${username}/${newName("script")}`, summary: "", description: "", language, schema: null };
}

/** The draft as `scripts/create` takes it. */
export function toNewScript(draft: ScriptDraft, content: string, message: string): NewScript {
  const { parent_hash, tag, concurrency_key, ...rest } = draft;
  return {
    ...rest,
    content,
    kind: "script",
    ...(parent_hash ? { parent_hash } : {}),
    ...(tag?.trim() ? { tag: tag.trim() } : {}),
    ...(concurrency_key?.trim() ? { concurrency_key: concurrency_key.trim() } : {}),
    ...(message.trim() ? { deployment_message: message.trim() } : {}),
  };
}

/** What a stored draft holds: the draft and its code. */
export type StoredDraft = ScriptDraft & { content: string };

/** Reads a stored draft, which may come from an older release or another client. */
export function readStored(value: unknown): StoredDraft | null {
  if (typeof value !== "object" || value === null) return null;
  const record = value as Partial<StoredDraft>;
  if (typeof record.content !== "string" || typeof record.path !== "string") return null;
  const language = record.language ?? "python3";
  return {
    ...record,
    path: record.path,
    content: record.content,
    language,
    summary: record.summary ?? "",
    description: record.description ?? "",
    schema: record.schema ?? null,
  };
}
