import type { Script } from "@/api/types";
import { ListRow } from "@/features/runnables/list-row";
import { useStar } from "@/features/runnables/star";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { LanguageIcon } from "./language";
import { archiveScript } from "./scripts";

/** A script in the list of what can be run. */
export function ScriptRow({ script, develop }: { script: Script; develop: boolean }) {
  const workspace = useWorkspace();
  const star = useStar(workspace, "script");
  const archive = useChange({
    run: () => archiveScript(workspace, script.path),
    done: () => ["Script archived", script.path],
    touches: [["w", workspace, "scripts"]],
  });
  const isLibrary = script.auto_kind === "lib";
  return (
    <ListRow
      kind="script"
      item={script}
      icon={<LanguageIcon language={script.language} />}
      by={script.created_by}
      at={script.created_at}
      develop={develop}
      canRun={!isLibrary}
      badges={
        <>
          {isLibrary && <Badge>Library</Badge>}
          {script.dedicated_worker && <Badge tone="accent">Warm</Badge>}
        </>
      }
      onStar={(starred) => star.mutate({ path: script.path, starred })}
      onArchive={() => archive.mutate()}
    />
  );
}
