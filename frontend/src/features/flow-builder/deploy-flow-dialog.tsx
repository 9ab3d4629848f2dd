import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { type Flow, flowExists } from "@/features/flows/flows";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import type { Problem } from "@/flow-graph/checks";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { useDraft, useFlowEditor } from "./editor";
import { ProblemRows } from "./problem-list";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type Props = {
  workspace: string;
  deployed: Flow | null;
  problems: readonly Problem[];
  busy: boolean;
  onDeploy: (message: string) => void;
  onClose: () => void;
};

/** The last look before a version becomes the one that everybody runs. */
export function DeployFlowDialog({ workspace, deployed, problems, busy, onDeploy, onClose }: Props) {
  const editor = useFlowEditor();
  const draft = useDraft();
  const [message, setMessage] = useState("");
  const moved = draft.path !== deployed?.path;
  const badPath = pathProblem(draft.path);
  const taken = useQuery({
    queryKey: ["w", workspace, "flows", "exists", draft.path],
    queryFn: () => flowExists(workspace, draft.path),
    enabled: moved && badPath === null,
    staleTime: 0,
  });
  const [before, after] = useMemo(
    () => [deployed ? toYaml(documentOf(deployed)) : "", toYaml(documentOf(draft))],
    [deployed, draft],
  );
  const changed = deployed !== null && before !== after;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={deployed ? "Deploy a new version" : "Deploy the flow"}
      description={deployed ? draft.path : "From then on everyone with access can run it."}
      width={changed ? "1040px" : "520px"}
      footer={
        <>
          <Button onClick={onClose}>Back to editing</Button>
          <Button
            type="submit"
            form="deploy-flow"
            variant="primary"
            busy={busy}
            disabled={badPath !== null || (moved && taken.data === true)}
          >
            {!busy && <Rocket />} Deploy
          </Button>
        </>
      }
    >
      <form
        id="deploy-flow"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onDeploy(message);
        }}
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
        {!deployed && (
          <>
            <PathField
              value={draft.path}
              onValue={(path) => editor.edit((known) => ({ ...known, path }), "flow:path")}
              label="Name"
            />
            <Field label="Summary" optional>
              <Input
                value={draft.summary}
                onChange={(event) =>
                  editor.edit((known) => ({ ...known, summary: event.target.value }), "flow:summary")
                }
                placeholder="What it does, in a few words"
              />
            </Field>
          </>
        )}
        {moved && taken.data === true && (
          <p role="alert" className="text-sm text-danger">
            There is a flow at {draft.path} already. Choose another name.
          </p>
        )}
        <Field label="Message" optional hint="Shown in the list of versions.">
          <Input
            value={message}
            onChange={(event) => setMessage(event.target.value)}
            placeholder={deployed ? "What changed" : "First version"}
            autoFocus
          />
        </Field>
        {changed && (
          <div className="h-[46vh] overflow-hidden rounded-md border border-line">
            <Suspense fallback={<Skeleton className="h-full" />}>
              <DiffEditor before={before} after={after} language="yaml" />
            </Suspense>
          </div>
        )}
        {deployed && !changed && (
          <p className="text-sm text-muted">The steps are the same; only settings change.</p>
        )}
      </form>
    </Dialog>
  );
}
