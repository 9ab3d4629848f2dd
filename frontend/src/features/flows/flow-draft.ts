import { newName } from "@/features/paths/path";
import { readOpenFlow } from "@/flow-graph/openflow";
import type { OpenFlow } from "@/flow-graph/types";
import { EMPTY_SCHEMA, type Flow, type NewFlow } from "./flows";

/** What the builder edits: the document and what the server keeps beside it. */
export type FlowDraft = OpenFlow & {
  path: string;
  tag?: string;
  timeout?: number;
  visible_to_runner_only?: boolean;
  labels?: string[];
  /** The version this draft started from; absent for a new flow. */
  parent_version?: number;
};

export function newFlowDraft(username: string): FlowDraft {
  return {
    path: `u/${username}/${newName("flow")}`,
    summary: "",
    description: "",
    value: { modules: [] },
    schema: EMPTY_SCHEMA,
  };
}

export function draftOfFlow(flow: Flow): FlowDraft {
  return {
    path: flow.path,
    summary: flow.summary,
    description: flow.description ?? "",
    value: flow.value,
    schema: flow.schema ?? EMPTY_SCHEMA,
    ...(flow.tag ? { tag: flow.tag } : {}),
    ...(flow.timeout ? { timeout: flow.timeout } : {}),
    ...(flow.visible_to_runner_only ? { visible_to_runner_only: true } : {}),
    ...(flow.labels?.length ? { labels: flow.labels } : {}),
    ...(flow.version_id === undefined ? {} : { parent_version: flow.version_id }),
  };
}

/** The draft as `flows/create` and `flows/update` take it. */
export function toNewFlow(draft: FlowDraft, message: string): NewFlow {
  const { parent_version: _parent, ...rest } = draft;
  return { ...rest, ...(message.trim() ? { deployment_message: message.trim() } : {}) };
}

/** Reads a stored draft, which may come from an older release or another client. */
export function readStoredFlow(value: unknown): FlowDraft | null {
  if (typeof value !== "object" || value === null) return null;
  const record = value as Partial<FlowDraft>;
  if (typeof record.path !== "string") return null;
  let sound = true;
  const flow = readOpenFlow(value, () => {
    sound = false;
  });
  if (!flow || !sound) return null;
  return { ...record, ...flow, path: record.path, schema: flow.schema ?? EMPTY_SCHEMA };
}
