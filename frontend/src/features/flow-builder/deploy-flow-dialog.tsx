import { useMemo } from "react";
import { type Flow, flowExists } from "@/features/flows/flows";
import { DeployDialog } from "@/features/runnables/deploy-dialog";
import type { Problem } from "@/flow-graph/checks";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { useDraft, useFlowEditor } from "./editor";
import { ProblemRows } from "./problem-list";

type Props = {
  deployed: Flow | null;
  /** The draft began with an older version than the deployed one. */
  outdated: boolean;
  problems: readonly Problem[];
  busy: boolean;
  onDeploy: (message: string) => void;
  onClose: () => void;
};

/** Deploys the flow that is edited, after a look at what is wrong with it and at what changed. */
export function DeployFlowDialog({ deployed, outdated, problems, busy, onDeploy, onClose }: Props) {
  const editor = useFlowEditor();
  const draft = useDraft();
  const [before, after] = useMemo(
    () => [deployed ? toYaml(documentOf(deployed)) : "", toYaml(documentOf(draft))],
    [deployed, draft],
  );
  return (
    <DeployDialog
      kind="flow"
      path={draft.path}
      summary={draft.summary}
      deployedPath={deployed?.path ?? null}
      before={before}
      after={after}
      language="yaml"
      unchanged="The steps are the same; only settings change."
      newer={outdated && deployed ? { by: deployed.edited_by, at: deployed.edited_at } : null}
      busy={busy}
      exists={flowExists}
      onPath={(path) => editor.edit((known) => ({ ...known, path }), "flow:path")}
      onSummary={(summary) => editor.edit((known) => ({ ...known, summary }), "flow:summary")}
      onDeploy={onDeploy}
      onClose={onClose}
    >
      {problems.length > 0 && (
        <div className="rounded-md border border-warning-solid/40 bg-warning-soft/60 p-1.5">
          <p className="px-2 py-1 text-sm font-medium">
            {problems.length === 1 ? "One thing looks wrong" : `${problems.length} things look wrong`}
          </p>
          <div className="thin-scroll max-h-40 overflow-y-auto">
            <ProblemRows
              problems={problems.slice(0, 50)}
              onOpen={(problem) => {
                if (problem.step) editor.select(problem.step);
                onClose();
              }}
            />
          </div>
        </div>
      )}
    </DeployDialog>
  );
}
