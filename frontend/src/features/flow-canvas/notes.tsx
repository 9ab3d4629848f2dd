import type { Node, NodeProps } from "@xyflow/react";
import { X } from "lucide-react";
import { memo, useEffect, useState } from "react";
import type { FlowNote } from "@/flow-graph/types";
import { cn } from "@/ui/cn";

export type NoteData = { note: FlowNote; notes: FlowNote[]; onNotes?: (notes: FlowNote[]) => void };
export type NoteNode = Node<NoteData, "note">;

const WIDTH = 220;
const HEIGHT = 96;
const COLOURS: Record<string, string> = {
  yellow: "bg-warning-soft border-warning-solid/40",
  blue: "bg-accent-soft border-accent/30",
  green: "bg-success-soft border-success-solid/40",
  red: "bg-danger-soft border-danger-solid/40",
  gray: "bg-hover border-line-strong",
};
const NOTE_COLOURS = Object.keys(COLOURS);

/** The look of a colour that a document names; yellow for others. */
export const noteColour = (name: string | undefined): string | undefined =>
  COLOURS[name ?? "yellow"] ?? COLOURS.yellow;

/** The colours that notes and groups can have. */
export function ColourButtons({
  chosen,
  onChoose,
  className,
}: {
  chosen: string | undefined;
  onChoose: (colour: string) => void;
  className?: string;
}) {
  return NOTE_COLOURS.map((colour) => (
    <button
      key={colour}
      type="button"
      aria-label={`Colour ${colour}`}
      aria-pressed={colour === (chosen ?? "yellow")}
      onClick={() => onChoose(colour)}
      className={cn(
        "rounded-full border",
        COLOURS[colour],
        colour === (chosen ?? "yellow") && "ring-2 ring-accent/50",
        className,
      )}
    />
  ));
}

export function newNote(notes: readonly FlowNote[], x: number, y: number): FlowNote {
  let n = notes.length + 1;
  while (notes.some((note) => note.id === `note_${n}`)) n += 1;
  return {
    id: `note_${n}`,
    text: "",
    position: { x, y },
    size: { width: WIDTH, height: HEIGHT },
    color: "yellow",
    type: "free",
  };
}

export function noteNodes(notes: FlowNote[] | undefined, onNotes?: (notes: FlowNote[]) => void): NoteNode[] {
  return (notes ?? []).map((note) => ({
    id: `note:${note.id}`,
    type: "note",
    position: note.position ?? { x: 200, y: 0 },
    width: note.size?.width ?? WIDTH,
    height: note.size?.height ?? HEIGHT,
    draggable: Boolean(onNotes) && !note.locked,
    dragHandle: ".note-handle",
    data: { note, notes: notes ?? [], onNotes },
  }));
}

/** A remark beside the steps. */
export const NoteBox = memo(function NoteBox({ data }: NodeProps<NoteNode>) {
  const { note, notes, onNotes } = data;
  const [text, setText] = useState(note.text);
  // Undo and the text view change a note from outside.
  useEffect(() => setText(note.text), [note.text]);
  const change = (part: Partial<FlowNote>) =>
    onNotes?.(notes.map((known) => (known.id === note.id ? { ...known, ...part } : known)));
  return (
    <div
      className={cn(
        "group/note flex h-full w-full flex-col overflow-hidden rounded-md border text-xs shadow-card",
        noteColour(note.color),
      )}
    >
      {onNotes && (
        <div className="note-handle flex h-5 shrink-0 cursor-grab items-center gap-1 px-1.5 opacity-0 transition-opacity group-focus-within/note:opacity-100 group-hover/note:opacity-100">
          <ColourButtons chosen={note.color} onChoose={(color) => change({ color })} className="size-3" />
          <button
            type="button"
            aria-label="Delete the note"
            onClick={() => onNotes(notes.filter((known) => known.id !== note.id))}
            className="ml-auto rounded text-muted hover:text-text"
          >
            <X className="size-3" aria-hidden />
          </button>
        </div>
      )}
      {onNotes ? (
        <textarea
          aria-label="Note"
          value={text}
          placeholder="Write a note"
          onChange={(event) => setText(event.target.value)}
          onBlur={() => text !== note.text && change({ text })}
          onKeyDown={(event) => event.stopPropagation()}
          className="nodrag nowheel thin-scroll min-h-0 flex-1 resize-none bg-transparent px-2.5 pb-2 leading-[18px] outline-none"
        />
      ) : (
        <p className="thin-scroll min-h-0 flex-1 overflow-auto whitespace-pre-wrap px-2.5 py-2 leading-[18px]">
          {note.text}
        </p>
      )}
    </div>
  );
});
