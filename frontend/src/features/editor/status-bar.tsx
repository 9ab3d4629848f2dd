import {
  CircleAlert,
  Info,
  LoaderCircle,
  Package,
  PackageX,
  Plug,
  TriangleAlert,
  Unplug,
} from "lucide-react";
import type { ReactNode, Ref } from "react";
import { cn } from "@/ui/cn";
import { Menu, MenuCheckItem, MenuContent, MenuTrigger } from "@/ui/menu";
import { Tooltip } from "@/ui/tooltip";
import type { HelpState } from "./help/server";
import { type EditorPreferences, setEditorPreference, useEditorPreferences } from "./preferences";

export type Cursor = { line: number; column: number; selected: number };
export type Problems = { errors: number; warnings: number };

type StatusBarProps = {
  vim: Ref<HTMLDivElement>;
  cursor: Cursor;
  problems: Problems;
  help: HelpState | null;
  language: string;
  onProblems: () => void;
};

const CHOICES: readonly { name: keyof EditorPreferences; label: string }[] = [
  { name: "vim", label: "Vim keys" },
  { name: "formatOnSave", label: "Format on save" },
  { name: "wordWrap", label: "Wrap long lines" },
  { name: "minimap", label: "Minimap" },
];

const part = "flex h-5 items-center gap-1 rounded px-1.5 whitespace-nowrap [&>svg]:size-3";

function Help({ state }: { state: HelpState }) {
  const [icon, text, explanation]: [ReactNode, string, string] = (() => {
    if (state.instead) return [<Info key="i" />, state.instead.word, state.instead.sentence];
    if (state.packages?.state === "building" && state.reason === state.packages.message) {
      return [
        <LoaderCircle key="i" className="animate-spin" />,
        "Language help is being built",
        state.packages.message ?? "",
      ];
    }
    if (state.connection === "connecting") {
      return [<LoaderCircle key="i" className="animate-spin" />, "Starting language help", ""];
    }
    if (state.connection === "away") {
      return [
        <Unplug key="i" />,
        "No language help",
        state.reason || "The connection was lost; it is tried again.",
      ];
    }
    const packages = state.packages;
    if (!packages) return [<Plug key="i" />, "Reading imports", "Completion for them follows in a moment."];
    if (packages.state === "resolving") {
      return [
        <LoaderCircle key="i" className="animate-spin" />,
        "Resolving packages",
        "The imports are locked and installed, so that completion knows them.",
      ];
    }
    if (packages.state === "failed") {
      return [<PackageX key="i" className="text-warning" />, "Packages missing", packages.message ?? ""];
    }
    if (packages.checker) {
      return [
        <Plug key="i" />,
        `Checked by ${packages.checker}`,
        "The code is looked at whenever typing rests.",
      ];
    }
    const own = packages.modules
      ? `${packages.modules} ${packages.modules === 1 ? "module" : "modules"} of this script’s own locked environment`
      : "the standard library";
    const knows = packages.alone
      ? `Knows ${own}.`
      : `Knows ${own}, and the workspace’s scripts you may read.`;
    return [<Package key="i" />, "Language help", packages.message ? `${knows} ${packages.message}` : knows];
  })();
  return (
    <Tooltip text={explanation && <span className="line-clamp-12 whitespace-pre-wrap">{explanation}</span>}>
      <button
        type="button"
        className={cn(part, "hover:bg-hover hover:text-text")}
        data-help={state.packages?.state ?? state.connection}
      >
        {icon} {text}
      </button>
    </Tooltip>
  );
}

/** The line below the code: vim's mode, place, problems, language help, and how one likes to write. */
export function StatusBar({ vim, cursor, problems, help, language, onProblems }: StatusBarProps) {
  const preferences = useEditorPreferences();
  return (
    <div className="flex h-7 shrink-0 items-center gap-1 border-t border-line bg-surface px-2 text-2xs text-muted">
      <div ref={vim} className="vim-status min-w-0 truncate font-mono empty:hidden" />
      <button
        type="button"
        onClick={onProblems}
        className={cn(part, "hover:bg-hover hover:text-text")}
        title="Go to the next problem"
      >
        <CircleAlert className={problems.errors ? "text-danger" : ""} aria-hidden /> {problems.errors}
        <span className="sr-only">errors,</span>
        <TriangleAlert className={cn("ml-1 size-3", problems.warnings && "text-warning")} aria-hidden />{" "}
        {problems.warnings}
        <span className="sr-only">warnings; go to the next</span>
      </button>
      <div className="ml-auto flex items-center gap-1">
        {help && <Help state={help} />}
        <span className={cn(part, "tabular-nums max-sm:hidden")}>
          Ln {cursor.line}, Col {cursor.column}
          {cursor.selected > 0 && ` (${cursor.selected} selected)`}
        </span>
        <span className={cn(part, "max-md:hidden")}>{language}</span>
        <Menu>
          <MenuTrigger asChild>
            <button type="button" className={cn(part, "hover:bg-hover hover:text-text")}>
              Editor
            </button>
          </MenuTrigger>
          <MenuContent align="end">
            {CHOICES.map(({ name, label }) => (
              <MenuCheckItem
                key={name}
                checked={preferences[name]}
                onChecked={(on) => setEditorPreference({ [name]: on })}
              >
                {label}
              </MenuCheckItem>
            ))}
          </MenuContent>
        </Menu>
      </div>
    </div>
  );
}
