// One round of a workflow as code, in the words of the client library that the script imports.

/** What the function `body` of a script comes to, called with the values `given` behind the steps of `checkpoint`. */
export async function round(body, module, given, checkpoint) {
  if (!body._is_workflow || !module.wmill_WorkflowCtx) return { type: "complete", result: await body(...given) };
  const context = new module.wmill_WorkflowCtx(JSON.parse(checkpoint));
  globalThis.__wmill_wf_ctx = context;
  let result, thrown;
  try {
    result = await body(...given);
  } catch (error) {
    thrown = { error };
  }
  // What the body has caught and swallowed still counts.
  const failed = context._takePendingStepFailure?.();
  if (failed) throw failed.error;
  const suspended = context._takePendingSuspend?.() ?? (thrown?.error?.dispatchInfo && thrown.error);
  if (suspended) return ofSuspended(suspended.dispatchInfo);
  if (thrown) throw thrown.error;
  const steps = context._flushPending();
  if (steps.length > 0) return { type: "dispatch", mode: "parallel", steps };
  context._warnUnobservedTaskFailures?.();
  return { type: "complete", result: result ?? null };
}

function ofSuspended({ mode, ...info }) {
  if (mode === "step_complete") return { type: "complete", result: info.result ?? null };
  if (mode === "sequential" || mode === "parallel") return { type: "dispatch", mode, steps: info.steps };
  return { ...info, type: mode };
}
