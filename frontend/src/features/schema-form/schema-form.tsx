import { useMemo, useRef } from "react";
import type { Args, Schema } from "@/api/types";
import { cn } from "@/ui/cn";
import { isShown } from "./condition";
import { FormContext, type RunnableRef } from "./context";
import { ArgumentField } from "./fields/argument";
import { orderedNames } from "./kind";
import { MISSING } from "./values";

type SchemaFormProps = {
  schema: Schema | null | undefined;
  args: Args;
  onArgs: (args: Args) => void;
  workspace: string;
  runnable?: RunnableRef;
  errors?: Record<string, string>;
  disabled?: boolean;
  className?: string;
  /** Whether arguments that are only missing are marked yet; what is wrong is marked while it is typed. */
  showMissing?: boolean;
  /** Without label and type of the arguments, for a single one that is labelled outside. */
  bare?: boolean;
  /** Without types and variables, for people who know neither. */
  plain?: boolean;
};

const NO_ERRORS: Record<string, string> = {};

function shownErrors(errors: Record<string, string>, showMissing: boolean): Record<string, string> {
  if (showMissing) return errors;
  return Object.fromEntries(Object.entries(errors).filter(([, problem]) => problem !== MISSING));
}

/** The form of a JSON Schema: one field per argument, in the schema's order. */
export function SchemaForm(props: SchemaFormProps) {
  const { schema, args, onArgs, workspace, runnable, disabled, showMissing = true, bare, plain } = props;
  const errors = useMemo(
    () => shownErrors(props.errors ?? NO_ERRORS, showMissing),
    [props.errors, showMissing],
  );
  const latest = useRef(args);
  latest.current = args;
  const context = useMemo(
    () => ({ workspace, runnable, errors, disabled, bare, plain, args: () => latest.current }),
    [workspace, runnable, errors, disabled, bare, plain],
  );
  const names = orderedNames(schema ?? { properties: {} });
  if (names.length === 0) {
    return <p className={cn("text-sm text-muted", props.className)}>This script takes no inputs.</p>;
  }
  return (
    <FormContext value={context}>
      <div className={cn("flex flex-col gap-5", props.className)}>
        {names.map((name) => {
          const property = schema?.properties?.[name];
          return property && isShown(property.showExpr, args) ? (
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
