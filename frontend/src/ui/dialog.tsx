import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useRef } from "react";
import { Button } from "./button";
import { cn } from "./cn";
import { focusAgain, placeOfFocus } from "./focus";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
  /** `drawer` slides in from the right and fills the height. */
  shape?: "dialog" | "drawer";
  width?: string;
};

/** What somebody who opens a dialog most likely goes to: what is marked with `data-first`, else its first field. */
function startOf(content: HTMLElement, body: HTMLElement | null): HTMLElement | null {
  const marked = content.querySelector<HTMLElement>("[data-first]");
  if (marked) return marked;
  const fields = body?.querySelectorAll<HTMLElement>("input, textarea, button[role='combobox']") ?? [];
  const usable = (field: HTMLElement) => !field.matches(":disabled") && field.getClientRects().length > 0;
  return [...fields].find(usable) ?? null;
}

/** A modal window or drawer with title, scrolling body and pinned footer; the keyboard returns to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  shape = "dialog",
  width,
}: DialogProps) {
  const drawer = shape === "drawer";
  const body = useRef<HTMLDivElement>(null);
  // Asked while drawing: by the time of an effect, a field of the dialog may have taken the keyboard.
  const before = useRef<HTMLElement | null>(null);
  const wasOpen = useRef(false);
  if (open !== wasOpen.current) {
    wasOpen.current = open;
    if (open) before.current = placeOfFocus();
  }
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-(--scrim) animate-fade" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            const content = event.target as HTMLElement;
            // The closing button comes first in the order, and is not what anybody opened the dialog for.
            (startOf(content, body.current) ?? content).focus();
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            focusAgain(before.current);
          }}
          className={cn(
            "fixed z-50 flex flex-col border-line bg-raised shadow-float outline-none",
            drawer
              ? "inset-y-0 right-0 w-full border-l animate-slide sm:w-[var(--w)]"
              : "left-1/2 top-[8vh] max-h-[84vh] w-[calc(100vw-24px)] -translate-x-1/2 rounded-xl border animate-rise sm:w-[var(--w)]",
          )}
          style={{ "--w": width ?? (drawer ? "520px" : "480px") } as React.CSSProperties}
        >
          <header className="flex items-start gap-3 border-b border-line px-5 py-3.5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              {description && (
                <Radix.Description className="mt-0.5 text-sm text-muted">{description}</Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mr-2">
                <X />
              </Button>
            </Radix.Close>
          </header>
          <div ref={body} className="thin-scroll min-h-0 flex-1 overflow-y-auto px-5 py-4">
            {children}
          </div>
          {footer && (
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
