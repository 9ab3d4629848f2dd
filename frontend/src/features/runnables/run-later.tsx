import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";

export type LaterOptions = { tag?: string; scheduled_for?: string };

/** The second half of the run button: at another time, on other workers. */
export function RunLater({
  onRun,
  busy,
  defaultTag,
}: {
  onRun: (options: LaterOptions) => void;
  busy: boolean;
  defaultTag: string;
}) {
  const [at, setAt] = useState("");
  const [tag, setTag] = useState("");
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button
          variant="primary"
          size="lg"
          className="h-9 w-9 rounded-l-none border-l border-white/25 px-0"
          aria-label="Run later or elsewhere"
          disabled={busy}
        >
          <CalendarClock />
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Run later or elsewhere" align="end" className="flex w-72 flex-col gap-3">
        <Field label="Start at" optional>
          <Input type="datetime-local" value={at} onChange={(event) => setAt(event.target.value)} />
        </Field>
        <Field label="Tag" optional hint="Which workers run it.">
          <Input value={tag} onChange={(event) => setTag(event.target.value)} placeholder={defaultTag} />
        </Field>
        <Button
          variant="primary"
          onClick={() =>
            onRun({ scheduled_for: at ? new Date(at).toISOString() : undefined, tag: tag || undefined })
          }
        >
          {at ? "Schedule" : "Run"}
        </Button>
      </PopoverContent>
    </Popover>
  );
}
