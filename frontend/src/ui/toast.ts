import { toast } from "sonner";

export function tellDone(message: string, description?: string): void {
  toast.success(message, { description });
}

/** Says why nothing happened, where nothing went wrong. */
export function tellNote(
  message: string,
  description?: string,
  action?: { label: string; onClick: () => void },
): void {
  const onClick = () => {
    // Left before something opens: a toast that loses the keyboard while it goes takes it back to where it was.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    action?.onClick();
  };
  toast.info(message, { description, action: action && { label: action.label, onClick } });
}

/** Shows a failed action with the server's own sentence. */
export function tellError(error: unknown): void {
  const title = error instanceof Error && "title" in error ? String(error.title) : "That did not work";
  toast.error(title, { description: error instanceof Error ? error.message : String(error) });
}
