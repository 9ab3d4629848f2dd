import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Braces, Code2, FileInput, KeyRound, Lock, Play, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import { resourcesQuery } from "@/features/resources/resources";
import { orderedNames } from "@/features/schema-form/kind";
import { variablesQuery } from "@/features/variables/variables";
import { Button } from "@/ui/button";
import { SearchInput } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { LanguageIcon, languageLabel } from "./language";
import { scriptQuery, scriptsQuery } from "./scripts";
import { attaches, importOf, type Snippet, type SnippetKind, snippet } from "./snippets";

type InsertPanelProps = {
  workspace: string;
  language: string;
  onInsert: (what: Snippet) => void;
  onClose: () => void;
};

type Section = "variables" | "resources" | "scripts" | "snippets";

const SECTIONS: readonly { value: Section; label: string }[] = [
  { value: "variables", label: "Variables" },
  { value: "resources", label: "Resources" },
  { value: "scripts", label: "Scripts" },
  { value: "snippets", label: "Snippets" },
];

const READY: readonly { what: SnippetKind; title: string; hint: string }[] = [
  { what: { kind: "state" }, title: "Read and keep state", hint: "What the last run left for the next" },
  { what: { kind: "progress" }, title: "Show progress", hint: "A bar on the run’s page" },
  { what: { kind: "log" }, title: "Write to the log", hint: "Seen while it runs" },
];

/** What is said where a language cannot do it: queries and documents run in another server. */
const NOT_SPOKEN: Record<Section, string> = {
  variables: "cannot read variables while it runs. Take them as arguments: the form offers variables.",
  resources: "cannot read resources while it runs. Take them as arguments: the form offers resources.",
  scripts: "cannot start other scripts. A flow can run it before or after them.",
  snippets: "has no ready pieces: state, progress and the log belong to scripts that run as programs.",
};

function Row({
  icon,
  title,
  hint,
  onPick,
  action,
}: {
  icon: ReactNode;
  title: ReactNode;
  hint?: ReactNode;
  onPick: (() => void) | null;
  action?: ReactNode;
}) {
  return (
    <li className="group flex items-center hover:bg-hover/60">
      <button
        type="button"
        disabled={onPick === null}
        onClick={onPick ?? undefined}
        className="flex min-w-0 flex-1 items-center gap-2.5 px-3 py-1.5 text-left disabled:opacity-60 [&>svg]:size-3.5 [&>svg]:shrink-0 [&>svg]:text-faint"
      >
        {icon}
        <span className="min-w-0 flex-1">
          <span className="block truncate font-mono text-xs">{title}</span>
          {hint && <span className="block truncate text-2xs text-muted">{hint}</span>}
        </span>
      </button>
      {action}
    </li>
  );
}

function Empty({ children }: { children: ReactNode }) {
  return <p className="px-3 py-6 text-center text-xs text-muted">{children}</p>;
}

