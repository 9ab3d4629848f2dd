import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Script } from "@/api/types";
import { ListRow } from "@/features/runnables/list-row";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { tellDone, tellError } from "@/ui/toast";
import { LanguageIcon } from "./language";
import { archiveScript, useStar } from "./scripts";

/** A script in the list of what can be run. */
export function ScriptRow({ script, develop }: { script: Script; develop: boolean }) {
  const workspace = useWorkspace();
  const star = useStar(workspace);
  const client = useQueryClient();
  const archive = useMutation({
    mutationFn: () => archiveScript(workspace, script.path),
    onSuccess: () => {
      tellDone("Script archived", script.path);
      void client.invalidateQueries({ queryKey: ["w", workspace, "scripts"] });
    },
    onError: tellError,
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
