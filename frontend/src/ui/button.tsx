import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ButtonHTMLAttributes, Ref } from "react";
import { cn } from "./cn";

const look = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium transition-colors select-none disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-50 aria-disabled:cursor-default [&_svg]:shrink-0 [&_svg]:size-3.5",
  {
    variants: {
      variant: {
        primary: "bg-accent text-on-accent hover:bg-accent-hover shadow-card",
        secondary: "border border-line-strong/80 bg-surface text-text hover:bg-hover shadow-card",
        ghost: "text-muted hover:bg-hover hover:text-text",
        danger: "bg-danger-fill text-white hover:brightness-95 shadow-card",
        "danger-ghost": "text-danger hover:bg-danger-soft",
        link: "text-accent-text hover:underline underline-offset-2 !px-0 !h-auto",
      },
      size: {
        sm: "h-7 px-2.5 text-xs",
        md: "h-8 px-3 text-sm",
        lg: "h-10 px-4 text-base",
        icon: "size-8",
        "icon-sm": "size-7",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> &
  VariantProps<typeof look> & { asChild?: boolean; busy?: boolean; ref?: Ref<HTMLButtonElement> };

/**
 * A button, or with `asChild` its child dressed as one. `busy` shows a spinner and blocks clicks; it stays where the
 * keyboard is, which a disabled button does not.
 */
export function Button({
  className,
  variant,
  size,
  asChild,
  busy,
  children,
  disabled,
  onClick,
  ...rest
}: ButtonProps) {
  const classes = cn(look({ variant, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={classes} onClick={onClick} {...rest}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type="button"
      className={classes}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
