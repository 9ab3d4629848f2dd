import { useQuery } from "@tanstack/react-query";
import { ListFilter } from "lucide-react";
import { useState } from "react";
import { membersQuery } from "@/features/people/members";
import { useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { Select } from "@/ui/select";
import type { JobFilter } from "./jobs";

type RunFilter = Omit<JobFilter, "after">;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

type JsonFilterProps = {
  label: string;
  hint?: string;
  value: string | undefined;
  onValue: (text: string | undefined) => void;
};

/** JSON that a run must contain; holds once Enter is pressed or the field is left. */
function JsonFilter({ label, hint, value, onValue }: JsonFilterProps) {
  const [text, setText] = useState(value ?? "");
  const wrong = text.trim() !== "" && !isJson(text);
  const commit = () => {
    const next = text.trim() || undefined;
    if (!wrong && next !== value) onValue(next);
  };
  return (
    <Field label={label} hint={hint} error={wrong ? "This is not JSON yet." : null} className="col-span-2">
      <Input
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
        className="font-mono text-xs"
      />
    </Field>
  );
}

/** The filters that are needed now and then. */
export function MoreFilters({
  search,
  set,
}: {
  search: RunFilter;
  set: (change: Partial<RunFilter>) => void;
}) {
  const workspace = useWorkspace();
  const members = useQuery(membersQuery(workspace));
  const count = [
    search.user,
    search.tag,
    search.label,
    search.kinds,
    search.trigger,
    search.args,
    search.result,
    search.resolved,
  ].filter(Boolean).length;
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button>
          <ListFilter /> Filters
          {count > 0 && <Badge tone="accent">{count}</Badge>}
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="More filters" align="end" className="grid w-80 grid-cols-2 gap-3">
        <Field label="User" className="col-span-2">
          <Combobox
            value={search.user ?? ""}
            onValue={(user) => set({ user: user || undefined })}
            options={(members.data ?? []).map((member) => ({ value: member.username, hint: member.email }))}
            placeholder="Anybody"
            clearable
            free
          />
        </Field>
        <Field label="Kind">
          <Select
            value={search.kinds ?? ""}
            onValue={(kinds) => set({ kinds: kinds || undefined })}
            options={[
              { value: "", label: "Runs and tests" },
              { value: "script", label: "Scripts" },
              { value: "flow", label: "Flows" },
              { value: "preview,flowpreview", label: "Tests" },
              { value: "steps", label: "Steps of flows" },
              { value: "dependencies", label: "Locks" },
              { value: "all", label: "Everything" },
            ]}
          />
        </Field>
        <Field label="Tag">
          <Input
            value={search.tag ?? ""}
            onChange={(event) => set({ tag: event.target.value || undefined })}
            placeholder="python3"
          />
        </Field>
        <Field label="Label">
          <Input
            value={search.label ?? ""}
            onChange={(event) => set({ label: event.target.value || undefined })}
          />
        </Field>
        <Field label="Trigger">
          <Select
            value={search.trigger ?? ""}
            onValue={(trigger) => set({ trigger: trigger || undefined })}
            options={[
              { value: "", label: "Any" },
              { value: "ui", label: "Person" },
              { value: "webhook", label: "Webhook" },
              { value: "schedule", label: "Schedule" },
            ]}
          />
        </Field>
        <Field label="Failures" className="col-span-2">
          <Select
            value={search.resolved ?? ""}
            onValue={(resolved) => set({ resolved: (resolved || undefined) as RunFilter["resolved"] })}
            options={[
              { value: "", label: "Resolved or not" },
              { value: "no", label: "Not resolved" },
              { value: "yes", label: "Resolved" },
            ]}
          />
        </Field>
        <JsonFilter
          key={`args ${search.args ?? ""}`}
          label="Inputs contain"
          hint='JSON, as {"customer": "ACME"}'
          value={search.args}
          onValue={(args) => set({ args })}
        />
        <JsonFilter
          key={`result ${search.result ?? ""}`}
          label="Result contains"
          value={search.result}
          onValue={(result) => set({ result })}
        />
      </PopoverContent>
    </Popover>
  );
}
