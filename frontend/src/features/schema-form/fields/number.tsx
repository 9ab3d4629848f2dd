import { Input } from "@/ui/input";
import { useForm } from "../context";
import type { Kind } from "../kind";
import type { ValueProps } from "./value";

/** The amount as people of the browser's language write it. */
function inWords(amount: number, currency: string, locale: string | undefined): string | null {
  try {
    return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
  } catch {
    return null;
  }
}

type NumberProps = Omit<ValueProps, "kind"> & { kind: Extract<Kind, { kind: "number" }> };

/** A number, with a slider where both ends are known, and the amount in words where it is money. */
export function NumberField({ id, value, onValue, property, kind, at: _at, ...aria }: NumberProps) {
  const { disabled } = useForm();
  const { integer, min, max, slider } = kind;
  const number = typeof value === "number" ? value : undefined;
  const step = integer ? 1 : "any";
  const said =
    property.currency && number !== undefined
      ? inWords(number, property.currency, property.currencyLocale)
      : null;
  return (
    <div className="flex items-center gap-3">
      {slider && (
        <input
          type="range"
          aria-label={`Slide to choose ${property.title ?? "a number"}`}
          min={min}
          max={max}
          step={step}
          value={number ?? min}
          disabled={disabled}
          onChange={(event) => onValue(Number(event.target.value))}
          className="min-w-0 flex-1 accent-(--accent)"
        />
      )}
      <Input
        id={id}
        type="number"
        inputMode={integer ? "numeric" : "decimal"}
        step={step}
        min={min}
        max={max}
        value={number === undefined || Number.isNaN(number) ? "" : number}
        placeholder={typeof property.default === "number" ? String(property.default) : property.placeholder}
        disabled={disabled}
        onChange={(event) => onValue(event.target.value === "" ? undefined : Number(event.target.value))}
        className={slider ? "w-24 shrink-0" : undefined}
        {...aria}
      />
      {property.currency && (
        <span className="shrink-0 text-xs text-muted tabular-nums">{said ?? property.currency}</span>
      )}
    </div>
  );
}
