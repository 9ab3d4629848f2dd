import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CaseSensitive, FileSearch, WholeWord } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { LanguageIcon } from "@/features/scripts/language";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SearchInput } from "@/ui/input";
import { EmptyState, ErrorState } from "@/ui/states";
import { codeSearchQuery, type FoundCode, type FoundLine } from "./code-search";

function Match({ line, onPick }: { line: FoundLine; onPick: () => void }) {
  const { text, start, end } = line;
  const cut = Math.max(0, start - 60);
  return (
    <button
      type="button"
      onClick={onPick}
      className="flex w-full gap-3 px-3 py-0.5 text-left font-mono text-xs hover:bg-hover focus-visible:bg-hover"
    >
      <span className="w-8 shrink-0 text-right text-faint tabular-nums">{line.line}</span>
      <span className="min-w-0 flex-1 truncate whitespace-pre">
        {cut > 0 && "…"}
        {text.slice(cut, start)}
        <mark className="rounded-sm bg-warning-soft text-warning">{text.slice(start, end)}</mark>
        {text.slice(end)}
      </span>
    </button>
  );
}

function Item({ found, onOpen }: { found: FoundCode; onOpen: (line: number) => void }) {
  return (
    <li className="py-1.5">
      <div className="flex items-center gap-2 px-3 py-1">
        <LanguageIcon language={found.language} className="size-5" />
        <span className="min-w-0 truncate font-mono text-xs font-medium">{found.path}</span>
        {found.step && <Badge>step {found.step}</Badge>}
        {found.summary && <span className="min-w-0 truncate text-xs text-muted">{found.summary}</span>}
        <span className="ml-auto text-2xs text-faint tabular-nums">{found.lines.length}</span>
      </div>
      {found.lines.map((line) => (
        <Match key={line.line} line={line} onPick={() => onOpen(line.line)} />
      ))}
    </li>
  );
}

/** Ctrl+Shift+F: every line of code in the workspace that holds a text. */
export default function CodeSearchDialog({ workspace, onClose }: { workspace: string; onClose: () => void }) {
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [matchCase, setMatchCase] = useState(false);
  const [wholeWord, setWholeWord] = useState(false);
  const typed = useDeferredValue(query);
  const found = useQuery(
    codeSearchQuery(workspace, { query: typed, match_case: matchCase, whole_word: wholeWord }),
  );
  const lines = found.data?.reduce((sum, one) => sum + one.lines.length, 0) ?? 0;
  const open = (one: FoundCode, line: number) => {
    onClose();
    if (one.kind === "script") {
      void navigate({
        to: "/w/$workspace/edit/$",
        params: { workspace, _splat: one.path },
        search: { line },
      });
    } else {
      window.location.assign(`/w/${workspace}/flows/edit/${one.path}${one.step ? `?step=${one.step}` : ""}`);
    }
  };
  const asking = query.trim().length > 1;
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title="Find in code"
      description="Scripts and steps of flows that you may read"
      width="820px"
    >
      <div className="flex flex-col gap-3">
        <div className="flex items-center gap-2">
          <SearchInput label="Text to find" value={query} onValue={setQuery} className="flex-1" autoFocus />
          <Button
            variant={matchCase ? "primary" : "secondary"}
            size="icon"
            aria-label="Match case"
            title="Match case"
            aria-pressed={matchCase}
            onClick={() => setMatchCase(!matchCase)}
          >
            <CaseSensitive />
          </Button>
          <Button
            variant={wholeWord ? "primary" : "secondary"}
            size="icon"
            aria-label="Whole words"
            title="Whole words"
            aria-pressed={wholeWord}
            onClick={() => setWholeWord(!wholeWord)}
          >
            <WholeWord />
          </Button>
        </div>
        {found.isError && <ErrorState error={found.error} />}
        {!asking && (
          <EmptyState icon={FileSearch} title="Type what you look for" className="py-10">
            A name, a path, a piece of a query.
          </EmptyState>
        )}
        {asking && found.data && (
          <>
            <p className="text-xs text-muted" role="status">
              {found.data.length === 0
                ? "Nothing found."
                : `${lines} ${lines === 1 ? "line" : "lines"} in ${found.data.length} ${found.data.length === 1 ? "place" : "places"}`}
            </p>
            <ul className="-mx-3 divide-y divide-line">
              {found.data.map((one) => (
                <Item
                  key={`${one.kind}:${one.path}:${one.step ?? ""}`}
                  found={one}
                  onOpen={(line) => open(one, line)}
                />
              ))}
            </ul>
          </>
        )}
      </div>
    </Dialog>
  );
}
