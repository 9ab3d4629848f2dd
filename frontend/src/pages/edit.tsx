import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ShieldX, TriangleAlert } from "lucide-react";
import { lazy, Suspense, startTransition, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { isStatus } from "@/api/client";
import type { Args, Schema, Script } from "@/api/types";
import { draftQuery } from "@/features/drafts/drafts";
import { OtherDrafts } from "@/features/drafts/other-drafts";
import { useAutosave } from "@/features/drafts/use-autosave";
import type { EditorHandle, Marker } from "@/features/editor/code-editor";
import { runPreview } from "@/features/jobs/jobs";
import { pathProblem } from "@/features/paths/path";
import { DeployDialog } from "@/features/runnables/deploy-dialog";
import { keepEdits } from "@/features/schema-form/edits";
import { defaultScriptsQuery } from "@/features/scripts/default-scripts";
import { DraftBanner } from "@/features/scripts/draft-banner";
import { EditHeader } from "@/features/scripts/edit-header";
import { InsertPanel } from "@/features/scripts/insert-panel";
import { monacoLanguage } from "@/features/scripts/language";
import {
  draftOf,
  newDraft,
  readStored,
  type ScriptDraft,
  toNewScript,
} from "@/features/scripts/script-draft";
import { createScript, scriptByHashQuery, scriptExists, scriptQuery } from "@/features/scripts/scripts";
import { SettingsDrawer } from "@/features/scripts/settings-drawer";
import { defaultCode, isUntouched, TEMPLATES } from "@/features/scripts/templates";
import { TestPanel } from "@/features/scripts/test-panel";
import { useInference } from "@/features/scripts/use-inference";
import { useCanDevelop, useMember, useWorkspace } from "@/features/session/session";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Split } from "@/ui/split";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";

// Asked for as soon as this page is, not when the script has been read.
const codeEditor = import("@/features/editor/code-editor");
const CodeEditor = lazy(() => codeEditor);
const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));

type EditSearch = { template?: string; from?: string; version?: string; draft?: string; line?: number };
type Start = { draft: ScriptDraft; content: string; deployed: Script | null; savedAt: string | null };

/** Loads what the editor starts from: the deployed version, a draft of it, another version or a template. */
export default function EditPage() {
  const workspace = useWorkspace();
  const { _splat } = useParams({ strict: false }) as { _splat?: string };
  const search = useSearch({ strict: false }) as EditSearch;
  const member = useMember();
  const develop = useCanDevelop();
  const path = _splat ?? search.draft;
  // A new script has a draft at most; only an address of a script asks for a deployed version.
  const source = search.from ?? _splat;
  const script = useQuery({ ...scriptQuery(workspace, source ?? ""), enabled: Boolean(source) });
  const version = useQuery({
    ...scriptByHashQuery(workspace, search.version ?? ""),
    enabled: Boolean(search.version),
  });
  const draft = useQuery({ ...draftQuery(workspace, path ?? ""), enabled: Boolean(path) });
  const begins = useQuery(defaultScriptsQuery(workspace));
  // The first complete answer starts the editor; later ones must not replace what is being typed.
  const started = useRef<{ key: string; start: Start } | null>(null);
  const key = `${workspace}:${_splat ?? "new"}:${search.from ?? ""}:${search.template ?? ""}:${search.version ?? ""}`;

  const missing = isStatus(script.error, 404);
  const waiting =
    !member ||
    begins.isPending ||
    (source !== undefined && script.isPending) ||
    (path !== undefined && draft.isPending) ||
    (search.version !== undefined && version.isPending);
  if (member && !develop) {
    return (
      <EmptyState icon={ShieldX} title="You may run scripts here, not write them" className="pt-32">
        Ask an administrator of the workspace if you need to.
      </EmptyState>
    );
  }
  if (script.isError && !missing) {
    return <ErrorState error={script.error} retry={() => void script.refetch()} className="pt-32" />;
  }
  if (version.isError) return <ErrorState error={version.error} className="pt-32" />;
  if (draft.isError)
    return <ErrorState error={draft.error} retry={() => void draft.refetch()} className="pt-32" />;
  if (waiting && started.current?.key !== key) {
    return (
      <div className="flex h-full flex-col gap-3 p-4" role="status" aria-label="Loading">
        <Skeleton className="h-9" />
        <Skeleton className="flex-1" />
      </div>
    );
  }
  if (started.current?.key !== key) {
    const deployed = search.from ? null : (script.data ?? null);
    const stored = search.version ? null : readStored(draft.data?.value);
    const template = TEMPLATES.find((known) => known.id === search.template) ?? TEMPLATES[0];
    const first = search.template ? undefined : begins.data?.order?.[0];
    const fresh = newDraft(
      member?.username ?? "",
      script.data?.language ?? first ?? template?.language ?? "python3",
    );
    let start: Start;
    if (stored) {
      const { content, ...rest } = stored;
      start = { draft: rest, content, deployed, savedAt: draft.data?.created_at ?? null };
    } else if (search.from && script.data) {
      const { parent_hash: _parent, ...copied } = draftOf(script.data);
      start = {
        draft: { ...copied, path: `${script.data.path}_copy` },
        content: script.data.content,
        deployed: null,
        savedAt: null,
      };
    } else if (deployed) {
      start = {
        draft: draftOf(deployed),
        content: version.data?.content ?? deployed.content,
        deployed,
        savedAt: null,
      };
    } else {
      start = {
        draft: _splat ? { ...fresh, path: _splat } : fresh,
        content:
          search.template && template
            ? template.code
            : (begins.data?.default_script_content?.[fresh.language] ?? defaultCode(fresh.language)),
        deployed: null,
        savedAt: null,
      };
    }
    started.current = { key, start };
  }
  return <Editor key={key} start={started.current.start} isNew={!_splat} />;
}

