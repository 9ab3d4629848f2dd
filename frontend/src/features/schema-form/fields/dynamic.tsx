import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { runDynamicSelect } from "@/features/jobs/dynamic-select";
import { Badge } from "@/ui/badge";
import { Combobox } from "@/ui/combobox";
import { useForm } from "../context";
import { sendable } from "../values";

type DynamicProps = {
  id: string;
  entrypoint: string;
  multiple: boolean;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
};

/** Options that a function of the script computes from the other arguments. */
export function DynamicField({ id, entrypoint, multiple, value, onValue, disabled }: DynamicProps) {
  const { workspace, runnable, args } = useForm();
  const [filter, setFilter] = useState("");
  const typed = useDeferredValue(filter);
  // Each look is a run of the script: only who opens the list asks for it.
  const [open, setOpen] = useState(false);
  const current = sendable(args());
  const options = useQuery({
    queryKey: ["w", workspace, "dynamic", entrypoint, runnable, current, typed],
    queryFn: ({ signal }) =>
      runDynamicSelect(workspace, { entrypoint, runnable, args: { ...current, filterText: typed } }, signal),
    enabled: open && runnable !== undefined,
    staleTime: 30_000,
    retry: false,
    placeholderData: (previous) => previous,
  });
  const chosen = multiple && Array.isArray(value) ? value.map(String) : [];
  const empty = options.isError
    ? `The options could not be computed: ${options.error.message}`
    : runnable
      ? "No options."
      : "The options are computed once the script has code.";
  return (
    <div className="flex flex-col gap-1.5">
      {chosen.length > 0 && (
        <div className="flex flex-wrap gap-1">
          {chosen.map((entry) => (
            <Badge key={entry} tone="accent">
              {options.data?.find((option) => option.value === entry)?.label ?? entry}
              <button
                type="button"
                aria-label={`Remove ${entry}`}
                disabled={disabled}
                onClick={() => onValue(chosen.filter((other) => other !== entry))}
              >
                <X />
              </button>
            </Badge>
          ))}
        </div>
      )}
      <Combobox
        id={id}
        value={multiple ? "" : typeof value === "string" ? value : ""}
        onValue={(next) =>
          onValue(multiple ? [...new Set([...chosen, next])].filter(Boolean) : next || undefined)
        }
        options={options.data ?? []}
        onSearch={setFilter}
        onOpen={setOpen}
        loading={options.isFetching && !options.data}
        empty={empty}
        clearable={!multiple}
        disabled={disabled}
        placeholder={multiple ? "Add…" : "Choose…"}
      />
    </div>
  );
}
