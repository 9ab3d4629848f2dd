import { Plus, X } from "lucide-react";
import { Button } from "./button";
import { Input } from "./input";

export type NameValue = { name: string; value: string };

type NameValuesProps = {
  /** What a row is, in the singular. */
  noun: string;
  rows: readonly NameValue[];
  onRows: (rows: NameValue[]) => void;
};

/** Names with texts, a row each. */
export function NameValues({ noun, rows, onRows }: NameValuesProps) {
  const set = (index: number, change: Partial<NameValue>) =>
    onRows(rows.map((row, position) => (position === index ? { ...row, ...change } : row)));
  return (
    <div className="flex flex-col gap-2">
      {rows.map((row, index) => (
        <div key={index} className="grid grid-cols-[2fr_3fr_auto] items-center gap-2">
          <Input
            aria-label={`Name of ${noun} ${index + 1}`}
            value={row.name}
            onChange={(event) => set(index, { name: event.target.value })}
            placeholder="NAME"
            spellCheck={false}
            className="font-mono text-xs"
          />
          <Input
            aria-label={`Value of ${row.name || `${noun} ${index + 1}`}`}
            value={row.value}
            onChange={(event) => set(index, { value: event.target.value })}
            spellCheck={false}
            className="font-mono text-xs"
          />
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label={`Remove ${row.name || `${noun} ${index + 1}`}`}
            onClick={() => onRows(rows.filter((_, position) => position !== index))}
          >
            <X />
          </Button>
        </div>
      ))}
      <Button size="sm" className="self-start" onClick={() => onRows([...rows, { name: "", value: "" }])}>
        <Plus /> Add {noun}
      </Button>
    </div>
  );
}
