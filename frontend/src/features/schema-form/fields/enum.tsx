import { Combobox } from "@/ui/combobox";
import { Select } from "@/ui/select";
import { useForm } from "../context";
import type { Kind } from "../kind";
import type { ValueProps } from "./value";

const SEARCHED_FROM = 12;

type EnumProps = Omit<ValueProps, "kind"> & { kind: Extract<Kind, { kind: "enum" }> };

/** One of known values: a list, one with search where it is long, or radio buttons. */
export function EnumField({ id, at, value, onValue, kind, property: _property, ...aria }: EnumProps) {
  const { disabled } = useForm();
  const { values, labels, radio } = kind;
  const options = values.map((choice) => ({
    value: String(choice),
    label: labels[String(choice)] ?? String(choice),
  }));
  const chosen = value === undefined || value === null ? undefined : String(value);
  const choose = (next: string) =>
    onValue(next === "" ? undefined : values.find((choice) => String(choice) === next));
  if (radio) {
    return (
      <div role="radiogroup" id={id} aria-label={at} className="flex flex-col gap-1.5" {...aria}>
        {options.map((option) => (
          <label key={option.value} className="flex cursor-pointer items-center gap-2 text-sm">
            <input
              type="radio"
              name={`${id}-choice`}
              value={option.value}
              checked={chosen === option.value}
              disabled={disabled}
              onChange={() => choose(option.value)}
              className="size-4 accent-(--accent)"
            />
            {option.label}
          </label>
        ))}
      </div>
    );
  }
  if (options.length > SEARCHED_FROM) {
    return (
      <Combobox
        id={id}
        value={chosen ?? ""}
        onValue={choose}
        options={options}
        clearable
        disabled={disabled}
        {...aria}
      />
    );
  }
  return <Select id={id} value={chosen} onValue={choose} options={options} disabled={disabled} {...aria} />;
}
