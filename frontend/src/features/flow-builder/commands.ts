import { EMPTY_SCHEMA } from "@/features/flows/flows";
import {
  groupsAmong,
  pasteAt,
  readCopied,
  copyText as stepsAsText,
  stepsOfDocument,
} from "@/flow-graph/clipboard";
import {
  insertAt,
  moveModule,
  nextId,
  placeAfter,
  removeModule,
  shiftModule,
  updateModule,
} from "@/flow-graph/edit";
import { findGroup, groupSteps, groupTitle, isGroupId, keepGroups, ungroup } from "@/flow-graph/groups";
import { INPUT_NODE, RESULT_NODE } from "@/flow-graph/layout";
import { newStep, type StepKind } from "@/flow-graph/new-step";
import { extended, modulesIn, type Range, rangeBetween, removeRange } from "@/flow-graph/ranges";
import { stepBesideIn } from "@/flow-graph/reading-order";
import { keepMeaning, renameStep } from "@/flow-graph/rename";
import { FAILURE_ID, type FlowModule, type OpenFlow, type Place, PREPROCESSOR_ID } from "@/flow-graph/types";
import { findModule, findVisit, listAt, stepTitle, walk } from "@/flow-graph/walk";
import { copyText } from "@/ui/copy";
import { tellDone } from "@/ui/toast";
import type { FlowEditor } from "./editor";

/** What people do to a flow, by mouse, menu or key. */

export function addStep(editor: FlowEditor, place: Place, kind: StepKind): void {
  const id = nextId(editor.draft.value);
  editor.editValue((value) => keepMeaning(value, insertAt(value, place, [newStep(id, kind)])), null, id);
}

export function changeStep(
  editor: FlowEditor,
  id: string,
  change: Partial<FlowModule>,
  field?: string,
): void {
  editor.editValue(
    (value) =>
      updateModule(value, id, (module) => {
        const next = { ...module, ...change };
        for (const [name, given] of Object.entries(change)) {
          if (given === undefined) delete next[name as keyof FlowModule];
        }
        return next;
      }),
    field ? `${id}:${field}` : null,
  );
}

/** The step that is selected after others are gone: their neighbour, else what holds them. */
function neighbour(editor: FlowEditor, range: Range | null): string {
  const list = (range && listAt(editor.draft.value, range)) ?? [];
  if (!range) return INPUT_NODE;
  return list[range.to + 1]?.id ?? list[range.from - 1]?.id ?? range.owner ?? INPUT_NODE;
}

export function deleteStep(editor: FlowEditor, id: string): void {
  const module = findModule(editor.draft.value, id);
  if (!module) return;
  editor.editValue(
    (value) => removeModule(value, id),
    null,
    neighbour(editor, rangeBetween(editor.draft.value, id, id)),
  );
  tellDone(`Step “${id}” deleted`, `${stepTitle(module)}. Ctrl+Z brings it back.`);
}

export function moveStep(editor: FlowEditor, id: string, place: Place): void {
  editor.editValue((value) =>
    keepGroups(value, keepMeaning(value, moveModule(value, id, place)), new Set([id])),
  );
}

export function shiftStep(editor: FlowEditor, id: string, by: -1 | 1): void {
  editor.editValue((value) =>
    keepGroups(value, keepMeaning(value, shiftModule(value, id, by)), new Set([id])),
  );
}

export function renameStepTo(editor: FlowEditor, from: string, to: string): void {
  editor.editValue((value) => renameStep(value, from, to), null, to);
}

/** Where a new step goes: after the chosen one, the chosen group or the marked steps, else at the end. */
export function placeAfterChosen(editor: FlowEditor): Place {
  const range = rangeInHand(editor, editor.get().selected);
  return range ? { ...range, index: range.to + 1 } : placeAfter(editor.draft.value, null);
}

/** Puts a document in the place of what is edited; one undo brings that back. */
export function openDocument(editor: FlowEditor, flow: OpenFlow): void {
  editor.edit(
    (draft) => ({ ...draft, ...flow, schema: flow.schema ?? EMPTY_SCHEMA }),
    null,
    flow.value.modules[0]?.id,
  );
}

