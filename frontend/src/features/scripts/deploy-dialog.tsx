import { useQuery } from "@tanstack/react-query";
import { Rocket, TriangleAlert } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { Script } from "@/api/types";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { monacoLanguage } from "./language";
import type { ScriptDraft } from "./script-draft";
import { scriptExists } from "./scripts";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type DeployProps = {
  workspace: string;
  draft: ScriptDraft;
  content: string;
  deployed: Script | null;
  problem: string | null;
  busy: boolean;
  onChange: (change: Partial<ScriptDraft>) => void;
  onDeploy: (message: string) => void;
  onClose: () => void;
};

/** The last look before a version becomes the one that everybody runs. */
export function DeployDialog(props: DeployProps) {
  const { workspace, draft, content, deployed, problem, busy, onChange, onDeploy, onClose } = props;
  const [message, setMessage] = useState("");
  const moved = draft.path !== deployed?.path;
  const badPath = pathProblem(draft.path);
  const taken = useQuery({
    queryKey: ["w", workspace, "scripts", "exists", draft.path],
    queryFn: () => scriptExists(workspace, draft.path),
    enabled: moved && badPath === null,
    staleTime: 0,
  });
  const changed = deployed !== null && deployed.content !== content;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={deployed ? "Deploy a new version" : "Deploy the script"}
      description={deployed ? draft.path : "From then on everyone with access can run it."}
      width={changed ? "1040px" : "520px"}
      footer={
        <>
          <Button onClick={onClose}>Back to editing</Button>
          <Button
            type="submit"
            form="deploy"
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
        id="deploy"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          onDeploy(message);
        }}
      >
        {problem && (
          <p className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> {problem}
          </p>
        )}
        {!deployed && (
          <>
            <PathField value={draft.path} onValue={(path) => onChange({ path })} label="Name" />
            <Field label="Summary" optional>
              <Input
                value={draft.summary}
                onChange={(event) => onChange({ summary: event.target.value })}
                placeholder="What it does, in a few words"
              />
            </Field>
          </>
        )}
        {moved && taken.data === true && (
          <p role="alert" className="text-sm text-danger">
            There is a script at {draft.path} already. Choose another name.
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
              <DiffEditor
                before={deployed.content}
                after={content}
                language={monacoLanguage(draft.language)}
              />
            </Suspense>
          </div>
        )}
        {deployed && !changed && (
          <p className="text-sm text-muted">The code is the same; only settings change.</p>
        )}
      </form>
    </Dialog>
  );
}
