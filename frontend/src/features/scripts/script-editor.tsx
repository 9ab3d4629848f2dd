import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowLeft, TriangleAlert } from "lucide-react";
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Args, Schema } from "@/api/types";
import { OtherDrafts } from "@/features/drafts/other-drafts";
import { useAutosave } from "@/features/drafts/use-autosave";
import type { Marker } from "@/features/editor/code-editor";
import type { EditorHandle } from "@/features/editor/handle";
import { runPreview } from "@/features/jobs/jobs";
import { pathProblem } from "@/features/paths/path";
import { DeployDialog } from "@/features/runnables/deploy-dialog";
import { NewerVersion, refuseNewer, useDeployed } from "@/features/runnables/deployed";
import { keepEdits } from "@/features/schema-form/edits";
import { useMember, useWorkspace } from "@/features/session/session";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Split } from "@/ui/split";
import { Segmented } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";
import { CodeSide, type Shown } from "./code-side";
import { databaseOf } from "./database";
import { defaultScriptsQuery } from "./default-scripts";
import { DraftBanner } from "./draft-banner";
import { EditHeader } from "./edit-header";
import type { EditorStart, EditSearch } from "./editor-start";
import { monacoLanguage } from "./language";
import { draftOf, readStored, type ScriptDraft, toNewScript } from "./script-draft";
import { createScript, scriptExists, scriptQuery } from "./scripts";
import { SettingsDrawer } from "./settings-drawer";
import { defaultCode, isUntouched } from "./templates";
import { TestPanel } from "./test-panel";
import { useInference } from "./use-inference";

/** How long typing rests before the form and the checks beside the code look at it. */
const TYPING_PAUSE_MS = 250;

/** Where a script is written, tried and deployed. */
export function ScriptEditor({ start, isNew }: { start: EditorStart; isNew: boolean }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const client = useQueryClient();
  const confirm = useConfirm();
  const member = useMember();
  const begins = useQuery(defaultScriptsQuery(workspace));
  const [draft, setDraft] = useState(start.draft);
  const deployedQuery = scriptQuery(workspace, start.deployed?.path ?? "");
  const deployed = useDeployed(deployedQuery, start.deployed);
  // `shown` is what the editor was last told to show, `code` what it holds now.
  const [shown, setShown] = useState<Shown>({ text: start.content, turn: 0 });
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
  // What the code said last: the stored schema is that of the code that the editor starts with.
  const said = useRef<Schema | null>(null);
  useEffect(() => {
    const found = inferred?.schema;
    if (!found) return;
    const before = said.current ?? found;
    said.current = found;
    setDraft((known) => ({ ...known, schema: keepEdits(found, known.schema, before) }));
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

  /** Puts a text into the editor, over what is written there. */
  const put = (text: string) => {
    content.current = text;
    setShown(({ turn }) => ({ text, turn: turn + 1 }));
    setCode(text);
  };

  const switchLanguage = (language: string) => {
    const chosen = begins.data?.default_script_content ?? {};
    if (isUntouched(content.current) || Object.values(chosen).includes(content.current)) {
      put(chosen[language] ?? defaultCode(language));
    }
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

  // Everywhere on the page what Monaco does for the code; in a dialog the keys belong to the dialog.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      if (event.target instanceof Element && event.target.closest("[role='dialog'], .monaco-editor")) return;
      if (event.key === "Enter") runTest.current();
      else if (event.key.toLowerCase() === "s" && !event.shiftKey) void save();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [save]);

  const deploy = useMutation({
    mutationFn: async (message: string) => {
      const latest = current.current;
      if (deployed) await refuseNewer(client, deployedQuery, deployed, (script) => script.hash);
      return createScript(workspace, {
        ...toNewScript(latest, content.current, message),
        // The dialog told of a version that is newer than the draft.
        ...(deployed ? { parent_hash: deployed.hash } : {}),
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
    onError: (error) => {
      // The dialog says so itself, with the newer version in it.
      if (!(error instanceof NewerVersion)) tellError(error);
    },
  });

  const revert = async () => {
    const yes = await confirm({
      title: "Discard your draft?",
      body: deployed
        ? "The editor goes back to the deployed version."
        : "The script was never deployed; its code is lost.",
      action: "Discard",
      otherwise: "Keep the draft",
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
      put(deployed.content);
    } else await navigate({ to: "/w/$workspace", params: { workspace } });
  };

  const markers = useMemo<Marker[]>(
    () =>
      inferred?.error?.line
        ? [{ message: inferred.error.message, line: inferred.error.line, column: inferred.error.column ?? 1 }]
        : [],
    [inferred?.error],
  );
  const outdated = deployed !== null && draft.parent_hash !== deployed.hash && !deploy.isPending;
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
    put(text);
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
    <CodeSide
      workspace={workspace}
      scriptLanguage={draft.language}
      language={language}
      label={`Code of ${draft.path}`}
      shown={shown}
      before={comparing && deployed ? deployed.content : null}
      code={() => content.current}
      markers={markers}
      help={
        pathProblem(draft.path)
          ? undefined
          : { workspace, path: draft.path, language: draft.language, database }
      }
      inserting={inserting}
      onValue={typed}
      onRun={() => runTest.current()}
      onSave={() => void save()}
      onReady={ready}
      onInsert={(what) => handle.current?.insert(what.text, what.imports)}
      onInserted={() => setInserting(false)}
    />
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
              kind="script"
              path={deployed.path}
              me={member?.username}
              mine={() => content.current}
              textOf={(value) => readStored(value)?.content ?? null}
              language={language}
              onTake={(value) => show(readStored(value)?.content ?? content.current)}
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
                put(content.current);
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
          newer={outdated && deployed ? { by: deployed.created_by, at: deployed.created_at } : null}
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
