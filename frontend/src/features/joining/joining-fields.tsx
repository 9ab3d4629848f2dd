import { NumberField } from "@/features/flow-builder/fields";
import type { Debouncing } from "@/flow-graph/types";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";

function whole(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}

type Props = {
  value: Debouncing;
  onChange: (change: Debouncing) => void;
  /** What is joined where no key says it. */
  byDefault?: string;
};

/** How runs that come shortly after each other become one: the fields for it, the same for scripts, flows and steps. */
export function JoiningFields({ value, onChange, byDefault = "equal inputs" }: Props) {
  return (
    <>
      <div className="grid grid-cols-3 gap-3 max-sm:grid-cols-1">
        <NumberField
          label="Join within"
          unit="seconds"
          min={1}
          value={value.debounce_delay_s}
          onValue={(delay) => onChange({ debounce_delay_s: whole(delay) })}
          placeholder="not joined"
        />
        <NumberField
          label="Wait at most"
          unit="seconds"
          min={1}
          value={value.max_total_debouncing_time}
          onValue={(time) => onChange({ max_total_debouncing_time: whole(time) })}
          placeholder="no limit"
        />
        <NumberField
          label="Join at most"
          unit="runs"
          min={1}
          value={value.max_total_debounces_amount}
          onValue={(amount) => onChange({ max_total_debounces_amount: whole(amount) })}
          placeholder="no limit"
        />
      </div>
      <Field
        label="Joined by"
        hint="Runs with the same key are joined. $args[name] and $workspace are filled in."
        optional
      >
        <Input
          value={value.debounce_key ?? ""}
          onChange={(event) => onChange({ debounce_key: event.target.value || undefined })}
          placeholder={byDefault}
          className="font-mono text-xs"
        />
      </Field>
      <Field
        label="Collected inputs"
        hint="Names, separated by commas. The run gets the items of all that it runs for."
        optional
      >
        <Input
          defaultValue={value.debounce_args_to_accumulate?.join(", ") ?? ""}
          onChange={(event) => {
            const names = event.target.value
              .split(",")
              .map((name) => name.trim())
              .filter(Boolean);
            onChange({ debounce_args_to_accumulate: names.length > 0 ? names : undefined });
          }}
          className="font-mono text-xs"
        />
      </Field>
    </>
  );
}
