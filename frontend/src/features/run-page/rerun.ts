import type { Job } from "@/api/types";
import { previewFlow, runFlow } from "@/features/flows/flows";
import { runHash, runPreview, runScript } from "@/features/jobs/jobs";
import { takenFrom } from "@/features/jobs/sealed";
import type { FlowValue } from "@/flow-graph/types";

/** Starts what a run ran once more, with the same arguments. */
export function rerun(workspace: string, job: Job): Promise<string> {
  const args = job.args ?? {};
  const sealed = takenFrom(job.id, args);
  if (job.job_kind === "preview" && job.raw_code) {
    return runPreview(
      workspace,
      {
        content: job.raw_code,
        language: job.language ?? "python3",
        path: job.script_path ?? undefined,
        args,
      },
      sealed,
    );
  }
  if (job.job_kind === "flow" && job.script_path) return runFlow(workspace, job.script_path, args, sealed);
  if (job.job_kind === "flowpreview" && job.raw_flow) {
    return previewFlow(workspace, {
      value: job.raw_flow as FlowValue,
      path: job.script_path ?? undefined,
      args,
    });
  }
  if (job.script_path) return runScript(workspace, job.script_path, args, sealed);
  if (job.script_hash) return runHash(workspace, job.script_hash, args, sealed);
  return Promise.reject(new Error("This run does not say which script it ran."));
}
