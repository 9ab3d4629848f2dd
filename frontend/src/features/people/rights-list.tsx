import { X } from "lucide-react";
import { Button } from "@/ui/button";
import { Select } from "@/ui/select";
import { OwnerPicker } from "./owner-picker";

type Choice<R extends string> = { value: R; label: string };

type RightsListProps<R extends string> = {
  rights: Readonly<Record<string, R>>;
  choices: readonly Choice<R>[];
  /** What a person or group gets first. */
  first: R;
  /** What stands there when nobody has a right. */
  nobody: string;
  /** Shows who has which right, and lets nobody change it. */
  fixed?: boolean;
  onGive: (who: string, right: R) => void;
  onTake: (who: string) => void;
};

/** Who has which right: people (`u/name`) and groups (`g/name`). */
export function RightsList<R extends string>(props: RightsListProps<R>) {
  const { rights, choices, first, nobody, fixed, onGive, onTake } = props;
  const entries = Object.entries(rights) as [string, R][];
  return (
    <div>
      <ul className="divide-y divide-line rounded-md border border-line">
        {entries.map(([who, right]) => (
          <li key={who} className="flex min-h-10 items-center gap-2 px-3 py-1">
            <span className="min-w-0 flex-1 truncate font-mono text-xs">{who}</span>
            {fixed ? (
              <span className="text-xs text-muted">
                {choices.find((choice) => choice.value === right)?.label}
              </span>
            ) : (
              <>
                <Select
                  aria-label={`Rights of ${who}`}
                  value={right}
                  onValue={(next) => onGive(who, next as R)}
                  options={choices}
                  className="w-40"
                />
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Remove ${who}`}
                  onClick={() => onTake(who)}
                >
                  <X />
                </Button>
              </>
            )}
          </li>
        ))}
        {entries.length === 0 && <li className="px-3 py-3 text-sm text-muted">{nobody}</li>}
      </ul>
      {!fixed && (
        <div className="mt-3">
          <OwnerPicker onPick={(who) => onGive(who, first)} exclude={entries.map(([who]) => who)} />
        </div>
      )}
    </div>
  );
}
