import { pasteAt, readCopied, copyText as stepsAsText, withFreshIds } from "@/flow-graph/clipboard";
import {
  insertAt,
  moveModule,
  nextId,
  placeAfter,
  removeModule,
  shiftModule,
  updateModule,
} from "@/flow-graph/edit";
import { INPUT_NODE, RESULT_NODE } from "@/flow-graph/layout";
import { newStep, type StepKind } from "@/flow-graph/new-step";
import { keepMeaning, renameStep } from "@/flow-graph/rename";
import { FAILURE_ID, type FlowModule, type Place, PREPROCESSOR_ID } from "@/flow-graph/types";
import {
  findModule,
  findVisit,
  isSpecial,
  listAt,
  stepBesideIn,
  stepIds,
  stepTitle,
  walk,
} from "@/flow-graph/walk";
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

/** The step that is selected after another one is gone: its neighbour, else what holds it. */
function neighbour(editor: FlowEditor, id: string): string {
  const visit = findVisit(editor.draft.value, id);
  if (!visit) return INPUT_NODE;
  const list = listAt(editor.draft.value, visit.place) ?? [];
  return (
    list[visit.place.index + 1]?.id ?? list[visit.place.index - 1]?.id ?? visit.place.owner ?? INPUT_NODE
  );
}

export function deleteStep(editor: FlowEditor, id: string): void {
  const module = findModule(editor.draft.value, id);
  if (!module) return;
  editor.editValue((value) => removeModule(value, id), null, neighbour(editor, id));
  tellDone(`Step “${id}” deleted`, `${stepTitle(module)}. Ctrl+Z brings it back.`);
}

export function duplicateStep(editor: FlowEditor, id: string): void {
  const visit = findVisit(editor.draft.value, id);
  if (!visit) return;
  const [copy] = withFreshIds([visit.module], stepIds(editor.draft.value));
  if (!copy) return;
  const place = { ...visit.place, index: visit.place.index + 1 };
  editor.editValue((value) => keepMeaning(value, insertAt(value, place, [copy])), null, copy.id);
}

export function moveStep(editor: FlowEditor, id: string, place: Place): void {
  editor.editValue((value) => keepMeaning(value, moveModule(value, id, place)));
}

export function shiftStep(editor: FlowEditor, id: string, by: -1 | 1): void {
  editor.editValue((value) => keepMeaning(value, shiftModule(value, id, by)));
}

export function renameStepTo(editor: FlowEditor, from: string, to: string): void {
  editor.editValue((value) => renameStep(value, from, to), null, to);
}

export async function copyStep(editor: FlowEditor, id: string): Promise<void> {
  const module = findModule(editor.draft.value, id);
  if (!module || isSpecial(id)) return;
  await copyText(stepsAsText([module]));
  tellDone(`Step “${id}” copied`, "Paste it here or into another flow with Ctrl+V.");
}

export async function cutStep(editor: FlowEditor, id: string): Promise<void> {
  await copyStep(editor, id);
  editor.editValue((value) => removeModule(value, id), null, neighbour(editor, id));
}

/** Pastes copied steps after the selected one; false when the text holds no steps. */
export function pasteSteps(editor: FlowEditor, text: string): boolean {
  const modules = readCopied(text);
  if (!modules) return false;
  const { draft } = editor;
  const pasted = pasteAt(draft.value, placeAfter(draft.value, editor.get().selected), modules);
  editor.editValue((value) => keepMeaning(value, pasted.value), null, pasted.ids[0]);
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

/** Left leaves a container, right enters it. */
export function stepAcross(editor: FlowEditor, from: string, by: -1 | 1): string {
  const visit = findVisit(editor.draft.value, from);
  if (!visit) return from;
  if (by < 0) return visit.place.owner ?? from;
  const inner = [...walk({ modules: [visit.module] })][1];
  return inner && !editor.get().collapsed.has(from) ? inner.module.id : from;
}
