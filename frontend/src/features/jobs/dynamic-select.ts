import { get, post } from "@/api/client";
import type { Args } from "@/api/types";
import type { RunnableRef } from "@/features/schema-form/context";
import type { ComboOption } from "@/ui/combobox";

type Request = { entrypoint: string; runnable: RunnableRef | undefined; args: Args };
type Outcome = { completed: boolean; success?: boolean; result: unknown };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function toOptions(result: unknown): ComboOption[] {
  if (!Array.isArray(result)) throw new Error("The function did not return a list.");
  return result.map((entry: unknown) =>
    typeof entry === "object" && entry !== null && "value" in entry
      ? { value: String(entry.value), label: "label" in entry ? String(entry.label) : String(entry.value) }
      : { value: String(entry) },
  );
}

/** Runs the function that computes the options and waits for them. */
export async function runDynamicSelect(
  workspace: string,
  request: Request,
  signal: AbortSignal,
): Promise<ComboOption[]> {
  const id = await post<string>(`/w/${workspace}/jobs/run/dynamic_select`, {
    entrypoint_function: request.entrypoint,
    args: request.args,
    runnable_ref: request.runnable,
  });
  for (let wait = 60; ; wait = Math.min(1000, wait * 1.5)) {
    const outcome = await get<Outcome>(
      `/w/${workspace}/jobs_u/completed/get_result_maybe/${id}`,
      undefined,
      signal,
    );
    if (outcome.completed) {
      if (outcome.success === false) {
        const error = (outcome.result as { error?: { message?: string } } | null)?.error;
        throw new Error(error?.message ?? "The function failed.");
      }
      return toOptions(outcome.result);
    }
    await pause(wait);
  }
}
