import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button";
import { cn } from "./cn";

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

/** A modal window or drawer with title, scrolling body and pinned footer. */
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
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-50 bg-(--scrim) animate-fade" />
        <Radix.Content
          {...(description ? {} : { "aria-describedby": undefined })}
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
          <div className="thin-scroll min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {footer && (
            <footer className="flex justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
