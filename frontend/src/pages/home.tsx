import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import {
  Code2,
  Ellipsis,
  FilterX,
  Folder,
  PencilLine,
  Plus,
  SquareTerminal,
  Star,
  Trash2,
  Workflow,
} from "lucide-react";
import { useDeferredValue, useMemo } from "react";
import type { Script } from "@/api/types";
import { authorsBeside, draftsQuery, dropDraft, type ListedDraft } from "@/features/drafts/drafts";
import { FlowIcon, FlowRow } from "@/features/flows/flow-row";
import { type Flow, flowsQuery } from "@/features/flows/flows";
import { LanguageIcon, useLanguages } from "@/features/scripts/language";
import { filterScripts, ownerOf, owners } from "@/features/scripts/script-list";
import { ScriptRow } from "@/features/scripts/script-row";
import { scriptsQuery } from "@/features/scripts/scripts";
import { templatesIn } from "@/features/scripts/templates";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { SearchInput } from "@/ui/input";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/menu";
import { Card, CardHeader, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { RelativeTime } from "@/ui/time";

export type HomeSearch = {
  q?: string;
  owner?: string;
  lang?: string;
  starred?: boolean;
  archived?: boolean;
  libraries?: boolean;
  kind?: "script" | "flow";
};

function NewScriptButton() {
  const workspace = useWorkspace();
  const languages = useLanguages();
  const navigate = useNavigate();
  return (
    <div className="flex">
      <Button variant="primary" asChild className="rounded-r-none">
        <Link to="/w/$workspace/scripts/new" params={{ workspace }}>
          <Plus /> New script
        </Link>
      </Button>
      <Menu>
        <MenuTrigger asChild>
          <Button
            variant="primary"
            size="icon"
            aria-label="Choose a template"
            className="rounded-l-none border-l border-white/25"
          >
            <Code2 />
          </Button>
        </MenuTrigger>
        <MenuContent className="thin-scroll max-h-[70vh] w-72 overflow-y-auto">
          {templatesIn(languages).map((template) => (
            <MenuItem
              key={template.id}
              asChild
              onSelect={() =>
                void navigate({
                  to: "/w/$workspace/scripts/new",
                  params: { workspace },
                  search: { template: template.id },
                })
              }
            >
              <div>
                <LanguageIcon language={template.language} />
                <span className="min-w-0">
                  <span className="block text-sm">{template.title}</span>
                  <span className="block truncate text-xs text-muted">{template.summary}</span>
                </span>
              </div>
            </MenuItem>
          ))}
        </MenuContent>
      </Menu>
    </div>
  );
}

/** What was begun and never deployed. */
function Drafts({ drafts }: { drafts: readonly ListedDraft[] }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const drop = useChange({
    run: (draft: ListedDraft) => dropDraft(workspace, draft.path, draft.kind === "flow" ? "flow" : "script"),
    after: () => client.invalidateQueries({ queryKey: ["w", workspace, "drafts", "list"] }),
  });
  return (
    <Card className="mt-4">
      <CardHeader title="Your drafts">Saved while you write; nobody else runs them.</CardHeader>
      <ul className="divide-y divide-line">
        {drafts.map((draft) => (
          <li
            key={`${draft.kind}:${draft.path}`}
            className="group relative flex items-center gap-3 px-4 py-2 hover:bg-hover/60"
          >
            {draft.kind === "flow" ? (
              <FlowIcon />
            ) : (
              <PencilLine className="mx-1.5 size-3.5 shrink-0 text-faint" aria-hidden />
            )}
            <div className="min-w-0 flex-1">
              <Link
                to={draft.kind === "flow" ? "/w/$workspace/flows/add" : "/w/$workspace/scripts/new"}
                params={{ workspace }}
                search={{ draft: draft.path }}
                className="block truncate text-sm font-medium outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
              >
                {draft.summary || draft.path.split("/").slice(2).join("/")}
              </Link>
              <div className="truncate font-mono text-xs text-faint">{draft.path}</div>
            </div>
            <RelativeTime at={draft.created_at} className="text-xs text-muted" />
            <Button
              variant="ghost"
              size="icon-sm"
              className="relative z-10"
              aria-label={`Discard the draft ${draft.path}`}
              onClick={async () => {
                const yes = await confirm({
                  title: "Discard this draft?",
                  body: "It was never deployed; what is in it is lost.",
                  action: "Discard",
                  otherwise: "Keep the draft",
                });
                if (yes) drop.mutate(draft);
              }}
            >
              <Trash2 />
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function FirstSteps() {
  const workspace = useWorkspace();
  const languages = useLanguages();
  return (
    <div className="px-6 py-10">
      <div className="mx-auto max-w-xl text-center">
        <div className="mx-auto mb-3 flex size-10 items-center justify-center rounded-lg border border-line bg-sunken">
          <SquareTerminal className="size-4.5 text-faint" />
        </div>
        <h3 className="text-base font-semibold">Write your first script</h3>
        <p className="mt-1 text-sm text-muted text-pretty">
          Its arguments become a form, what it imports is installed, what it returns becomes a table, chart or
          file. Those you share it with run it from here, by webhook or from their own scripts.
        </p>
      </div>
      <div className="mx-auto mt-6 grid max-w-2xl gap-3 sm:grid-cols-2">
        {templatesIn(languages)
          .slice(0, 6)
          .map((template) => (
            <Link
              key={template.id}
              to="/w/$workspace/scripts/new"
              params={{ workspace }}
              search={{ template: template.id }}
              className="flex items-center gap-3 rounded-lg border border-line bg-surface p-3 text-left shadow-card transition-colors hover:border-line-strong hover:bg-hover/50"
            >
              <LanguageIcon language={template.language} className="size-8" />
              <span className="min-w-0">
                <span className="block font-medium">{template.title}</span>
                <span className="block truncate text-xs text-muted">{template.summary}</span>
              </span>
            </Link>
          ))}
      </div>
    </div>
  );
}

/** The flows that pass the filter; a language leaves none, because a flow has several. */
function filterFlows(flows: readonly Flow[], filter: HomeSearch, words: string): Flow[] {
  if (filter.lang) return [];
  const wanted = words.toLowerCase().split(/\s+/);
  return flows.filter((flow) => {
    const text = `${flow.path} ${flow.summary} ${flow.description ?? ""}`.toLowerCase();
    return (
      (!filter.owner || ownerOf(flow.path) === filter.owner) &&
      (!filter.starred || flow.starred) &&
      wanted.every((word) => text.includes(word))
    );
  });
}

type Row = { kind: "script"; script: Script } | { kind: "flow"; flow: Flow };

/** Scripts and flows in one list: starred ones first, then what was deployed last. */
function mergeRows(scripts: readonly Script[], flows: readonly Flow[]): Row[] {
  const rows: { row: Row; starred: boolean; at: string }[] = [
    ...scripts.map((script) => ({
      row: { kind: "script" as const, script },
      starred: Boolean(script.starred),
      at: script.created_at,
    })),
    ...flows.map((flow) => ({
      row: { kind: "flow" as const, flow },
      starred: Boolean(flow.starred),
      at: flow.edited_at ?? "",
    })),
  ];
  rows.sort((a, b) => Number(b.starred) - Number(a.starred) || b.at.localeCompare(a.at));
  return rows.map(({ row }) => row);
}

export default function HomePage() {
  const languages = useLanguages();
  const workspace = useWorkspace();
  const search = useSearch({ strict: false }) as HomeSearch;
  const navigate = useNavigate();
  const member = useMember();
  const develop = useCanDevelop();
  const set = (change: Partial<HomeSearch>) =>
    void navigate({
      to: "/w/$workspace",
      params: { workspace },
      search: { ...search, ...change },
      replace: true,
    });
  const list = useQuery(scriptsQuery(workspace, { archived: search.archived, libraries: search.libraries }));
  const drafts = useQuery({ ...draftsQuery(workspace), enabled: develop });
  const own = (drafts.data ?? []).filter((draft) => draft.mine);
  const undeployed = own.filter(
    (draft) => draft.draft_only && (draft.kind === "script" || draft.kind === "flow"),
  );
  const isDrafted = (kind: string, path: string) =>
    own.some((draft) => !draft.draft_only && draft.kind === kind && draft.path === path);
  const words = useDeferredValue(search.q ?? "");
  const shown = useMemo(
    () =>
      filterScripts(list.data ?? [], {
        search: words,
        owner: search.owner ?? "",
        language: search.lang ?? "",
        starred: Boolean(search.starred),
      }),
    [list.data, words, search.owner, search.lang, search.starred],
  );
  const flows = useQuery(flowsQuery(workspace, { archived: search.archived }));
  // One list on the page, so one state: half of it would look like all there is.
  const lists = [list, flows];
  const pending = lists.some(({ isPending }) => isPending);
  const failed = lists.find(({ isError, data }) => isError && !data);
  const shownFlows = useMemo(() => filterFlows(flows.data ?? [], search, words), [flows.data, search, words]);
  const known = useMemo(
    () => owners([...(list.data ?? []), ...((flows.data ?? []) as never[])], member?.username),
    [list.data, flows.data, member?.username],
  );
  const rows = useMemo(
    () => mergeRows(search.kind === "flow" ? [] : shown, search.kind === "script" ? [] : shownFlows),
    [shown, shownFlows, search.kind],
  );
  const filtered = Boolean(search.q || search.owner || search.lang || search.starred || search.kind);
  const none = list.data?.length === 0 && flows.data?.length === 0 && !filtered && !search.archived;

  return (
    <Page
      title="Home"
      description="Everything you can run in this workspace."
      actions={
        develop && (
          <>
            <Button asChild>
              <Link to="/w/$workspace/flows/add" params={{ workspace }}>
                <Workflow /> New flow
              </Link>
            </Button>
            <NewScriptButton />
          </>
        )
      }
    >
      {!none && (
        <div className="mb-3 flex flex-wrap items-center gap-2">
          <SearchInput
            label="Search"
            value={search.q ?? ""}
            onValue={(q) => set({ q: q || undefined })}
            className="min-w-52 flex-1 sm:max-w-80"
          />
          <Segmented
            label="Kind"
            value={search.kind ?? "all"}
            onValue={(kind) => set({ kind: kind === "all" ? undefined : kind })}
            options={[
              { value: "all", label: "All" },
              { value: "script", label: "Scripts" },
              { value: "flow", label: "Flows" },
            ]}
          />
          <Select
            aria-label="Language"
            value={search.lang ?? ""}
            onValue={(lang) => set({ lang: lang || undefined })}
            options={[{ value: "", label: "Any language" }, ...languages]}
            className="w-36"
          />
          <Button
            variant={search.starred ? "secondary" : "ghost"}
            aria-pressed={Boolean(search.starred)}
            onClick={() => set({ starred: search.starred ? undefined : true })}
          >
            <Star className={cn(search.starred && "fill-warning-solid text-warning-solid")} /> Starred
          </Button>
          <Menu>
            <MenuTrigger asChild>
              <Button variant="ghost" size="icon" aria-label="More filters">
                <Ellipsis />
              </Button>
            </MenuTrigger>
            <MenuContent>
              <MenuItem onSelect={() => set({ archived: search.archived ? undefined : true })}>
                {search.archived ? "Hide what is archived" : "Show what is archived"}
              </MenuItem>
              <MenuItem onSelect={() => set({ libraries: search.libraries ? undefined : true })}>
                {search.libraries ? "Hide libraries" : "Show libraries (no main)"}
              </MenuItem>
            </MenuContent>
          </Menu>
        </div>
      )}
      {known.length > 1 && (
        <div className="thin-scroll -mx-1 mb-3 flex gap-1.5 overflow-x-auto px-1 py-0.5 [scrollbar-width:none]">
          {["", ...known].map((owner) => (
            <button
              key={owner || "all"}
              type="button"
              aria-pressed={(search.owner ?? "") === owner}
              onClick={() => set({ owner: owner || undefined })}
              className={cn(
                "flex h-6 shrink-0 items-center gap-1.5 rounded-full border border-line bg-surface px-2.5 text-xs text-muted hover:border-line-strong hover:text-text",
                (search.owner ?? "") === owner && "border-accent/50 bg-accent-soft text-accent-text",
              )}
            >
              {owner.startsWith("f/") && <Folder className="size-3" aria-hidden />}
              {owner || "All"}
            </button>
          ))}
        </div>
      )}
      <Card>
        {pending && !failed && <SkeletonRows />}
        {failed && (
          <ErrorState
            error={failed.error}
            retry={() => {
              for (const one of lists) if (one.isError) void one.refetch();
            }}
          />
        )}
        {none &&
          (develop ? (
            <FirstSteps />
          ) : (
            <EmptyState icon={SquareTerminal} title="Nothing to run yet">
              Scripts that are shared with you will appear here.
            </EmptyState>
          ))}
        {!pending && !failed && !none && rows.length === 0 && (
          <EmptyState
            icon={FilterX}
            title="Nothing matches"
            action={
              <Button
                onClick={() => void navigate({ to: "/w/$workspace", params: { workspace }, search: {} })}
              >
                Clear filters
              </Button>
            }
          >
            Try another word or remove a filter.
          </EmptyState>
        )}
        {!pending && !failed && rows.length > 0 && (
          <ul className="divide-y divide-line">
            {rows.map((row) =>
              row.kind === "script" ? (
                <ScriptRow
                  key={row.script.path + row.script.hash}
                  script={
                    isDrafted("script", row.script.path) ? { ...row.script, is_draft: true } : row.script
                  }
                  othersDrafting={authorsBeside(drafts.data, "script", row.script.path, member?.username)}
                  develop={develop}
                />
              ) : (
                <FlowRow
                  key={`flow:${row.flow.path}`}
                  flow={isDrafted("flow", row.flow.path) ? { ...row.flow, is_draft: true } : row.flow}
                  othersDrafting={authorsBeside(drafts.data, "flow", row.flow.path, member?.username)}
                  develop={develop}
                />
              ),
            )}
          </ul>
        )}
      </Card>
      {!pending && !failed && rows.length > 0 && (
        <p className="mt-2 px-1 text-xs text-faint">
          {rows.length} {rows.length === 1 ? "item" : "items"}
        </p>
      )}
      {undeployed.length > 0 && !filtered && <Drafts drafts={undeployed} />}
    </Page>
  );
}
