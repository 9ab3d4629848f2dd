import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cn } from "./cn";
import { fieldLook } from "./input";

export type Option = { value: string; label: ReactNode; hint?: ReactNode };

type SelectProps = {
  value: string | undefined;
  onValue: (value: string) => void;
  options: readonly Option[];
  placeholder?: string;
  className?: string;
  disabled?: boolean;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

// Radix reserves the empty string for "nothing chosen"; options may mean something by it.
const EMPTY = "__empty__";

/** A single choice among a few known options. For many options use Combobox. */
export function Select({ value, onValue, options, placeholder, className, disabled, ...rest }: SelectProps) {
  const known = options.some((option) => option.value === value);
  const current = value === "" && known ? EMPTY : known ? value : "";
  return (
    <Radix.Root
      value={current}
      onValueChange={(next) => onValue(next === EMPTY ? "" : next)}
      disabled={disabled}
    >
      <Radix.Trigger
        className={cn(
          fieldLook,
          "inline-flex h-8 items-center justify-between gap-2 text-left data-[placeholder]:text-faint [&>span]:truncate",
          className,
        )}
        {...rest}
      >
        <Radix.Value placeholder={placeholder ?? "Choose…"} />
        <ChevronDown className="size-3.5 shrink-0 text-faint" aria-hidden />
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          className="z-60 max-h-72 min-w-(--radix-select-trigger-width) max-w-[90vw] overflow-hidden rounded-lg border border-line bg-raised shadow-float animate-fade"
        >
          <Radix.Viewport className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value === "" ? EMPTY : option.value}
                className="flex cursor-pointer items-center gap-2 rounded-md py-1.5 pl-2 pr-7 text-sm outline-none data-[highlighted]:bg-hover relative"
              >
                <Radix.ItemText>{option.label}</Radix.ItemText>
                {option.hint && <span className="text-xs text-faint">{option.hint}</span>}
                <Radix.ItemIndicator className="absolute right-2">
                  <Check className="size-3.5 text-accent-text" />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
