import { Layers, Ungroup } from "lucide-react";
import { useEffect, useRef } from "react";
import { ColourButtons } from "@/features/flow-canvas/notes";
import { StepIcon } from "@/features/flow-canvas/step-look";
import { changeGroup, type FoundGroup, groupId } from "@/flow-graph/groups";
import { modulesIn } from "@/flow-graph/ranges";
import type { FlowGroup } from "@/flow-graph/types";
import { stepTitle } from "@/flow-graph/walk";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { ungroupSteps } from "./commands";
import { useDraft, useFlowEditor } from "./editor";
import { Toggle } from "./fields";

/** A group beside the graph: what it is called and how it looks. */
export function GroupPanel({ found }: { found: FoundGroup }) {
  const editor = useFlowEditor();
  const { value } = useDraft();
  const { group, range } = found;
  const id = groupId(group);
  const name = useRef<HTMLInputElement>(null);
  // A group that was just made has no name: that is the next thing to type.
  useEffect(() => {
    if (!group.summary) name.current?.focus();
  }, [group.summary]);
  const change = (part: Partial<FlowGroup>, field?: string) =>
    editor.editValue((flow) => changeGroup(flow, id, part), field ? `${id}:${field}` : null);
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface" data-group-panel>
      <header className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <span className="inline-flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-muted">
          <Layers className="size-3.5" aria-hidden />
        </span>
        <input
          ref={name}
          aria-label="Name of the group"
          value={group.summary ?? ""}
          placeholder="Name of the group"
          onChange={(event) => change({ summary: event.target.value || undefined }, "summary")}
          className="h-7 min-w-0 flex-1 truncate rounded bg-transparent px-1.5 text-sm font-semibold outline-none placeholder:font-normal hover:bg-hover focus:bg-hover"
        />
        <Button size="sm" variant="ghost" onClick={() => ungroupSteps(editor, id)}>
          <Ungroup /> Ungroup
        </Button>
      </header>
      <div className="thin-scroll flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto p-4">
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1.5 text-sm font-medium">Colour</legend>
          <div className="flex gap-2">
            <ColourButtons chosen={group.color} onChoose={(color) => change({ color })} className="size-6" />
          </div>
        </fieldset>
        <Field label="Note" optional hint="Shown under the name while the group is collapsed.">
          <Textarea
            value={group.note ?? ""}
            onChange={(event) => change({ note: event.target.value || undefined }, "note")}
          />
        </Field>
        <Toggle
          label="Collapsed when the flow is opened"
          hint="In the builder and on the pages of its runs."
          checked={group.autocollapse ?? false}
          onChecked={(on) => change({ autocollapse: on || undefined })}
        />
        <section>
          <h3 className="mb-1.5 text-sm font-medium">Steps</h3>
          <ul className="flex flex-col gap-0.5">
            {modulesIn(value, range).map((module) => (
              <li key={module.id}>
                <button
                  type="button"
                  onClick={() => editor.select(module.id)}
                  className="flex w-full items-center gap-2.5 rounded-md px-1.5 py-1.5 text-left hover:bg-hover"
                >
                  <StepIcon module={module} />
                  <span className="min-w-0 flex-1 truncate text-sm">{stepTitle(module)}</span>
                  <span className="font-mono text-2xs text-faint">{module.id}</span>
                </button>
              </li>
            ))}
          </ul>
          <p className="mt-2 text-xs text-muted">Steps that you drag in or out join the group or leave it.</p>
        </section>
      </div>
    </div>
  );
}
