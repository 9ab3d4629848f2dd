import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  ArrowLeft,
  FlaskConical,
  History,
  Network,
  Rocket,
  SlidersHorizontal,
  TextQuote,
} from "lucide-react";
import { useState } from "react";
import { EditedName } from "@/features/drafts/edited-name";
import { OtherDrafts } from "@/features/drafts/other-drafts";
import { SaveIndicator } from "@/features/drafts/save-indicator";
import type { SaveState } from "@/features/drafts/use-autosave";
import { draftOfFlow, readStoredFlow } from "@/features/flows/flow-draft";
import { FlowVersions } from "@/features/flows/flow-versions";
import type { Flow } from "@/features/flows/flows";
import { useMember, useWorkspace } from "@/features/session/session";
import type { Problem } from "@/flow-graph/checks";
import { documentOf, toYaml } from "@/flow-graph/openflow";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { useConfirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Segmented } from "@/ui/tabs";
import { RelativeTime } from "@/ui/time";
import { tellError } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { useDraft, useFlowEditor } from "./editor";
import { ProblemsButton } from "./problem-list";

type Props = {
  deployed: Flow | null;
  /** A newer version was deployed since the draft began. */
  outdated: boolean;
  savedAt: string | null;
  saved: SaveState;
  problems: readonly Problem[];
  view: "graph" | "yaml";
  onView: (view: "graph" | "yaml") => void;
  onSave: (force: boolean) => void;
  onDiscard: () => Promise<void>;
  onSettings: () => void;
  onTest: () => void;
  onDeploy: () => void;
};

function DraftBar({
  deployed,
  outdated,
  savedAt,
  saved,
  onSave,
  onDiscard,
}: Pick<Props, "deployed" | "outdated" | "savedAt" | "saved" | "onSave" | "onDiscard">) {
  const workspace = useWorkspace();
  const editor = useFlowEditor();
  const confirm = useConfirm();
  const navigate = useNavigate();
  const client = useQueryClient();
  const warns = saved === "conflict" || saved === "failed" || outdated;
  if (!savedAt && !warns) return null;
  const revert = async () => {
    const yes = await confirm({
      title: "Discard your draft?",
      body: deployed
        ? "The builder goes back to the deployed version."
        : "The flow was never deployed; its steps are lost.",
      action: "Discard",
      otherwise: "Keep the draft",
    });
    if (!yes) return;
    try {
      await onDiscard();
    } catch (error) {
      tellError(error);
      return;
    }
    await client.invalidateQueries({ queryKey: ["w", workspace, "flows"] });
    if (deployed) editor.edit(() => draftOfFlow(deployed), null, deployed.value.modules[0]?.id);
    else await navigate({ to: "/w/$workspace", params: { workspace } });
  };
  return (
    <div
      className={cn(
        "flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-4 py-1.5 text-xs",
        warns ? "bg-warning-soft text-warning" : "bg-sunken text-muted",
      )}
    >
      <span className="min-w-0 flex-1">
        {saved === "conflict"
          ? "This draft was changed in another window. Nothing of it was overwritten."
          : saved === "failed"
            ? "The draft could not be saved. Your changes are still here."
            : outdated
              ? "A newer version was deployed since this draft began. Look at the difference before you deploy."
              : "You are editing your draft."}{" "}
        {saved !== "conflict" && saved !== "failed" && savedAt && <RelativeTime at={savedAt} />}
      </span>
      {(saved === "conflict" || saved === "failed") && (
        <Button size="sm" onClick={() => onSave(true)}>
          Save mine
        </Button>
      )}
      {saved === "conflict" && (
        <Button size="sm" onClick={() => window.location.reload()}>
          Load the other
        </Button>
      )}
      {outdated && (
        <Button
          size="sm"
          onClick={() => editor.edit((known) => ({ ...known, parent_version: deployed?.version_id }))}
        >
          Deploy on top of it
        </Button>
      )}
      {savedAt && (
        <Button size="sm" variant="ghost" onClick={() => void revert()}>
          Discard draft
        </Button>
      )}
    </div>
  );
}

/** The bar above the builder: what it is called, whether it is safe and sound, and what can be done with it. */
export function BuilderHead(props: Props) {
  const { deployed, saved, problems, view, onView, onSettings, onTest, onDeploy } = props;
  const workspace = useWorkspace();
  const editor = useFlowEditor();
  const draft = useDraft();
  const member = useMember();
  const [history, setHistory] = useState(false);
  return (
    <>
      <h1 className="sr-only">Edit {draft.path}</h1>
      <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-2.5 py-2">
        <Button variant="ghost" size="icon" asChild>
          {deployed ? (
            <Link
              to="/w/$workspace/flows/$"
              params={{ workspace, _splat: deployed.path }}
              aria-label="Back to the flow"
            >
              <ArrowLeft />
            </Link>
          ) : (
            <Link to="/w/$workspace" params={{ workspace }} aria-label="Back to home">
              <ArrowLeft />
            </Link>
          )}
        </Button>
        <EditedName
          summary={draft.summary}
          path={draft.path}
          onSummary={(summary) => editor.edit((known) => ({ ...known, summary }), "flow:summary")}
          onSettings={onSettings}
        />
        {/* Where there is little room, what one needs at the end stays beside the name. */}
        <div className="order-last flex basis-full items-center gap-2 sm:order-none sm:basis-auto">
          <SaveIndicator state={saved} />
          {deployed && (
            <OtherDrafts
              workspace={workspace}
              kind="flow"
              path={deployed.path}
              me={member?.username}
              mine={() => toYaml(documentOf(draft))}
              textOf={(value) => {
                const stored = readStoredFlow(value);
                return stored && toYaml(documentOf(stored));
              }}
              language="yaml"
              onTake={(value) => {
                const stored = readStoredFlow(value);
                if (!stored) return;
                editor.edit(
                  (known) => ({ ...stored, path: known.path, parent_version: known.parent_version }),
                  null,
                  stored.value.modules[0]?.id,
                );
              }}
            />
          )}
          <ProblemsButton problems={problems} />
          <Segmented
            label="View"
            value={view}
            onValue={onView}
            options={[
              { value: "graph", label: <Network aria-label="Graph" />, title: "Graph" },
              { value: "yaml", label: <TextQuote aria-label="YAML" />, title: "YAML" },
            ]}
          />
          {deployed && (
            <Tooltip text="Versions">
              <Button variant="ghost" size="icon" aria-label="Versions" onClick={() => setHistory(true)}>
                <History />
              </Button>
            </Tooltip>
          )}
          <Button onClick={onSettings} aria-label="Settings">
            <SlidersHorizontal /> <span className="hidden xl:inline">Settings</span>
          </Button>
        </div>
        <Button onClick={onTest}>
          <FlaskConical /> Test
        </Button>
        <Button variant="primary" onClick={onDeploy} disabled={draft.value.modules.length === 0}>
          <Rocket /> Deploy
        </Button>
      </header>
      <DraftBar {...props} />
      {deployed && (
        <Dialog
          shape="drawer"
          width="640px"
          open={history}
          onOpenChange={setHistory}
          title="Versions"
          description={deployed.path}
        >
          {history && (
            <FlowVersions
              workspace={workspace}
              flow={deployed}
              onRestore={(version) => {
                editor.edit(
                  (known) => ({
                    ...draftOfFlow(version),
                    path: known.path,
                    parent_version: known.parent_version,
                  }),
                  null,
                  version.value.modules[0]?.id,
                );
                setHistory(false);
              }}
            />
          )}
        </Dialog>
      )}
    </>
  );
}
