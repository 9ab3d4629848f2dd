import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { DollarSign, Lock } from "lucide-react";
import { useState } from "react";
import { variablesQuery } from "@/features/variables/variables";
import { Button } from "@/ui/button";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { useForm } from "../context";

/** Chooses a variable whose value is put in when the script runs. */
export function VariablePicker({ onPick }: { onPick: (path: string) => void }) {
  const { workspace } = useForm();
  const [open, setOpen] = useState(false);
  const { data = [], isPending } = useQuery({ ...variablesQuery(workspace), enabled: open });
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button
          variant="ghost"
          size="icon-sm"
          className="size-6"
          aria-label="Use a variable"
          title="Use a variable"
        >
          <DollarSign />
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Variables" align="end" className="w-72 p-0">
        <Command loop>
          <Command.Input
            autoFocus
            placeholder="Find a variable…"
            className="h-9 w-full border-b border-line bg-transparent px-3 text-sm outline-none"
          />
          <Command.List className="thin-scroll max-h-60 overflow-y-auto p-1">
            <Command.Empty className="px-2 py-4 text-center text-xs text-muted">
              {isPending ? "Loading…" : "No variable found."}
            </Command.Empty>
            {data.map((variable) => (
              <Command.Item
                key={variable.path}
                value={variable.path}
                onSelect={() => {
                  onPick(variable.path);
                  setOpen(false);
                }}
                className="flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 data-[selected=true]:bg-hover"
              >
                <span className="min-w-0 flex-1 truncate font-mono text-xs">{variable.path}</span>
                {variable.is_secret && <Lock className="size-3 text-faint" aria-label="secret" />}
              </Command.Item>
            ))}
          </Command.List>
        </Command>
      </PopoverContent>
    </Popover>
  );
}
