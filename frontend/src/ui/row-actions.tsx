import { Pencil, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { useConfirm } from "./confirm";

/** The small buttons at the end of a row. */
export function RowActions({ children }: { children: ReactNode }) {
  return <span className="flex justify-end gap-0.5">{children}</span>;
}

export function EditAction({ name, onEdit }: { name: string; onEdit: () => void }) {
  return (
    <Button variant="ghost" size="icon-sm" aria-label={`Edit ${name}`} onClick={onEdit}>
      <Pencil />
    </Button>
  );
}

type DeleteActionProps = {
  name: string;
  /** What is asked before, and what follows from it. */
  question: string;
  consequence: string;
  verb?: string;
  onDelete: () => void;
};

/** Deletes after the person has agreed. */
export function DeleteAction({ name, question, consequence, verb = "Delete", onDelete }: DeleteActionProps) {
  const confirm = useConfirm();
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      aria-label={`${verb} ${name}`}
      onClick={async () => {
        if (await confirm({ title: question, body: consequence, action: verb })) onDelete();
      }}
    >
      <Trash2 />
    </Button>
  );
}
