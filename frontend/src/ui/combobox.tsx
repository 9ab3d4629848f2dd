import { Command } from "cmdk";
import { Check, ChevronsUpDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import { cn } from "./cn";
import { fieldLook } from "./input";
import { Popover, PopoverContent, PopoverTrigger } from "./popover";

export type ComboOption = {
  value: string;
  label?: string;
  hint?: ReactNode;
  /** What else finds it. */
  words?: string;
};

type ComboboxProps = {
  value: string;
  onValue: (value: string) => void;
  options: readonly ComboOption[];
  placeholder?: string;
  empty?: ReactNode;
  /** Shown under the list: for instance "New resource". */
  footer?: ReactNode;
  loading?: boolean;
  clearable?: boolean;
  /** Lets the typed text itself be chosen. */
  free?: boolean;
  onSearch?: (text: string) => void;
  onOpen?: (open: boolean) => void;
  className?: string;
  disabled?: boolean;
  id?: string;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

/** A choice among many options with search. */
export function Combobox({
  value,
  onValue,
  options,
  placeholder = "Choose…",
  empty = "Nothing found",
  footer,
  loading,
  clearable,
  free,
  onSearch,
  onOpen,
  className,
  disabled,
  ...rest
}: ComboboxProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const chosen = options.find((option) => option.value === value);
  const show = (next: boolean) => {
    setOpen(next);
    onOpen?.(next);
  };
  const choose = (next: string) => {
    onValue(next);
    show(false);
    setText("");
  };
  return (
    <Popover open={open} onOpenChange={show}>
      <PopoverTrigger asChild disabled={disabled}>
        <button
          type="button"
          role="combobox"
          aria-expanded={open}
          className={cn(fieldLook, "flex h-8 items-center justify-between gap-2 text-left", className)}
          {...rest}
        >
          <span className={cn("truncate", !value && "text-faint")}>
            {chosen?.label ?? (value || placeholder)}
          </span>
          <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden />
        </button>
      </PopoverTrigger>
      <PopoverContent
        aria-label={rest["aria-label"] ?? "Choices"}
        className="w-(--radix-popover-trigger-width) min-w-56 p-0"
      >
        <Command loop>
          <Command.Input
            autoFocus
            value={text}
            onValueChange={(next) => {
              setText(next);
              onSearch?.(next);
            }}
            placeholder="Search…"
            className="h-9 w-full border-b border-line bg-transparent px-3 text-sm outline-none"
          />
          <Command.List className="thin-scroll max-h-60 overflow-y-auto p-1">
            {loading && <div className="px-2 py-3 text-center text-xs text-muted">Loading…</div>}
            {!loading && !(free && text) && (
              <Command.Empty className="px-2 py-3 text-center text-xs text-muted">{empty}</Command.Empty>
            )}
            {clearable && value && !text && (
              <Command.Item value="__clear__" onSelect={() => choose("")} className={itemLook}>
                <span className="text-muted">Clear</span>
              </Command.Item>
            )}
            {options.map((option) => (
              <Command.Item
                key={option.value}
                value={`${option.value} ${option.label ?? ""}`}
                keywords={option.words ? [option.words] : undefined}
                onSelect={() => choose(option.value)}
                className={itemLook}
              >
                <span className="truncate">{option.label ?? option.value}</span>
                {option.hint && <span className="shrink-0 text-xs text-faint">{option.hint}</span>}
                {option.value === value && <Check className="ml-auto size-3.5 shrink-0 text-accent-text" />}
              </Command.Item>
            ))}
            {free && text && !options.some((option) => option.value === text) && (
              <Command.Item
                value={`__free__ ${text}`}
                forceMount
                onSelect={() => choose(text)}
                className={itemLook}
              >
                Use “{text}”
              </Command.Item>
            )}
          </Command.List>
        </Command>
        {footer && <div className="border-t border-line p-1">{footer}</div>}
      </PopoverContent>
    </Popover>
  );
}

const itemLook =
  "flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 text-sm data-[selected=true]:bg-hover";
