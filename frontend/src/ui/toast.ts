import { toast } from "sonner";

export function tellDone(message: string, description?: string): void {
  toast.success(message, { description });
}

/** Says why nothing happened, where nothing went wrong. */
export function tellNote(message: string, description?: string): void {
  toast.info(message, { description });
}

/** Shows a failed action with the server's own sentence. */
export function tellError(error: unknown): void {
  const title = error instanceof Error && "title" in error ? String(error.title) : "That did not work";
  toast.error(title, { description: error instanceof Error ? error.message : String(error) });
}
