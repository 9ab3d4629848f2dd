import { useQuery } from "@tanstack/react-query";
import { ChevronRight, File, Folder } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Input } from "@/ui/input";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { bytes } from "@/ui/time";
import { fileLevelQuery, fileSearchQuery } from "./files";

type FilePickerProps = {
  workspace: string;
  onPick: (key: string) => void;
  onClose: () => void;
};

const row = "flex w-full items-center gap-2.5 px-3 py-2 text-left text-sm hover:bg-hover";

/** Chooses one of the files that the workspace has: by its folders, or by a part of its key. */
export function FilePicker({ workspace, onPick, onClose }: FilePickerProps) {
  const [prefix, setPrefix] = useState("");
  const [pages, setPages] = useState<string[]>([]);
  const [search, setSearch] = useState("");
  const searched = useDeferredValue(search.trim());
  const enter = (folder: string) => {
    setPrefix(folder);
    setPages([]);
    setSearch("");
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Choose a file"
      description="Files of this workspace that you may read"
      width="560px"
    >
      <div className="flex flex-col gap-3">
        <Input
          type="search"
          aria-label="Search by key"
          placeholder="Search by key"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        {searched ? (
          <Found workspace={workspace} search={searched} onPick={onPick} />
        ) : (
          <>
            <Trail prefix={prefix} onEnter={enter} />
            <Level
              key={prefix}
              workspace={workspace}
              prefix={prefix}
              page={pages.at(-1) ?? ""}
              onEnter={enter}
              onPick={onPick}
              onNext={(token) => setPages([...pages, token])}
              onBack={pages.length > 0 ? () => setPages(pages.slice(0, -1)) : undefined}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}

/** The folders down to where one is, each to go back to. */
function Trail({ prefix, onEnter }: { prefix: string; onEnter: (folder: string) => void }) {
  const parts = prefix.split("/").filter(Boolean);
  return (
    <nav aria-label="Folder" className="flex flex-wrap items-center gap-1 text-xs">
      <Button size="sm" variant="ghost" onClick={() => onEnter("")}>
        All files
      </Button>
      {parts.map((part, index) => {
        const folder = parts.slice(0, index + 1).join("/");
        return (
          <span key={folder} className="flex items-center gap-1">
            <ChevronRight className="size-3 text-faint" aria-hidden />
            <Button size="sm" variant="ghost" onClick={() => onEnter(folder)}>
              {part}
            </Button>
          </span>
        );
      })}
    </nav>
  );
}

type LevelProps = {
  workspace: string;
  prefix: string;
  page: string;
  onEnter: (folder: string) => void;
  onPick: (key: string) => void;
  onNext: (token: string) => void;
  onBack?: () => void;
};

function Level({ workspace, prefix, page, onEnter, onPick, onNext, onBack }: LevelProps) {
  const found = useQuery(fileLevelQuery(workspace, prefix, page));
  if (found.isPending) return <Skeleton className="h-40" />;
  if (found.isError) return <ErrorState error={found.error} className="py-6" />;
  const { folders, files, next_page_token: next } = found.data;
  if (folders.length + files.length === 0) {
    return (
      <EmptyState icon={Folder} title="No files here" className="py-8">
        Upload one, or let a script write one.
      </EmptyState>
    );
  }
  return (
    <>
      <ul className="divide-y divide-line overflow-hidden rounded-md border border-line">
        {folders.map((folder) => (
          <li key={folder.prefix}>
            <button type="button" className={row} onClick={() => onEnter(folder.prefix.replace(/\/$/, ""))}>
              <Folder className="size-3.5 shrink-0 text-faint" aria-hidden />
              <span className="min-w-0 truncate">{folder.name}</span>
            </button>
          </li>
        ))}
        {files.map((file) => (
          <li key={file.key}>
            <button type="button" className={row} onClick={() => onPick(file.key)}>
              <File className="size-3.5 shrink-0 text-faint" aria-hidden />
              <span className="min-w-0 flex-1 truncate">{file.name}</span>
              <span className="text-xs text-muted tabular-nums">{bytes(file.size)}</span>
            </button>
          </li>
        ))}
      </ul>
      {(next || onBack) && (
        <div className="flex justify-end gap-2">
          <Button size="sm" disabled={!onBack} onClick={onBack}>
            Back
          </Button>
          <Button size="sm" disabled={!next} onClick={() => next && onNext(next)}>
            More
          </Button>
        </div>
      )}
    </>
  );
}

function Found({
  workspace,
  search,
  onPick,
}: {
  workspace: string;
  search: string;
  onPick: (key: string) => void;
}) {
  const found = useQuery(fileSearchQuery(workspace, search));
  if (found.isPending) return <Skeleton className="h-40" />;
  if (found.isError) return <ErrorState error={found.error} className="py-6" />;
  if (found.data.length === 0)
    return (
      <EmptyState icon={File} title="No file found" className="py-8">
        {`No key holds “${search}”.`}
      </EmptyState>
    );
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-md border border-line">
      {found.data.map((key) => (
        <li key={key}>
          <button type="button" className={row} onClick={() => onPick(key)}>
            <File className="size-3.5 shrink-0 text-faint" aria-hidden />
            <span className="min-w-0 truncate font-mono text-xs">{key}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
