import { ArrowDown, ArrowUp, Check, Plus, X } from "lucide-react";
import type { Property } from "@/api/types";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { useForm } from "../context";
import { fieldKind } from "../kind";
import { ValueField } from "./value";

type ListProps = {
  at: string;
  item: Property;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
};

function emptyItem(item: Property): unknown {
  const kind = fieldKind(item).kind;
  return kind === "boolean" ? false : kind === "object" || kind === "one-of" ? {} : undefined;
}

function moved(items: readonly unknown[], from: number, to: number): unknown[] {
  const list = [...items];
  const [item] = list.splice(from, 1);
  list.splice(to, 0, item);
  return list;
}

/** A list whose items each have the field of their type. */
export function ListField({ at, item, value, onValue, disabled }: ListProps) {
  const { errors } = useForm();
  const items = Array.isArray(value) ? value : [];
  const kind = fieldKind(item);
  const boxed = kind.kind === "object" || kind.kind === "one-of";
  const replace = (index: number, next: unknown) =>
    onValue(items.map((old, position) => (position === index ? next : old)));
  const add = () => {
    onValue([...items, emptyItem(item) ?? (kind.kind === "text" ? "" : null)]);
    // Who adds an item writes it next.
    requestAnimationFrame(() => document.getElementById(`arg-${at}[${items.length}]`)?.focus());
  };
  /** Enter in the last line of several goes on to the next, as in any list that is written. */
  const onEnter = (event: React.KeyboardEvent, index: number) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.nativeEvent.isComposing;
    if (event.key !== "Enter" || !plain || !(event.target instanceof HTMLInputElement)) return;
    if (boxed || index < items.length - 1 || event.target.value === "") return;
    event.preventDefault();
    add();
  };
  return (
    <div className="flex flex-col gap-1.5">
      {items.map((entry, index) => {
        const place = `${at}[${index}]`;
        return (
          <div key={index}>
            <div className={cn("flex gap-1", boxed ? "items-start" : "items-center")}>
              {/* biome-ignore lint/a11y/noStaticElementInteractions: hears what the field in it leaves */}
              <div className="min-w-0 flex-1" onKeyDown={(event) => onEnter(event, index)}>
                <ValueField
                  id={`arg-${place}`}
                  at={place}
                  property={item}
                  kind={kind}
                  value={entry === null ? undefined : entry}
                  onValue={(next) => replace(index, next === undefined && kind.kind === "text" ? "" : next)}
                  aria-invalid={errors[place] ? true : undefined}
                  aria-label={`Item ${index + 1} of ${at}`}
                />
              </div>
              {!disabled && items.length > 1 && (
                <>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Move item ${index + 1} up`}
                    disabled={index === 0}
                    onClick={() => onValue(moved(items, index, index - 1))}
                  >
                    <ArrowUp />
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Move item ${index + 1} down`}
                    disabled={index === items.length - 1}
                    onClick={() => onValue(moved(items, index, index + 1))}
                  >
                    <ArrowDown />
                  </Button>
                </>
              )}
              {!disabled && (
                <Button
                  variant="ghost"
                  size="icon"
                  aria-label={`Remove item ${index + 1}`}
                  onClick={() => onValue(items.filter((_, position) => position !== index))}
                >
                  <X />
                </Button>
              )}
            </div>
            {errors[place] && (
              <p role="alert" className="mt-1 text-xs text-danger">
                {errors[place]}
              </p>
            )}
          </div>
        );
      })}
      {!disabled && (
        <Button size="sm" className="self-start" onClick={add}>
          <Plus /> Add item
        </Button>
      )}
    </div>
  );
}

type ChoicesProps = {
  at: string;
  values: readonly string[];
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
};

/** Any number of known values. */
export function Choices({ at, values, value, onValue, disabled }: ChoicesProps) {
  const chosen = Array.isArray(value) ? (value as unknown[]) : [];
  return (
    // biome-ignore lint/a11y/useSemanticElements: the fieldset around it carries the legend
    <div role="group" aria-label={at} className="flex flex-wrap gap-1.5">
      {values.map((choice) => {
        const on = chosen.includes(choice);
        return (
          <button
            key={choice}
            type="button"
            aria-pressed={on}
            disabled={disabled}
            onClick={() =>
              onValue(values.filter((known) => (known === choice ? !on : chosen.includes(known))))
            }
            className={cn(
              "flex h-7 items-center gap-1.5 rounded-md border border-line-strong/80 bg-surface px-2.5 text-xs text-muted hover:text-text",
              on && "border-accent/50 bg-accent-soft text-accent-text hover:text-accent-text",
            )}
          >
            {on && <Check className="size-3" aria-hidden />}
            {choice}
          </button>
        );
      })}
    </div>
  );
}
