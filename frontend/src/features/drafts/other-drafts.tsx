import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { get, pathOf } from "@/api/client";
import type { Draft } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { ErrorState, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { RelativeTime } from "@/ui/time";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type Listed = { kind: string; path: string; draft_users: { username: string }[] };

/** Who else has a draft of an item, as far as the caller may see them. */
function useDraftAuthors(workspace: string, kind: string, path: string, me: string | undefined): string[] {
  const list = useQuery({
    queryKey: ["w", workspace, "drafts", "of-all"],
    queryFn: ({ signal }) => get<Listed[]>(`/w/${workspace}/drafts/list`, { all_users: true }, signal),
    staleTime: 10_000,
    retry: false,
  });
  const found = list.data?.find((draft) => draft.kind === kind && draft.path === path);
  return (found?.draft_users ?? []).map((user) => user.username).filter((user) => user !== me);
}

type OtherDraftsProps = {
  workspace: string;
  path: string;
  me: string | undefined;
  /** What is in the editor, to compare with. */
  code: () => string;
  language: string;
  onTake: (code: string) => void;
};

/** A button that appears when other people have drafts of the script, and leads to what they wrote. */
export function OtherDrafts({ workspace, path, me, code, language, onTake }: OtherDraftsProps) {
  const authors = useDraftAuthors(workspace, "script", path, me);
  const [author, setAuthor] = useState<string | null>(null);
  const draft = useQuery({
    queryKey: ["w", workspace, "drafts", "script", path, author],
    queryFn: ({ signal }) =>
      get<Draft & { value: { content?: string } }>(
        `/w/${workspace}/drafts/get/script/${pathOf(path)}`,
        { username: author },
        signal,
      ),
    enabled: author !== null,
    staleTime: 0,
  });
  if (authors.length === 0) return null;
  const content = draft.data?.value.content;
  return (
    <>
      <Button
        variant="ghost"
        onClick={() => setAuthor(authors[0] ?? null)}
        title={`Drafts of ${authors.join(", ")}`}
      >
        <Users /> <span className="tabular-nums">{authors.length}</span>
        <span className="sr-only">other drafts</span>
      </Button>
      <Dialog
        open={author !== null}
        onOpenChange={(open) => !open && setAuthor(null)}
        title="Drafts of others"
        description={path}
        width="1080px"
        footer={
          <Button
            disabled={!content}
            onClick={() => {
              if (content) onTake(content);
              setAuthor(null);
            }}
          >
            Take this code into my draft
          </Button>
        }
      >
        <div className="flex h-[60vh] flex-col gap-3">
          <div className="flex items-center gap-3">
            <Segmented
              label="Whose draft"
              value={author ?? ""}
              onValue={setAuthor}
              options={authors.map((name) => ({ value: name, label: name }))}
            />
            {draft.data && (
              <span className="text-xs text-muted">
                saved <RelativeTime at={draft.data.created_at} />; yours is on the left
              </span>
            )}
          </div>
          {draft.isError && <ErrorState error={draft.error} />}
          <div className="min-h-0 flex-1 overflow-hidden rounded-md border border-line">
            <Suspense fallback={<Skeleton className="h-full" />}>
              {content !== undefined && author !== null && (
                <DiffEditor
                  before={code()}
                  after={content}
                  language={language}
                  label={`Draft of ${author}`}
                />
              )}
            </Suspense>
          </div>
        </div>
      </Dialog>
    </>
  );
}
