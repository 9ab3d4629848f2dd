import type { Script } from "@/api/types";
import { DraftedBadge } from "@/features/drafts/drafted-badge";
import { ListRow } from "@/features/runnables/list-row";
import { useStar } from "@/features/runnables/star";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { useChange } from "@/ui/change";
import { LanguageIcon } from "./language";
import { archiveScript } from "./scripts";

type Props = { script: Script; othersDrafting: readonly string[]; develop: boolean };

/** A script in the list of what can be run. */
export function ScriptRow({ script, othersDrafting, develop }: Props) {
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
          <DraftedBadge authors={othersDrafting} />
          {isLibrary && <Badge>Library</Badge>}
          {script.dedicated_worker && <Badge tone="accent">Warm</Badge>}
        </>
      }
      onStar={(starred) => star.mutate({ path: script.path, starred })}
      onArchive={() => archive.mutate()}
    />
  );
}
