import { ChevronRight } from "lucide-react";
import { type ComponentType, type ReactNode, useId, useState } from "react";
import { Badge } from "@/ui/badge";
import { cn } from "@/ui/cn";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Switch } from "@/ui/switch";

/** One setting that can be on or off, with its details while it is on. */
export function SettingGroup({
  icon: Icon,
  title,
  hint,
  summary,
  isOn,
  onSwitch,
  hasProblem,
  initiallyOpen = false,
  children,
}: {
  icon: ComponentType<{ className?: string }>;
  title: string;
  hint: string;
  /** What is set, in a few words. */
  summary?: string;
  isOn: boolean;
  /** Absent: the group only opens and closes. */
  onSwitch?: (on: boolean) => void;
  hasProblem?: boolean;
  initiallyOpen?: boolean;
  children: ReactNode;
}) {
  const [opened, setOpened] = useState(initiallyOpen);
  const open = opened || Boolean(hasProblem);
  const id = useId();
  return (
    <section className="rounded-lg border border-line bg-surface">
      <header className="flex items-center gap-2.5 pr-3">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpened(!opened)}
          className="flex min-w-0 flex-1 items-center gap-2.5 rounded-lg py-2.5 pl-3 text-left"
        >
          <Icon className={cn("size-4 shrink-0", isOn ? "text-accent-text" : "text-faint")} aria-hidden />
          <span className="min-w-0 flex-1">
            <span className="block text-sm font-medium">{title}</span>
            <span className="block truncate text-xs text-muted">{(isOn && summary) || hint}</span>
          </span>
          {hasProblem && <Badge tone="danger">Check</Badge>}
          <ChevronRight
            className={cn("size-3.5 shrink-0 text-faint transition-transform", open && "rotate-90")}
            aria-hidden
          />
        </button>
        {onSwitch && (
          <Switch
            aria-label={title}
            checked={isOn}
            onCheckedChange={(on) => {
              onSwitch(on);
              setOpened(on);
            }}
          />
        )}
      </header>
      {open && (
        <div id={id} className="flex flex-col gap-4 border-t border-line px-3 py-3.5">
          {isOn || !onSwitch ? (
            children
          ) : (
            <p className="text-sm text-muted">{hint} Switch it on to set it.</p>
          )}
        </div>
      )}
    </section>
  );
}

export function NumberField({
  label,
  hint,
  unit,
  value,
  onValue,
  min = 0,
  step = 1,
  placeholder,
}: {
  label: string;
  hint?: string;
  unit?: string;
  value: number | undefined | null;
  onValue: (value: number | undefined) => void;
  min?: number;
  step?: number | "any";
  placeholder?: string;
}) {
  return (
    <Field label={label} hint={hint} aside={unit && <span className="text-xs text-faint">{unit}</span>}>
      <Input
        type="number"
        min={min}
        step={step}
        value={value ?? ""}
        placeholder={placeholder}
        onChange={(event) => {
          const next = event.target.valueAsNumber;
          onValue(Number.isNaN(next) ? undefined : Math.max(min, next));
        }}
      />
    </Field>
  );
}

export function Toggle({
  label,
  hint,
  checked,
  onChecked,
}: {
  label: string;
  hint?: string;
  checked: boolean;
  onChecked: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-start justify-between gap-4">
      <label htmlFor={id} className="min-w-0">
        <span className="block text-sm font-medium">{label}</span>
        {hint && <span className="block text-xs text-muted text-pretty">{hint}</span>}
      </label>
      <Switch id={id} checked={checked} onCheckedChange={onChecked} className="mt-0.5" />
    </div>
  );
}
