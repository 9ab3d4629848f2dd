import type { ReactNode } from "react";
import { Button } from "./button";
import { Dialog } from "./dialog";

type EditDrawerProps = {
  title: ReactNode;
  description?: ReactNode;
  /** Whether what is edited exists already. */
  exists: boolean;
  busy: boolean;
  disabled?: boolean;
  cancel?: string;
  /** Stands beside the buttons. */
  note?: ReactNode;
  onSave: () => void;
  onClose: () => void;
  children: ReactNode;
};

/** Makes something or changes it, in a drawer. */
export function EditDrawer({
  title,
  description,
  exists,
  busy,
  disabled,
  cancel = "Cancel",
  note,
  onSave,
  onClose,
  children,
}: EditDrawerProps) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      shape="drawer"
      title={title}
      description={description}
      footer={
        <>
          {note}
          <Button onClick={onClose}>{cancel}</Button>
          <Button variant="primary" busy={busy} disabled={disabled} onClick={onSave}>
            {exists ? "Save" : "Create"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">{children}</div>
    </Dialog>
  );
}
