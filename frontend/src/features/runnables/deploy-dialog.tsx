import { useQuery } from "@tanstack/react-query";
import { Rocket, TriangleAlert } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { isUnnamed, joinPath, nameFrom, pathProblem, splitPath } from "@/features/paths/path";
import { PathField } from "@/features/paths/path-field";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { RelativeTime } from "@/ui/time";
import type { Kind } from "./kinds";
import { Difference } from "./version-list";

type Props = {
  kind: Kind;
  path: string;
  summary: string;
  /** Where it is deployed now; null for what never was. */
  deployedPath: string | null;
  /** The text that people compare, as deployed and as it becomes. */
  before: string;
  after: string;
  language: string;
  /** What to say when the text stays the same. */
  unchanged: string;
  /** Who deployed what is newer than the version that the draft began with. */
  newer: { by: string | undefined; at: string | undefined } | null;
  busy: boolean;
  exists: (workspace: string, path: string) => Promise<boolean>;
  onPath: (path: string) => void;
  onSummary: (summary: string) => void;
  onDeploy: (message: string) => void;
  onClose: () => void;
  /** What to know before: problems of the draft. */
  children?: React.ReactNode;
};

/** Who can run what is deployed there. */
function audience(path: string): string {
  const owner = path.slice(0, 2);
  if (owner === "f/") return "From then on all who have access to its folder can run it.";
  if (owner === "g/") return "From then on the members of its group can run it.";
  return "You and administrators can run it. Give others access on its page, or choose a folder.";
}

/** The last look before a version becomes the one that everybody runs. */
export function DeployDialog(props: Props) {
  const { kind, path, deployedPath, before, after, newer, busy, exists, onDeploy, onClose } = props;
  const workspace = useWorkspace();
  const [message, setMessage] = useState("");
  const isNew = deployedPath === null;
  const moved = path !== deployedPath;
  const badPath = pathProblem(path);
  const taken = useQuery({
    queryKey: ["w", workspace, `${kind}s`, "exists", path],
    queryFn: () => exists(workspace, path),
    enabled: moved && badPath === null,
    staleTime: 0,
  });
  // What nobody has named is named after what it does, until somebody names it.
  const [given] = useState(path);
  const [follows, setFollows] = useState(() => isNew && isUnnamed(path));
  const { onPath, onSummary } = props;
  const summarise = (summary: string) => {
    onSummary(summary);
    if (follows) onPath(joinPath(splitPath(path).owner, nameFrom(summary) || splitPath(given).name));
  };
  const begin = useRef(() => {
    if (follows && props.summary) summarise(props.summary);
  });
  useEffect(() => begin.current(), []);
  const isTaken = moved && taken.data === true;
  const changed = !isNew && before !== after;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={isNew ? `Deploy the ${kind}` : "Deploy a new version"}
      description={isNew ? audience(path) : path}
      width={changed ? "1040px" : "520px"}
      footer={
        <>
          <Button onClick={onClose}>Back to editing</Button>
          <Button
            type="submit"
            form="deploy"
            variant="primary"
            busy={busy}
            disabled={badPath !== null || isTaken}
          >
            {!busy && <Rocket />} {newer ? "Deploy over it" : "Deploy"}
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
        {newer && (
          <p role="alert" className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden />
            <span>
              {newer.by ?? "Somebody"} deployed a newer version <RelativeTime at={newer.at} />, after you
              began.{" "}
              {changed
                ? "It is on the left, and what you wrote on the right takes its place."
                : "It says the same as yours."}
            </span>
          </p>
        )}
        {props.children}
        {isNew && (
          <>
            <Field label="Summary" optional>
              <Input
                value={props.summary}
                onChange={(event) => summarise(event.target.value)}
                placeholder="What it does, in a few words"
                autoFocus
              />
            </Field>
            <PathField
              value={path}
              onValue={(next) => {
                if (splitPath(next).name !== splitPath(path).name) setFollows(false);
                onPath(next);
              }}
              label="Name"
            />
          </>
        )}
        {isTaken && (
          <p role="alert" className="text-sm text-danger">
            There is a {kind} at {path} already. Choose another name.
          </p>
        )}
        <Field label="Message" optional hint="Shown in the list of versions.">
          <Input
            value={message}
            onChange={(event) => setMessage(event.target.value)}
            placeholder={isNew ? "First version" : "What changed"}
            autoFocus={!isNew}
          />
        </Field>
        {changed && (
          <div className="h-[46vh] overflow-hidden rounded-md border border-line">
            <Difference before={before} after={after} language={props.language} error={null} />
          </div>
        )}
        {!isNew && !changed && <p className="text-sm text-muted">{props.unchanged}</p>}
      </form>
    </Dialog>
  );
}