/** Pastes copied steps, or those of a document, after the selected one; false when the text holds no steps. */
export function pasteSteps(editor: FlowEditor, text: string): boolean {
  const copied = readCopied(text) ?? stepsOfDocument(text);
  if (!copied) return false;
  const { value } = editor.draft;
  const pasted = pasteAt(value, placeAfterChosen(editor), copied);
  editor.editValue((before) => keepMeaning(before, pasted.value), null, pasted.ids[0]);
  return true;
}

/** The step read before or after another one, for the arrow keys; collapsed steps are passed over. */
export function stepBeside(editor: FlowEditor, from: string, by: -1 | 1): string {
  const { value } = editor.draft;
  return stepBesideIn(value, from, by, editor.get().collapsed, {
    before: [...(value.preprocessor_module ? [PREPROCESSOR_ID] : []), INPUT_NODE],
    after: [RESULT_NODE, ...(value.failure_module ? [FAILURE_ID] : [])],
  });
}

/** The steps that a key or a menu is about: those that are marked, a group's, or the selected one. */
function rangeInHand(editor: FlowEditor, id: string): Range | null {
  const { value } = editor.draft;
  return editor.marked() ?? findGroup(value, id)?.range ?? rangeBetween(value, id, id);
}

/** Puts the marked steps, or the selected one, under a name. */
export function groupMarked(editor: FlowEditor): void {
  const { selected } = editor.get();
  const range = rangeInHand(editor, selected);
  const made = range && groupSteps(editor.draft.value, range, { color: "blue" });
  if (made) editor.editValue(() => made.value, null, made.id);
  if (made) editor.select(made.id);
}

export function ungroupSteps(editor: FlowEditor, id: string): void {
  const found = findGroup(editor.draft.value, id);
  if (!found) return;
  editor.editValue((value) => ungroup(value, id), null, found.group.start_id);
  tellDone(`Group “${groupTitle(found.group)}” dissolved`, "Its steps stay. Ctrl+Z brings it back.");
}

/** Marks one more step of the list with the selected one, or one less. */
export function extendMarked(editor: FlowEditor, by: -1 | 1): void {
  const { selected, until } = editor.get();
  editor.markUntil(extended(editor.draft.value, selected, until ?? selected, by));
}

/** Deletes the marked steps, or the selected one. */
export function deleteMarked(editor: FlowEditor): void {
  const { selected } = editor.get();
  const range = editor.marked();
  if (!range) {
    if (isGroupId(selected)) ungroupSteps(editor, selected);
    else deleteStep(editor, selected);
    return;
  }
  editor.editValue((value) => removeRange(value, range), null, neighbour(editor, range));
  tellDone(`${range.to - range.from + 1} steps deleted`, "Ctrl+Z brings them back.");
}

export async function copyMarked(editor: FlowEditor): Promise<void> {
  const range = rangeInHand(editor, editor.get().selected);
  if (!range) return;
  const { value } = editor.draft;
  const modules = modulesIn(value, range);
  await copyText(stepsAsText(modules, groupsAmong(value, modules)));
  const what = modules.length === 1 ? `Step “${modules[0]?.id}”` : `${modules.length} steps`;
  tellDone(`${what} copied`, "Paste here or into another flow with Ctrl+V.");
}

export async function cutMarked(editor: FlowEditor): Promise<void> {
  const { selected } = editor.get();
  const range = rangeInHand(editor, selected);
  if (!range) return;
  await copyMarked(editor);
  editor.editValue((value) => removeRange(value, range), null, neighbour(editor, range));
}

export function duplicateMarked(editor: FlowEditor): void {
  const { value } = editor.draft;
  const range = rangeInHand(editor, editor.get().selected);
  if (!range) return;
  const modules = modulesIn(value, range);
  const pasted = pasteAt(
    value,
    { ...range, index: range.to + 1 },
    { modules, groups: groupsAmong(value, modules) },
  );
  editor.editValue((before) => keepMeaning(before, pasted.value), null, pasted.ids[0]);
}

/** Left leaves a container, right enters it. */
export function stepAcross(editor: FlowEditor, from: string, by: -1 | 1): string {
  const group = findGroup(editor.draft.value, from);
  if (group) return by > 0 ? group.group.start_id : (group.range.owner ?? from);
  const visit = findVisit(editor.draft.value, from);
  if (!visit) return from;
  if (by < 0) return visit.place.owner ?? from;
  const inner = [...walk({ modules: [visit.module] })][1];
  return inner && !editor.get().collapsed.has(from) ? inner.module.id : from;
}
