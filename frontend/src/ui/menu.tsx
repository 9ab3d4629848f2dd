import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";

export const Menu = Radix.Root;
export const MenuTrigger = Radix.Trigger;

export function MenuContent({ className, ...rest }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        sideOffset={4}
        align="end"
        collisionPadding={8}
        className={cn(
          "z-60 min-w-44 rounded-lg border border-line bg-raised p-1 shadow-float outline-none animate-fade",
          className,
        )}
        {...rest}
      />
    </Radix.Portal>
  );
}

type MenuItemProps = ComponentProps<typeof Radix.Item> & {
  icon?: ReactNode;
  danger?: boolean;
  trailing?: ReactNode;
};

export function MenuItem({ icon, danger, trailing, className, children, asChild, ...rest }: MenuItemProps) {
  const classes = cn(
    "flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none select-none data-[highlighted]:bg-hover data-[disabled]:pointer-events-none data-[disabled]:opacity-50 [&_svg]:size-3.5 [&_svg]:text-faint",
    danger && "text-danger [&_svg]:text-danger",
    className,
  );
  if (asChild) {
    return (
      <Radix.Item asChild className={classes} {...rest}>
        {children}
      </Radix.Item>
    );
  }
  return (
    <Radix.Item className={classes} {...rest}>
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {trailing}
    </Radix.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1 text-xs text-faint">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

/** An entry that is on or off; the menu stays open, so that several can be set. */
export function MenuCheckItem({
  checked,
  onChecked,
  children,
}: {
  checked: boolean;
  onChecked: (on: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChecked}
      onSelect={(event) => event.preventDefault()}
      className="flex cursor-pointer items-center gap-2.5 rounded-md px-2 py-1.5 text-sm outline-none select-none data-[highlighted]:bg-hover"
    >
      <span className="flex size-3.5 items-center justify-center rounded-sm border border-line-strong">
        <Radix.ItemIndicator>
          <Check className="size-3 text-accent-text" aria-hidden />
        </Radix.ItemIndicator>
      </span>
      {children}
    </Radix.CheckboxItem>
  );
}
