import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { FileInput, Quote, Workflow } from "lucide-react";
import { useState } from "react";
import type { Script } from "@/api/types";
import {
  canFollow,
  type Followed,
  type FollowOutcome,
  followMove,
  type Reference,
  referencesQuery,
} from "@/features/code-search/code-search";
import { pathProblem } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { ErrorState, Skeleton } from "@/ui/states";
import { Checkbox } from "@/ui/switch";
import { tellDone, tellError } from "@/ui/toast";
import { draftOf, toNewScript } from "./script-draft";
import { createScript, scriptExists } from "./scripts";

const HOW: Record<Reference["how"], { text: string; icon: typeof Quote }> = {
  import: { text: "imports it", icon: FileInput },
  step: { text: "runs it in a step", icon: Workflow },
  mention: { text: "names its path", icon: Quote },
};

/** What refers to a script: what would be left pointing at nothing when it moves. */
export function References({ workspace, path }: { workspace: string; path: string }) {
  const found = useQuery(referencesQuery(workspace, path));
  if (found.isPending) return <Skeleton className="h-16" />;
  if (found.isError) return <ErrorState error={found.error} className="py-4" />;
  if (found.data.length === 0) {
    return <p className="text-sm text-muted">Nothing that you may read refers to it.</p>;
  }
  return (
    <ul className="divide-y divide-line rounded-md border border-line">
      {found.data.map((reference) => {
        const { text, icon: Icon } = HOW[reference.how];
        const open =
          reference.kind === "script"
            ? `/w/${workspace}/edit/${reference.path}`
            : `/w/${workspace}/flows/edit/${reference.path}`;
        return (
          <li key={`${reference.kind}:${reference.path}`} className="flex items-center gap-2.5 px-3 py-2">
            <Icon className="size-3.5 shrink-0 text-faint" aria-hidden />
            <a href={open} className="min-w-0 flex-1 truncate font-mono text-xs hover:underline">
              {reference.path}
            </a>
            {reference.kind === "flow" && <Badge>flow</Badge>}
            <span className="text-xs text-muted">{text}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** What was changed with a move, and what is left to a person, with the reason. */
function Outcome({ workspace, outcome }: { workspace: string; outcome: FollowOutcome }) {
  const list = (items: readonly Followed[]) => (
    <ul className="mt-1.5 divide-y divide-line rounded-md border border-line">
      {items.map((one) => (
        <li key={`${one.kind}:${one.path}`} className="px-3 py-2">
          <a
            href={`/w/${workspace}/${one.kind === "script" ? "edit" : "flows/edit"}/${one.path}`}
            className="font-mono text-xs hover:underline"
          >
            {one.path}
          </a>
          {one.reason && <p className="text-xs text-muted">{one.reason}</p>}
        </li>
      ))}
    </ul>
  );
  return (
    <div className="flex flex-col gap-4">
      {outcome.updated.length > 0 && (
        <section>
          <h3 className="text-sm font-medium">Follow it in a new version</h3>
          {list(outcome.updated)}
        </section>
      )}
      {outcome.left.length > 0 && (
        <section>
          <h3 className="text-sm font-medium">Left as they are</h3>
          {list(outcome.left)}
        </section>
      )}
    </div>
  );
}

/** Moves or renames a script, after a look at what refers to it. */
export function MoveDialog({
  workspace,
  script,
  onClose,
}: {
  workspace: string;
  script: Script;
  onClose: () => void;
}) {
  const [path, setPath] = useState(script.path);
  const [summary, setSummary] = useState(script.summary);
  const [takeAlong, setTakeAlong] = useState(true);
  const [outcome, setOutcome] = useState<FollowOutcome | null>(null);
  const found = useQuery(referencesQuery(workspace, script.path));
  const following = found.data?.filter(canFollow).length ?? 0;
  const navigate = useNavigate();
  const client = useQueryClient();
  const problem = pathProblem(path);
  const moved = path !== script.path;
  const taken = useQuery({
    queryKey: ["w", workspace, "scripts", "exists", path],
    queryFn: () => scriptExists(workspace, path),
    enabled: moved && problem === null,
    staleTime: 0,
  });
  const leave = async () => {
    onClose();
    await navigate({ to: "/w/$workspace/scripts/$", params: { workspace, _splat: path } });
  };
  const move = useMutation({
    mutationFn: async () => {
      await createScript(workspace, {
        ...toNewScript(
          { ...draftOf(script), path, summary },
          script.content,
          moved ? `Moved from ${script.path}` : "Renamed",
        ),
        has_preprocessor: script.has_preprocessor,
        ...(script.auto_kind ? { auto_kind: script.auto_kind } : {}),
      });
      if (!moved || !takeAlong) return null;
      try {
        return await followMove(workspace, script.path, path);
      } catch (error) {
        // The script has moved; only what refers to it has not followed.
        tellError(error);
        return null;
      }
    },
    onSuccess: async (followed) => {
      tellDone(moved ? "Moved" : "Renamed", path);
      await client.invalidateQueries({ queryKey: ["w", workspace, "scripts"] });
      await client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
      if (followed && followed.updated.length + followed.left.length > 0) setOutcome(followed);
      else await leave();
    },
    onError: tellError,
  });
  if (outcome) {
    return (
      <Dialog
        open
        onOpenChange={(open) => !open && void leave()}
        title="Moved"
        description={path}
        width="600px"
        footer={
          <Button variant="primary" onClick={() => void leave()}>
            Done
          </Button>
        }
      >
        <Outcome workspace={workspace} outcome={outcome} />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Move or rename"
      description={script.path}
      width="600px"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="move"
            variant="primary"
            busy={move.isPending}
            disabled={
              problem !== null || taken.data === true || (!moved && summary.trim() === script.summary)
            }
          >
            {moved ? "Move" : "Rename"}
          </Button>
        </>
      }
    >
      <form
        id="move"
        className="flex flex-col gap-5"
        onSubmit={(event) => {
          event.preventDefault();
          move.mutate();
        }}
      >
        <PathField value={path} onValue={setPath} label="Name" />
        {moved && taken.data === true && (
          <p role="alert" className="text-sm text-danger">
            There is a script at {path} already. Choose another name.
          </p>
        )}
        <Field label="Summary" optional>
          <Input value={summary} onChange={(event) => setSummary(event.target.value)} />
        </Field>
        <section>
          <h3 className="text-sm font-medium">What refers to it</h3>
          <p className="mb-2 text-xs text-muted">
            Versions, runs and rights move along. What names the path in a text goes on naming the old one.
          </p>
          {following > 0 && (
            <label htmlFor="take-along" className="mb-2 flex items-center gap-2 text-sm">
              <Checkbox
                id="take-along"
                checked={takeAlong}
                onCheckedChange={(on) => setTakeAlong(on === true)}
              />
              {`Change ${following === 1 ? "the import or step" : `the ${following} imports and steps`} too, in new versions`}
            </label>
          )}
          <References workspace={workspace} path={script.path} />
        </section>
      </form>
    </Dialog>
  );
}
