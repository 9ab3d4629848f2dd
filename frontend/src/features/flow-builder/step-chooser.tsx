import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import {
  ArrowRightToLine,
  CirclePause,
  FileCode2,
  GitBranch,
  GitFork,
  type LucideIcon,
  Repeat,
  RotateCcw,
  ShieldAlert,
  Timer,
  Webhook,
  Workflow,
} from "lucide-react";
import type { ReactNode } from "react";
import { flowsQuery } from "@/features/flows/flows";
import { LanguageIcon, useLanguages } from "@/features/scripts/language";
import { scriptsQuery } from "@/features/scripts/scripts";
import { useWorkspace } from "@/features/session/session";
import type { StepKind } from "@/flow-graph/new-step";
import { Dialog } from "@/ui/dialog";
import { APPROVAL_CODE, stepCode } from "./step-code";

export type Chosen = StepKind | { kind: "failure" } | { kind: "preprocessor" };

const CONTROL: { kind: Chosen["kind"]; title: string; hint: string; icon: LucideIcon }[] = [
  { kind: "for", title: "For each", hint: "Runs steps for every item of a list", icon: Repeat },
  { kind: "while", title: "Repeat", hint: "Runs steps until a condition holds", icon: RotateCcw },
  {
    kind: "branchone",
    title: "Choose a branch",
    hint: "Runs the first branch that applies",
    icon: GitBranch,
  },
  {
    kind: "branchall",
    title: "Run all branches",
    hint: "Runs several branches, together or in turn",
    icon: GitFork,
  },
  { kind: "approval", title: "Approval", hint: "Waits until people agree", icon: CirclePause },
  { kind: "sleep", title: "Sleep", hint: "Waits for a time", icon: Timer },
  { kind: "identity", title: "Pass on", hint: "Gives the result of the step before", icon: ArrowRightToLine },
];

const itemLook =
  "flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-1.5 text-sm data-[selected=true]:bg-hover";
const headingLook =
  "[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-faint";

function Mark({ children }: { children: ReactNode }) {
  return (
    <span className="flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-muted [&_svg]:size-3.5">
      {children}
    </span>
  );
}

function Texts({ title, hint }: { title: string; hint?: string }) {
  return (
    <span className="min-w-0">
      <span className="block truncate leading-[18px]">{title}</span>
      {hint && <span className="block truncate text-xs text-faint">{hint}</span>}
    </span>
  );
}

type ChooserProps = {
  onChoose: (kind: Chosen) => void;
  onClose: () => void;
  /** Special steps that the flow does not have yet. */
  offers: { failure: boolean; preprocessor: boolean };
  /** The flow that is edited: it cannot call itself by mistake. */
  path: string;
};

/** What kind of step to add: code, control, or something that exists in the workspace. */
export function StepChooser({ onChoose, onClose, offers, path }: ChooserProps) {
  const workspace = useWorkspace();
  const scripts = useQuery(scriptsQuery(workspace));
  const flows = useQuery({ ...flowsQuery(workspace), retry: false });
  const runnable = (scripts.data ?? []).filter((script) => script.auto_kind !== "lib" && !script.draft_only);
  const languages = useLanguages();
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Add a step" width="560px">
      <Command loop className="-mx-5 -my-4 flex flex-col" label="Add a step">
        <Command.Input
          autoFocus
          placeholder="Search languages, steps, scripts and flows"
          className="h-11 w-full border-b border-line bg-transparent px-5 text-sm outline-none"
        />
        <Command.List
          className={`thin-scroll max-h-[min(520px,62vh)] overflow-y-auto px-2.5 pb-3 ${headingLook}`}
        >
          <Command.Empty className="px-2 py-8 text-center text-sm text-muted">
            Nothing of that name.
          </Command.Empty>
          <Command.Group heading="Write code">
            {languages.map((language) => (
              <Command.Item
                key={language.value}
                value={`code ${language.label} ${language.value}`}
                onSelect={() =>
                  onChoose({ kind: "code", language: language.value, content: stepCode(language.value) })
                }
                className={itemLook}
              >
                <LanguageIcon language={language.value} className="size-7" />
                <Texts title={language.label} />
              </Command.Item>
            ))}
          </Command.Group>
          <Command.Group heading="Control">
            {CONTROL.map(({ kind, title, hint, icon: Icon }) => (
              <Command.Item
                key={kind}
                value={`${title} ${hint} ${kind}`}
                onSelect={() =>
                  onChoose(
                    kind === "approval"
                      ? { kind, language: "python3", content: APPROVAL_CODE }
                      : ({ kind } as Chosen),
                  )
                }
                className={itemLook}
              >
                <Mark>
                  <Icon aria-hidden />
                </Mark>
                <Texts title={title} hint={hint} />
              </Command.Item>
            ))}
            {offers.failure && (
              <Command.Item
                value="Error handler failure"
                onSelect={() => onChoose({ kind: "failure" })}
                className={itemLook}
              >
                <Mark>
                  <ShieldAlert aria-hidden />
                </Mark>
                <Texts title="Error handler" hint="Runs once when a step fails for good" />
              </Command.Item>
            )}
            {offers.preprocessor && (
              <Command.Item
                value="Preprocessor webhook trigger event"
                onSelect={() => onChoose({ kind: "preprocessor" })}
                className={itemLook}
              >
                <Mark>
                  <Webhook aria-hidden />
                </Mark>
                <Texts title="Preprocessor" hint="Turns what a webhook or trigger sends into the input" />
              </Command.Item>
            )}
          </Command.Group>
          {runnable.length > 0 && (
            <Command.Group heading="Scripts of the workspace">
              {runnable.map((script) => (
                <Command.Item
                  key={script.path}
                  value={`script ${script.path} ${script.summary}`}
                  onSelect={() => onChoose({ kind: "script", path: script.path, summary: script.summary })}
                  className={itemLook}
                >
                  <LanguageIcon language={script.language} className="size-7" />
                  <Texts
                    title={script.summary || script.path}
                    hint={script.summary ? script.path : undefined}
                  />
                  <FileCode2 className="ml-auto size-3.5 shrink-0 text-faint" aria-hidden />
                </Command.Item>
              ))}
            </Command.Group>
          )}
          {(flows.data ?? []).length > 0 && (
            <Command.Group heading="Flows of the workspace">
              {flows.data
                ?.filter((flow) => flow.path !== path && !flow.draft_only)
                .map((flow) => (
                  <Command.Item
                    key={flow.path}
                    value={`flow ${flow.path} ${flow.summary}`}
                    onSelect={() => onChoose({ kind: "flow", path: flow.path, summary: flow.summary })}
                    className={itemLook}
                  >
                    <Mark>
                      <Workflow aria-hidden />
                    </Mark>
                    <Texts title={flow.summary || flow.path} hint={flow.summary ? flow.path : undefined} />
                  </Command.Item>
                ))}
            </Command.Group>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
