import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

/** Why somebody without the right to write looks at an item and does not change it. */
export const READ_ONLY = "You may read this and not change it.";

type EditDrawerProps = {
  title: ReactNode;
  description?: ReactNode;
  /** Whether what is edited exists already. */
  exists: boolean;
  busy: boolean;
  disabled?: boolean;
  /** Why it can be looked at and not changed. */
  locked?: string | false;
  cancel?: string;
  /** Stands beside the buttons. */
  note?: ReactNode;
  onSave: () => void;
  onClose: () => void;
  children: ReactNode;
  /** Below what is edited; can be looked through also where nothing may be changed. */
  below?: ReactNode;
};

/** Makes something or changes it, in a drawer. */
export function EditDrawer({
  title,
  description,
  exists,
  busy,
  disabled,
  locked,
  cancel = "Cancel",
  note,
  onSave,
  onClose,
  children,
  below,
}: EditDrawerProps) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      shape="drawer"
      title={title}
      description={description}
      footer={
        locked ? (
          <Button onClick={onClose}>Close</Button>
        ) : (
          <>
            {note}
            <Button onClick={onClose}>{cancel}</Button>
            <Button variant="primary" busy={busy} disabled={disabled} onClick={onSave}>
              {exists ? "Save" : "Create"}
            </Button>
          </>
        )
      }
    >
      {locked && (
        <p className="mb-4 flex items-center gap-2 rounded-md border border-line bg-sunken px-3 py-2 text-sm text-muted">
          <Lock className="size-3.5 shrink-0" aria-hidden /> {locked}
        </p>
      )}
      <fieldset disabled={Boolean(locked)} className="flex min-w-0 flex-col gap-5">
        {children}
      </fieldset>
      {below && <div className="mt-5">{below}</div>}
    </Dialog>
  );
}