/** Beside the code: variables, resources, other scripts and ready pieces, put in where the cursor is. */
export function InsertPanel({ workspace, language, onInsert, onClose }: InsertPanelProps) {
  const [section, setSection] = useState<Section>("variables");
  const [search, setSearch] = useState("");
  const client = useQueryClient();
  const variables = useQuery({ ...variablesQuery(workspace), enabled: section === "variables" });
  const resources = useQuery({
    ...resourcesQuery(workspace, { exclude: "state,cache" }),
    enabled: section === "resources",
  });
  const scripts = useQuery({
    ...scriptsQuery(workspace, { libraries: true }),
    enabled: section === "scripts",
  });
  const words = search.toLowerCase().split(/\s+/);
  const fits = (text: string) => words.every((word) => text.toLowerCase().includes(word));
  const pick = (what: SnippetKind) => {
    const made = snippet(language, what);
    return made ? () => onInsert(made) : null;
  };
  const call = async (path: string) => {
    const script = await client.fetchQuery(scriptQuery(workspace, path));
    const made = snippet(language, { kind: "script", path, args: orderedNames(script.schema ?? {}) });
    if (made) onInsert(made);
  };
  const speaks: Record<Section, boolean> = {
    variables: snippet(language, { kind: "variable", path: "" }) !== null,
    resources: attaches(language) || snippet(language, { kind: "resource", path: "" }) !== null,
    scripts: snippet(language, { kind: "script", path: "", args: [] }) !== null,
    snippets: READY.some(({ what }) => snippet(language, what) !== null),
  };
  const fitting = resources.data?.filter(
    ({ path, resource_type: type }) => snippet(language, { kind: "resource", path, type }) !== null,
  );
  const pending = { variables, resources, scripts, snippets: null }[section]?.isPending;
  return (
    <section
      aria-label="Insert"
      className="flex min-h-0 w-80 shrink-0 flex-col border-l border-line bg-surface"
    >
      <header className="flex flex-col gap-2 border-b border-line p-2.5">
        <div className="flex items-center justify-between">
          <h2 className="text-sm font-semibold">Insert</h2>
          <Button variant="ghost" size="icon-sm" aria-label="Close the side panel" onClick={onClose}>
            <X />
          </Button>
        </div>
        <Segmented label="What to insert" value={section} onValue={setSection} options={SECTIONS} />
        <SearchInput label="Filter" value={search} onValue={setSearch} />
      </header>
      <ul className="thin-scroll min-h-0 flex-1 overflow-y-auto py-1">
        {!speaks[section] && (
          <Empty>
            {languageLabel(language)} {NOT_SPOKEN[section]}
          </Empty>
        )}
        {speaks[section] && pending && <Skeleton className="m-3 h-24" />}
        {section === "variables" &&
          speaks.variables &&
          variables.data
            ?.filter((variable) => fits(variable.path))
            .map((variable) => (
              <Row
                key={variable.path}
                icon={variable.is_secret ? <Lock aria-label="secret" /> : <KeyRound aria-hidden />}
                title={variable.path}
                hint={variable.description}
                onPick={pick({ kind: "variable", path: variable.path })}
              />
            ))}
        {section === "variables" && speaks.variables && variables.data?.length === 0 && (
          <Empty>
            There are no variables yet.{" "}
            <Link
              to="/w/$workspace/variables"
              params={{ workspace }}
              className="text-accent-text hover:underline"
            >
              Make one
            </Link>{" "}
            to keep addresses and keys out of the code.
          </Empty>
        )}
        {section === "resources" &&
          speaks.resources &&
          fitting
            ?.filter((resource) => fits(`${resource.path} ${resource.resource_type}`))
            .map((resource) => (
              <Row
                key={resource.path}
                icon={<Braces aria-hidden />}
                title={resource.path}
                hint={resource.resource_type}
                onPick={pick({ kind: "resource", path: resource.path, type: resource.resource_type })}
              />
            ))}
        {section === "resources" && speaks.resources && fitting?.length === 0 && (
          <Empty>
            {resources.data?.length
              ? `There is no resource that ${languageLabel(language)} can use here.`
              : "There are no resources yet."}{" "}
            <Link
              to="/w/$workspace/resources"
              params={{ workspace }}
              className="text-accent-text hover:underline"
            >
              Make one
            </Link>{" "}
            to reach databases and other services.
          </Empty>
        )}
        {section === "scripts" &&
          speaks.scripts &&
          scripts.data
            ?.filter((script) => fits(`${script.path} ${script.summary}`))
            .map((script) => {
              const imported = script.language === language ? importOf(language, script.path) : null;
              return (
                <Row
                  key={script.path}
                  icon={<LanguageIcon language={script.language} className="size-5" />}
                  title={script.path}
                  hint={script.summary}
                  onPick={() => void call(script.path)}
                  action={
                    imported && (
                      <Button
                        variant="ghost"
                        size="icon-sm"
                        className="mr-1.5 opacity-0 focus-visible:opacity-100 group-hover:opacity-100"
                        aria-label={`Import ${script.path}`}
                        title="Import it instead of running it"
                        onClick={() => onInsert(imported)}
                      >
                        <FileInput />
                      </Button>
                    )
                  }
                />
              );
            })}
        {section === "scripts" && speaks.scripts && scripts.data?.length === 0 && (
          <Empty>There are no scripts yet.</Empty>
        )}
        {section === "snippets" &&
          speaks.snippets &&
          READY.filter(({ what }) => snippet(language, what)).map(({ what, title, hint }) => (
            <Row
              key={what.kind}
              icon={what.kind === "progress" ? <Play aria-hidden /> : <Code2 aria-hidden />}
              title={title}
              hint={hint}
              onPick={pick(what)}
            />
          ))}
      </ul>
    </section>
  );
}
