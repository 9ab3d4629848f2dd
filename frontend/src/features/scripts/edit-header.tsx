import { GitCompareArrows, Rocket, SlidersHorizontal, SquarePlus } from "lucide-react";
import type { ReactNode } from "react";
import { EditedName } from "@/features/drafts/edited-name";
import { SaveIndicator } from "@/features/drafts/save-indicator";
import type { SaveState } from "@/features/drafts/use-autosave";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { Tooltip } from "@/ui/tooltip";
import { LanguageIcon, languageLabel, useLanguages } from "./language";
import type { ScriptDraft } from "./script-draft";

type EditHeaderProps = {
  draft: ScriptDraft;
  state: SaveState;
  /** The way out of the editor. */
  leave: ReactNode;
  /** Who else writes at it. */
  others: ReactNode;
  onChange: (part: Partial<ScriptDraft>) => void;
  onLanguage: (language: string) => void;
  onSettings: () => void;
  onDeploy: () => void;
  /** Absent where there is nothing to compare with. */
  onDiff?: () => void;
  isDiff: boolean;
  onInsert: () => void;
  isInserting: boolean;
};

/** Name, language and what can be done with the script that is being written. */
export function EditHeader(props: EditHeaderProps) {
  const { draft, state, leave, others, onChange, onLanguage, onSettings, onDeploy, onDiff, onInsert } = props;
  const languages = useLanguages();
  const known = languages.some((language) => language.value === draft.language);
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-2.5 py-2">
      <Button variant="ghost" size="icon" asChild>
        {leave}
      </Button>
      <LanguageIcon language={draft.language} className="hidden sm:inline-flex" />
      <EditedName
        summary={draft.summary}
        path={draft.path}
        onSummary={(summary) => onChange({ summary })}
        onSettings={onSettings}
      />
      {/* Where there is little room, what one needs at the end stays beside the name. */}
      <div className="order-last flex basis-full items-center gap-2 sm:order-none sm:basis-auto">
        <SaveIndicator state={state} />
        {others}
        <Select
          aria-label="Language"
          value={draft.language}
          onValue={onLanguage}
          options={
            known
              ? [...languages]
              : [{ value: draft.language, label: languageLabel(draft.language) }, ...languages]
          }
          className="w-34 sm:w-44 max-sm:ml-auto"
        />
        <Tooltip text="Variables, resources, scripts and snippets">
          <Button
            variant={props.isInserting ? "secondary" : "ghost"}
            className="px-2"
            aria-label="Insert"
            aria-pressed={props.isInserting}
            onClick={onInsert}
          >
            <SquarePlus /> <span className="hidden xl:inline">Insert</span>
          </Button>
        </Tooltip>
        {onDiff && (
          <Tooltip text="Beside the deployed version">
            <Button
              variant={props.isDiff ? "secondary" : "ghost"}
              size="icon"
              aria-label="Diff"
              aria-pressed={props.isDiff}
              onClick={onDiff}
            >
              <GitCompareArrows />
            </Button>
          </Tooltip>
        )}
        <Button onClick={onSettings} aria-label="Settings">
          <SlidersHorizontal /> <span className="hidden sm:inline">Settings</span>
        </Button>
      </div>
      <Button variant="primary" onClick={onDeploy}>
        <Rocket /> Deploy
      </Button>
    </header>
  );
}
