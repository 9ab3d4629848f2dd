import { Popover as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

export const Popover = Radix.Root;
export const PopoverTrigger = Radix.Trigger;
export const PopoverAnchor = Radix.Anchor;

type PopoverContentProps = ComponentProps<typeof Radix.Content> & {
  /** What screen readers call it: to them it is a dialog. */
  "aria-label": string;
};

export function PopoverContent({ className, ...rest }: PopoverContentProps) {
  return (
    <Radix.Portal>
      <Radix.Content
        sideOffset={4}
        align="start"
        collisionPadding={8}
        className={cn(
          "z-60 max-w-[calc(100vw-16px)] rounded-lg border border-line bg-raised p-3 shadow-float outline-none animate-fade",
          className,
        )}
        {...rest}
      />
    </Radix.Portal>
  );
}
