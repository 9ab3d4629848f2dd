import { ArrowDown, ArrowUp, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { Schema } from "@/api/types";
import { moveProperty } from "@/features/schema-form/edits";
import { orderedNames } from "@/features/schema-form/kind";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";

type OpenButtonProps = { isOpen: boolean; onToggle: () => void; className?: string; children: ReactNode };

/** What is said of a property in one line; opens what can be set of it. */
export function OpenButton({ isOpen, onToggle, className, children }: OpenButtonProps) {
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={onToggle}
      className={cn("flex min-w-0 flex-1 items-center gap-2 text-left", className)}
    >
      <ChevronRight
        className={cn("size-3.5 shrink-0 text-faint transition-transform", isOpen && "rotate-90")}
        aria-hidden
      />
      {children}
    </button>
  );
}

type MoveButtonsProps = { schema: Schema; name: string; onSchema: (schema: Schema) => void };

/** Moves a property up or down among the others. */
export function MoveButtons({ schema, name, onSchema }: MoveButtonsProps) {
  const names = orderedNames(schema);
  const at = names.indexOf(name);
  const ways = [
    { by: -1, label: `Move ${name} up`, icon: <ArrowUp />, end: at === 0 },
    { by: 1, label: `Move ${name} down`, icon: <ArrowDown />, end: at === names.length - 1 },
  ];
  return ways.map(({ by, label, icon, end }) => (
    <Button
      key={by}
      variant="ghost"
      size="icon-sm"
      aria-label={label}
      disabled={end}
      onClick={() => onSchema(moveProperty(schema, names, name, by))}
    >
      {icon}
    </Button>
  ));
}
