import { Search, X } from "lucide-react";
import type { InputHTMLAttributes, Ref, TextareaHTMLAttributes } from "react";
import { cn } from "./cn";

export const fieldLook =
  "w-full rounded-md border border-line-strong/80 bg-surface px-2.5 text-sm text-text shadow-card transition-[border-color] hover:border-line-strong focus:border-accent focus:outline-2 focus:-outline-offset-1 focus:outline-accent/30 disabled:opacity-60 disabled:bg-sunken aria-invalid:border-danger-solid";

export type InputProps = InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> };

export function Input({ className, ...rest }: InputProps) {
  return <input className={cn(fieldLook, "h-8", className)} {...rest} />;
}

export type TextareaProps = TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> };

export function Textarea({ className, ...rest }: TextareaProps) {
  return <textarea className={cn(fieldLook, "min-h-20 py-1.5 leading-5", className)} {...rest} />;
}

/** A search box that can be emptied by its cross or Escape. */
export function SearchInput({
  value,
  onValue,
  className,
  label,
  ...rest
}: Omit<InputProps, "onChange" | "value"> & {
  value: string;
  onValue: (value: string) => void;
  label: string;
}) {
  return (
    <div className={cn("relative", className)}>
      <Search className="pointer-events-none absolute left-2.5 top-2.25 size-3.5 text-faint" aria-hidden />
      <Input
        type="text"
        role="searchbox"
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value) onValue("");
        }}
        className="px-8"
        {...rest}
      />
      {value && (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => onValue("")}
          className="absolute right-1.5 top-1.5 rounded p-1 text-faint hover:text-text"
        >
          <X className="size-3" />
        </button>
      )}
    </div>
  );
}
