import type { Args, Property } from "@/api/types";
import { Select } from "@/ui/select";
import { Segmented } from "@/ui/tabs";
import { isShown } from "../condition";
import { discriminator, type Kind, orderedNames } from "../kind";
import { ArgumentField } from "./argument";

const frame = "flex flex-col gap-4 rounded-md border border-line bg-sunken/50 p-3";

function asRecord(value: unknown): Args {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Args) : {};
}

type ObjectProps = {
  at: string;
  kind: Extract<Kind, { kind: "object" }>;
  value: unknown;
  onValue: (value: unknown) => void;
};

/** An object with known members. */
export function ObjectField({ at, kind, value, onValue }: ObjectProps) {
  const record = asRecord(value);
  return (
    <div className={frame}>
      {kind.order.map((name) => {
        const property = kind.properties[name];
        return property && isShown(property.showExpr, record) ? (
          <ArgumentField
            key={name}
            name={name}
            at={`${at}.${name}`}
            property={property}
            required={kind.required.includes(name)}
            value={record[name]}
            onValue={(next) => onValue({ ...record, [name]: next })}
          />
        ) : null;
      })}
    </div>
  );
}

type OneOfProps = {
  at: string;
  variants: readonly Property[];
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
};

/** One of several shapes; the chosen one is named in the value itself. */
export function OneOfField({ at, variants, value, onValue, disabled }: OneOfProps) {
  const record = asRecord(value);
  const chosen = variants.find((variant) => record[discriminator(variant)] === variant.title);
  const choose = (title: string) => {
    const variant = variants.find((known) => known.title === title);
    if (variant) onValue({ [discriminator(variant)]: title });
  };
  const options = variants.map((variant) => ({ value: variant.title ?? "", label: variant.title ?? "" }));
  const members = chosen ? orderedNames(chosen).filter((name) => name !== discriminator(chosen)) : [];
  return (
    <div className={frame}>
      {options.length <= 4 ? (
        <div>
          <Segmented label={at} value={chosen?.title ?? ""} onValue={choose} options={options} />
        </div>
      ) : (
        <Select
          aria-label={at}
          value={chosen?.title}
          onValue={choose}
          options={options}
          disabled={disabled}
        />
      )}
      {members.map((name) => {
        const property = chosen?.properties?.[name];
        return property ? (
          <ArgumentField
            key={`${chosen?.title}.${name}`}
            name={name}
            at={`${at}.${name}`}
            property={property}
            required={chosen?.required?.includes(name) ?? false}
            value={record[name]}
            onValue={(next) => onValue({ ...record, [name]: next })}
          />
        ) : null;
      })}
    </div>
  );
}
