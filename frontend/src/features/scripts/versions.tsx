import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Script } from "@/api/types";
import { Difference, VersionList } from "@/features/runnables/version-list";
import { ErrorState, Skeleton, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { monacoLanguage } from "./language";
import { scriptByHashQuery, scriptHistoryQuery } from "./scripts";

type Props = { workspace: string; script: Script; canEdit: boolean };

function VersionFacts({ workspace, hash }: { workspace: string; hash: string }) {
  const version = useQuery(scriptByHashQuery(workspace, hash));
  if (!version.data) return <Skeleton className="h-3 w-32" />;
  return (
    <>
      <span>{version.data.created_by}</span>
      <span aria-hidden>·</span>
      <RelativeTime at={version.data.created_at} />
    </>
  );
}

function ScriptDifference({ workspace, script, hash }: { workspace: string; script: Script; hash: string }) {
  const other = useQuery(scriptByHashQuery(workspace, hash));
  return (
    <Difference
      before={other.data?.content}
      after={script.content}
      language={monacoLanguage(script.language)}
      error={other.error}
    />
  );
}

/** The versions of a script. */
export function Versions({ workspace, script, canEdit }: Props) {
  const navigate = useNavigate();
  const history = useQuery(scriptHistoryQuery(workspace, script.path));
  if (history.isPending) return <SkeletonRows rows={4} />;
  if (history.isError) return <ErrorState error={history.error} retry={() => void history.refetch()} />;
  const restore = (version: string) =>
    void navigate({
      to: "/w/$workspace/edit/$",
      params: { workspace, _splat: script.path },
      search: { version },
    });
  return (
    <VersionList
      versions={history.data.map(({ script_hash, deployment_msg }) => ({
        id: script_hash,
        message: deployment_msg,
        isCurrent: script_hash === script.hash,
        facts: <VersionFacts workspace={workspace} hash={script_hash} />,
      }))}
      onRestore={canEdit ? restore : undefined}
      renderDifference={(hash) => <ScriptDifference workspace={workspace} script={script} hash={hash} />}
    />
  );
}
