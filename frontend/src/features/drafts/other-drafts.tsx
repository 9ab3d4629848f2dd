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
import { Tooltip } from "@/ui/tooltip";
import { authorsBeside, type DraftKind, draftsQuery } from "./drafts";

const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type OtherDraftsProps = {
  workspace: string;
  kind: DraftKind;
  path: string;
  me: string | undefined;
  /** The text of what is in the editor, to compare with. */
  mine: () => string;
  /** The text of a stored draft; null where it cannot be read. */
  textOf: (value: unknown) => string | null;
  language: string;
  /** Takes a stored draft into the editor. */
  onTake: (value: unknown) => void;
};

/** A button that appears when other people have drafts of the item, and leads to what they wrote. */
export function OtherDrafts(props: OtherDraftsProps) {
  const { workspace, kind, path, me, mine, textOf, language, onTake } = props;
  const drafts = useQuery(draftsQuery(workspace));
  const authors = authorsBeside(drafts.data, kind, path, me);
  const [author, setAuthor] = useState<string | null>(null);
  const draft = useQuery({
    queryKey: ["w", workspace, "drafts", kind, path, author],
    queryFn: ({ signal }) =>
      get<Draft>(`/w/${workspace}/drafts/get/${kind}/${pathOf(path)}`, { username: author }, signal),
    enabled: author !== null,
    staleTime: 0,
  });
  if (authors.length === 0) return null;
  const stored = draft.data?.value;
  const text = stored === undefined ? undefined : textOf(stored);
  const names = authors.join(", ");
  const told = `${authors.length} ${authors.length === 1 ? "draft" : "drafts"} of others: ${names}`;
  return (
    <>
      <Tooltip text={told}>
        <Button
          variant="ghost"
          className="px-2"
          aria-label={told}
          onClick={() => setAuthor(authors[0] ?? null)}
        >
          <Users /> <span className="tabular-nums">{authors.length}</span>
        </Button>
      </Tooltip>
      <Dialog
        open={author !== null}
        onOpenChange={(open) => !open && setAuthor(null)}
        title="Drafts of others"
        description={path}
        width="1080px"
        footer={
          <Button
            disabled={!text}
            onClick={() => {
              onTake(stored);
              setAuthor(null);
            }}
          >
            Take this into my draft
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
          {text === null && (
            <p className="text-sm text-muted">
              This draft was written by another client and cannot be shown.
            </p>
          )}
          <div className="min-h-0 flex-1 overflow-hidden rounded-md border border-line">
            <Suspense fallback={<Skeleton className="h-full" />}>
              {text && author !== null && (
                <DiffEditor before={mine()} after={text} language={language} label={`Draft of ${author}`} />
              )}
            </Suspense>
          </div>
        </div>
      </Dialog>
    </>
  );
}
