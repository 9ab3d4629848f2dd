import { ArrowDown, ArrowUp, Copy, CopyPlus, Ellipsis, PlayCircle, Scissors, Trash2 } from "lucide-react";
import { useEffect, useState } from "react";
import { StepIcon } from "@/features/flow-canvas/step-look";
import { idProblem } from "@/flow-graph/ids";
import type { FlowModule } from "@/flow-graph/types";
import { isSpecial, stepIds, stepTitle } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Menu, MenuContent, MenuItem, MenuSeparator, MenuTrigger } from "@/ui/menu";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { tellDone, tellError } from "@/ui/toast";
import {
  changeStep,
  copyMarked,
  cutMarked,
  deleteStep,
  duplicateMarked,
  renameStepTo,
  shiftStep,
} from "./commands";
import { useFlowEditor } from "./editor";

function StepName({ module }: { module: FlowModule }) {
  const editor = useFlowEditor();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState(module.id);
  useEffect(() => setText(module.id), [module.id]);
  const taken = stepIds(editor.draft.value);
  taken.delete(module.id);
  const problem = idProblem(text, taken);
  if (isSpecial(module.id)) {
    return <span className="rounded bg-hover px-1.5 py-0.5 font-mono text-xs text-muted">{module.id}</span>;
  }
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <button
          type="button"
          title="Rename the step"
          aria-label={`Name ${module.id}: rename the step`}
          className="rounded bg-hover px-1.5 py-0.5 font-mono text-xs text-muted hover:text-text"
        >
          {module.id}
        </button>
      </PopoverTrigger>
      <PopoverContent aria-label={`Rename ${module.id}`} align="end" className="w-64">
        <form
          className="flex flex-col gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (problem) return;
            if (text !== module.id) {
              renameStepTo(editor, module.id, text);
              tellDone("Renamed", `Expressions that read results.${module.id} now read results.${text}.`);
            }
            setOpen(false);
          }}
        >
          <Field label="Name in expressions" error={text === module.id ? null : problem}>
            <Input
              value={text}
              onChange={(event) => setText(event.target.value)}
              className="font-mono text-xs"
              spellCheck={false}
            />
          </Field>
          <Button type="submit" variant="primary" size="sm" disabled={problem !== null}>
            Rename
          </Button>
        </form>
      </PopoverContent>
    </Popover>
  );
}

/** What a step is called, and what can be done with it as a whole. */
export function StepHead({ module, onTestUpTo }: { module: FlowModule; onTestUpTo: (id: string) => void }) {
  const editor = useFlowEditor();
  const special = isSpecial(module.id);
  const { id } = module;
  return (
    <header className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
      <StepIcon module={module} />
      <input
        aria-label="Summary of the step"
        value={module.summary ?? ""}
        placeholder={stepTitle(module)}
        onChange={(event) => changeStep(editor, id, { summary: event.target.value || undefined }, "summary")}
        className="h-7 min-w-0 flex-1 truncate rounded bg-transparent px-1.5 text-sm font-semibold outline-none placeholder:font-medium placeholder:text-text placeholder:opacity-80 hover:bg-hover focus:bg-hover"
      />
      <StepName module={module} />
      <Menu>
        <MenuTrigger asChild>
          <Button variant="ghost" size="icon-sm" aria-label={`More about step ${id}`}>
            <Ellipsis />
          </Button>
        </MenuTrigger>
        <MenuContent className="w-52">
          {!special && (
            <>
              <MenuItem icon={<PlayCircle />} onSelect={() => onTestUpTo(id)}>
                Test up to here
              </MenuItem>
              <MenuSeparator />
              <MenuItem icon={<CopyPlus />} trailing={<Key>D</Key>} onSelect={() => duplicateMarked(editor)}>
                Duplicate
              </MenuItem>
              <MenuItem
                icon={<Copy />}
                trailing={<Key>Ctrl C</Key>}
                onSelect={() => void copyMarked(editor).catch(tellError)}
              >
                Copy
              </MenuItem>
              <MenuItem
                icon={<Scissors />}
                trailing={<Key>Ctrl X</Key>}
                onSelect={() => void cutMarked(editor).catch(tellError)}
              >
                Cut
              </MenuItem>
              <MenuItem
                icon={<ArrowUp />}
                trailing={<Key>Alt ↑</Key>}
                onSelect={() => shiftStep(editor, id, -1)}
              >
                Move up
              </MenuItem>
              <MenuItem
                icon={<ArrowDown />}
                trailing={<Key>Alt ↓</Key>}
                onSelect={() => shiftStep(editor, id, 1)}
              >
                Move down
              </MenuItem>
              <MenuSeparator />
            </>
          )}
          <MenuItem
            danger
            icon={<Trash2 />}
            trailing={<Key>Del</Key>}
            onSelect={() => deleteStep(editor, id)}
          >
            Delete
          </MenuItem>
        </MenuContent>
      </Menu>
    </header>
  );
}

function Key({ children }: { children: string }) {
  return <kbd className="font-sans text-2xs text-faint">{children}</kbd>;
}
