import { useState } from "react";
import { Textarea } from "@/ui/input";
import { useForm } from "../context";
import { Unparsed } from "../values";
import type { ValueProps } from "./value";

/** JSON as text. Strict refuses what does not parse; otherwise such text is a string. */
export function JsonField({
  id,
  value,
  onValue,
  strict,
  at: _at,
  property: _property,
  kind: _kind,
  ...aria
}: ValueProps & { strict: boolean }) {
  const { disabled } = useForm();
  const shown =
    value instanceof Unparsed
      ? value.text
      : value === undefined
        ? ""
        : typeof value === "string" && !strict
          ? value
          : JSON.stringify(value, null, 2);
  // What was typed is kept while it means the same value, so that the text does not jump.
  const [typed, setTyped] = useState<{ text: string; value: unknown } | null>(null);
  const content = typed && Object.is(typed.value, value) ? typed.text : shown;
  const change = (next: string) => {
    let parsed: unknown;
    if (next.trim() === "") parsed = undefined;
    else {
      try {
        parsed = JSON.parse(next);
      } catch {
        parsed = strict && !/^\$(res|var|jsonvar):/.test(next) ? new Unparsed(next) : next;
      }
    }
    setTyped({ text: next, value: parsed });
    onValue(parsed);
  };
  return (
    <Textarea
      id={id}
      value={content}
      onChange={(event) => change(event.target.value)}
      rows={Math.min(12, Math.max(3, content.split("\n").length))}
      spellCheck={false}
      placeholder={strict ? "{}" : "JSON or text"}
      disabled={disabled}
      {...aria}
      className="font-mono text-xs"
    />
  );
}