/** How long typing rests before the form and the checks beside the code look at it. */
const TYPING_PAUSE_MS = 250;

/** The resource that a query asks: the one named in its first comments, else the one chosen in the form. */
function databaseOf(code: string, args: Args): string | null {
  const named = /^\s*(?:--|#)\s*database\s+(\S+)/m.exec(code)?.[1];
  if (named) return named.replace(/^\$res:/, "");
  return typeof args.database === "string" && args.database.startsWith("$res:")
    ? args.database.slice("$res:".length)
    : null;
}

function Editor({ start, isNew }: { start: Start; isNew: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const confirm = useConfirm();
  const member = useMember();
  const begins = useQuery(defaultScriptsQuery(workspace));
  const [draft, setDraft] = useState(start.draft);
  const [deployed] = useState(start.deployed);
  // `shown` is what the editor was last told to show, `code` what it holds now.
  const [shown, setShown] = useState(start.content);
  const [code, setCode] = useState(start.content);
  const content = useRef(start.content);
  const [panel, setPanel] = useState<"settings" | "deploy" | null>(null);
  const [comparing, setComparing] = useState(false);
  const [inserting, setInserting] = useState(false);
  const handle = useRef<EditorHandle | null>(null);
  const { line } = useSearch({ strict: false }) as EditSearch;
  const [side, setSide] = useState<"code" | "test">("code");
  // Decided once: changing the layout would rebuild the code editor.
  const [wide] = useState(() => window.matchMedia("(min-width: 1024px)").matches);
  const current = useRef(draft);
  current.current = draft;

  const autosave = useAutosave(workspace, () => ({
    path: current.current.path,
    value: { ...current.current, content: content.current },
  }));
  const { touch, opened, save, discard, state } = autosave;
  useEffect(() => opened(start.savedAt, start.draft.path), [opened, start]);

  // A new script keeps the path of its draft in the address, so that a reload finds it again.
  useEffect(() => {
    if (!isNew || state !== "saved") return;
    void navigate({
      to: "/w/$workspace/scripts/new",
      params: { workspace },
      search: (previous: Record<string, unknown>) => ({ ...previous, draft: current.current.path }),
      replace: true,
    });
  }, [isNew, state, navigate, workspace]);

  const { inferred, pending } = useInference(workspace, draft.language, code);
  const { schema } = draft;
  useEffect(() => {
    const found = inferred?.schema;
    if (found) setDraft((known) => ({ ...known, schema: keepEdits(found, known.schema) }));
  }, [inferred?.schema]);

  const change = useCallback(
    (part: Partial<ScriptDraft>) => {
      setDraft((known) => ({ ...known, ...part }));
      touch();
    },
    [touch],
  );
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const typed = useCallback(
    (text: string) => {
      content.current = text;
      // Keystrokes reach React only when they pause.
      clearTimeout(timer.current);
      timer.current = setTimeout(() => startTransition(() => setCode(text)), TYPING_PAUSE_MS);
      touch();
    },
    [touch],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  const switchLanguage = (language: string) => {
    const chosen = begins.data?.default_script_content ?? {};
    if (isUntouched(content.current) || Object.values(chosen).includes(content.current)) {
      const text = chosen[language] ?? defaultCode(language);
      content.current = text;
      setShown(text);
      setCode(text);
    } else setShown(content.current);
    change({ language, schema: null });
  };

  const runTest = useRef<() => void>(() => {});
  const bind = useCallback((run: () => void) => {
    runTest.current = run;
  }, []);
  const test = (args: Args) =>
    runPreview(workspace, {
      content: content.current,
      language: draft.language,
      path: pathProblem(draft.path) ? undefined : draft.path,
      args,
      tag: draft.tag,
    });

  const deploy = useMutation({
    mutationFn: (message: string) => {
      const latest = current.current;
      return createScript(workspace, {
        ...toNewScript(latest, content.current, message),
        has_preprocessor: inferred?.has_preprocessor ?? false,
        ...(inferred?.auto_kind ? { auto_kind: inferred.auto_kind } : {}),
      });
    },
    onSuccess: async () => {
      // The deploy took the draft's place.
      await discard(draft.path, deployed?.path ?? "").catch(() => {});
      tellDone("Deployed", draft.path);
      await client.invalidateQueries({ queryKey: ["w", workspace, "scripts"] });
      await navigate({ to: "/w/$workspace/scripts/$", params: { workspace, _splat: draft.path } });
    },
    onError: tellError,
  });

  const revert = async () => {
    const yes = await confirm({
      title: "Discard your draft?",
      body: deployed
        ? "The editor goes back to the deployed version."
        : "The script was never deployed; its code is lost.",
      action: "Discard",
    });
    if (!yes) return;
    try {
      await discard();
    } catch (error) {
      tellError(error);
      return;
    }
    await client.invalidateQueries({ queryKey: ["w", workspace, "scripts", "list"] });
    if (deployed) {
      setDraft(draftOf(deployed));
      content.current = deployed.content;
      setShown(deployed.content);
      setCode(deployed.content);
    } else await navigate({ to: "/w/$workspace", params: { workspace } });
  };

  const markers = useMemo<Marker[]>(
    () =>
      inferred?.error?.line
        ? [{ message: inferred.error.message, line: inferred.error.line, column: inferred.error.column ?? 1 }]
        : [],
    [inferred?.error],
  );
  const outdated = deployed !== null && draft.parent_hash !== deployed.hash;
  const leave = deployed ? (
    <Link
      to="/w/$workspace/scripts/$"
      params={{ workspace, _splat: deployed.path }}
      aria-label="Back to the script"
    >
      <ArrowLeft />
    </Link>
  ) : (
    <Link to="/w/$workspace" params={{ workspace }} aria-label="Back to home">
      <ArrowLeft />
    </Link>
  );

  const show = (text: string) => {
    content.current = text;
    setShown(text);
    setCode(text);
    touch();
  };
  const openLine = useCallback((at: number) => handle.current?.reveal(at), []);
  const ready = useCallback(
    (made: EditorHandle) => {
      handle.current = made;
      if (line) made.reveal(Number(line));
    },
    [line],
  );
  const args = useRef<Args>({});
  const noteArgs = useCallback((given: Args) => {
    args.current = given;
  }, []);
  const database = useCallback(() => databaseOf(content.current, args.current), []);
  const language = monacoLanguage(draft.language);
  const editor = (
    <div className="flex min-h-0 flex-1 bg-surface">
      <div className="min-h-0 min-w-0 flex-1">
        <Suspense fallback={<Skeleton className="m-3 h-[calc(100%-24px)]" />}>
          {comparing && deployed ? (
            <DiffEditor
              before={deployed.content}
              after={content.current}
              language={language}
              onValue={typed}
              label={`Code of ${draft.path}`}
            />
          ) : (
            <CodeEditor
              value={shown}
              language={language}
              onValue={typed}
              onRun={() => runTest.current()}
              onSave={() => void save()}
              markers={markers}
              label={`Code of ${draft.path}`}
              help={
                pathProblem(draft.path)
                  ? undefined
                  : { workspace, path: draft.path, language: draft.language, database }
              }
              onReady={ready}
            />
          )}
        </Suspense>
      </div>
      {inserting && (
        <InsertPanel
          workspace={workspace}
          language={draft.language}
          onInsert={(what) => handle.current?.insert(what.text, what.imports)}
          onClose={() => setInserting(false)}
        />
      )}
    </div>
  );
  const testing = (
    <TestPanel
      workspace={workspace}
      language={draft.language}
      path={deployed?.path ?? null}
      code={() => content.current}
      schema={schema}
      inferred={inferred}
      pending={pending}
      onSchema={(edited: Schema) => change({ schema: edited })}
      onTest={test}
      bind={bind}
      onOpenLine={openLine}
      onArgs={noteArgs}
    />
  );

  return (
    <div className="flex h-full min-h-0 flex-col">
      <h1 className="sr-only">Edit {draft.path}</h1>
      <EditHeader
        draft={draft}
        state={state}
        leave={leave}
        others={
          deployed && (
            <OtherDrafts
              workspace={workspace}
              path={deployed.path}
              me={member?.username}
              code={() => content.current}
              language={language}
              onTake={show}
            />
          )
        }
        onChange={change}
        onLanguage={switchLanguage}
        onSettings={() => setPanel("settings")}
        onDeploy={() => setPanel("deploy")}
        onDiff={
          deployed
            ? () => {
                // The plain editor takes over what was written in the other.
                setShown(content.current);
                setComparing(!comparing);
              }
            : undefined
        }
        isDiff={comparing}
        onInsert={() => setInserting(!inserting)}
        isInserting={inserting}
      />
      <DraftBanner
        state={state}
        savedAt={start.savedAt}
        outdated={outdated}
        onForce={() => void save(true)}
        onReload={() => window.location.reload()}
        onRebase={() => deployed && change({ parent_hash: deployed.hash })}
        onDiscard={() => void revert()}
      />
      {!wide && (
        <div className="shrink-0 border-b border-line bg-surface px-3 py-1.5">
          <Segmented
            label="Side"
            value={side}
            onValue={setSide}
            options={[
              { value: "code", label: "Code" },
              { value: "test", label: "Test" },
            ]}
          />
        </div>
      )}
      {wide ? (
        <Split name="editor" initial={58} first={editor} second={testing} className="flex-1" />
      ) : (
        // Both sides stay mounted, so that nothing typed is lost by looking at the other.
        <>
          <div className={cn("flex min-h-0 flex-1 flex-col", side !== "code" && "hidden")}>{editor}</div>
          <div className={cn("flex min-h-0 flex-1 flex-col", side !== "test" && "hidden")}>{testing}</div>
        </>
      )}
      <SettingsDrawer
        open={panel === "settings"}
        onClose={() => setPanel(null)}
        workspace={workspace}
        draft={draft}
        onChange={change}
      />
      {panel === "deploy" && (
        <DeployDialog
          kind="script"
          path={draft.path}
          summary={draft.summary}
          deployedPath={deployed?.path ?? null}
          before={deployed?.content ?? ""}
          after={content.current}
          language={monacoLanguage(draft.language)}
          unchanged="The code is the same; only settings change."
          busy={deploy.isPending}
          exists={scriptExists}
          onPath={(path) => change({ path })}
          onSummary={(summary) => change({ summary })}
          onDeploy={(message) => deploy.mutate(message)}
          onClose={() => setPanel(null)}
        >
          {inferred?.error && (
            <p className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
              <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden /> The code does not parse:{" "}
              {inferred.error.message}
            </p>
          )}
        </DeployDialog>
      )}
    </div>
  );
}
