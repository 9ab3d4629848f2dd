import { useMemo, useRef } from "react";
import type { Args, Schema } from "@/api/types";
import { cn } from "@/ui/cn";
import { FormContext, type RunnableRef } from "./context";
import { ArgumentField } from "./fields/argument";
import { orderedNames } from "./kind";

type SchemaFormProps = {
  schema: Schema | null | undefined;
  args: Args;
  onArgs: (args: Args) => void;
  workspace: string;
  runnable?: RunnableRef;
  errors?: Record<string, string>;
  disabled?: boolean;
  className?: string;
};

const NO_ERRORS: Record<string, string> = {};

/** The form of a JSON Schema: one field per argument, in the schema's order. */
export function SchemaForm(props: SchemaFormProps) {
  const { schema, args, onArgs, workspace, runnable, errors = NO_ERRORS, disabled } = props;
  const latest = useRef(args);
  latest.current = args;
  const context = useMemo(
    () => ({ workspace, runnable, errors, disabled, args: () => latest.current }),
    [workspace, runnable, errors, disabled],
  );
  const names = orderedNames(schema ?? { properties: {} });
  if (names.length === 0) {
    return <p className={cn("text-sm text-muted", props.className)}>This script takes no arguments.</p>;
  }
  return (
    <FormContext value={context}>
      <div className={cn("flex flex-col gap-5", props.className)}>
        {names.map((name) => {
          const property = schema?.properties[name];
          return property ? (
            <ArgumentField
              key={name}
              name={name}
              at={name}
              property={property}
              required={schema?.required?.includes(name) ?? false}
              value={args[name]}
              onValue={(value) => onArgs({ ...latest.current, [name]: value })}
            />
          ) : null;
        })}
      </div>
    </FormContext>
  );
}
