import { Field } from "@/ui/field";
import { Input } from "@/ui/input";

/** Whether a folder or group can be called so. */
export function isName(name: string): boolean {
  return /^[\w-]+$/.test(name);
}

type NameFieldsProps = {
  name: string;
  onName: (name: string) => void;
  /** A name is chosen once. */
  fixed: boolean;
  summary: string;
  onSummary: (summary: string) => void;
};

/** Name and summary of a folder or group. */
export function NameFields({ name, onName, fixed, summary, onSummary }: NameFieldsProps) {
  return (
    <>
      {!fixed && (
        <Field label="Name" required error={name && !isName(name) ? "Letters, digits, “_” and “-”." : null}>
          <Input
            value={name}
            onChange={(event) => onName(event.target.value)}
            className="font-mono text-xs"
            autoFocus
            placeholder="finance"
          />
        </Field>
      )}
      <Field label="Summary" optional>
        <Input value={summary} onChange={(event) => onSummary(event.target.value)} />
      </Field>
    </>
  );
}
