import { Lock } from "lucide-react";
import type { Args } from "@/api/types";
import { Badge } from "@/ui/badge";

const MARK = "$sealed:";

/** Whether a value is the text that stands for an input that was made of a secret. */
export const isSealed = (value: unknown): value is string =>
  typeof value === "string" && value.startsWith(MARK);

/** Whether anything sealed stands in a value, at any depth. */
export function holdsSealed(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isSealed(value);
  return Object.values(value).some(holdsSealed);
}

/** The value in words: what is sealed is called so, where it stands in something larger. */
export function inWords(value: unknown): unknown {
  if (isSealed(value)) return "sealed";
  if (!holdsSealed(value)) return value;
  if (Array.isArray(value)) return value.map(inWords);
  return Object.fromEntries(Object.entries(value as object).map(([name, member]) => [name, inWords(member)]));
}

/** Which run the sealed arguments of a new one are taken from; nothing where none are sealed. */
export const takenFrom = (run: string | null | undefined, args: Args) =>
  run && holdsSealed(args) ? { sealed_inputs_of: run } : {};

/** What is shown of an input that was made of a secret. */
export function SealedBadge() {
  return (
    <Badge title="It was made of a secret, and opens only where it runs.">
      <Lock aria-hidden /> sealed
    </Badge>
  );
}
