import { useQuery } from "@tanstack/react-query";
import { Bookmark, Globe, History, Lock, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Args, SavedInput } from "@/api/types";
import { argsLine } from "@/features/jobs/args-line";
import { sendable } from "@/features/schema-form/values";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { Input } from "@/ui/input";
import { Card } from "@/ui/page";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { EmptyState, ErrorState, Skeleton } from "@/ui/states";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { exactTime, RelativeTime } from "@/ui/time";
import { tellError } from "@/ui/toast";
import {
  deleteInput,
  inputArgs,
  pastInputsQuery,
  type RunnableKind,
  renameInput,
  savedInputsQuery,
  saveInput,
} from "./inputs";

type PanelProps = {
  workspace: string;
  path: string;
  kind?: RunnableKind;
  args: Args;
  onUse: (args: Args) => void;
};

type SaveProps = Omit<PanelProps, "onUse"> & { onSaved: () => void };

function SaveInput({ workspace, path, kind, args, onSaved }: SaveProps) {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const save = useChange({
    run: () => saveInput(workspace, path, name.trim(), sendable(args), kind),
    done: () => ["Inputs saved", name.trim()],
    touches: [["w", workspace, "inputs", "saved", path]],
    after: () => {
      setOpen(false);
      setName("");
      onSaved();
    },
  });
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button size="sm" variant="ghost">
          <Save /> Save current
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Save these inputs" align="end" className="w-64">
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim()) save.mutate();
          }}
        >
          <Input
            aria-label="Name of these inputs"
            placeholder="Name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            autoFocus
          />
          <Button type="submit" variant="primary" busy={save.isPending} disabled={!name.trim()}>
            Save
          </Button>
        </form>
      </PopoverContent>
    </Popover>
  );
}

/** What a past run was given, or when it ran where that is long. */
function nameOf(input: SavedInput): string {
  return input.args ? argsLine(input.args) || "Nothing given" : exactTime(input.created_at);
}

function Rows({
  list,
  onPick,
  actions,
}: {
  list: SavedInput[];
  onPick: (input: SavedInput) => void;
  actions?: (input: SavedInput) => React.ReactNode;
}) {
  return (
    <ul className="thin-scroll max-h-80 divide-y divide-line overflow-y-auto">
      {list.map((input) => (
        <li key={input.id} className="group flex items-center gap-1 pr-1.5 hover:bg-hover/60">
          <button
            type="button"
            onClick={() => onPick(input)}
            className="flex min-w-0 flex-1 items-center gap-2.5 px-3.5 py-2 text-left"
          >
            {input.success !== undefined && input.success !== null && (
              <span
                className={`size-1.5 shrink-0 rounded-full ${input.success ? "bg-success-solid" : "bg-danger-solid"}`}
                title={input.success ? "succeeded" : "failed"}
              />
            )}
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm" title={argsLine(input.args)}>
                {actions ? input.name : nameOf(input)}
              </span>
              <span className="block truncate text-xs text-faint">
                {input.created_by} · <RelativeTime at={input.created_at} />
              </span>
            </span>
          </button>
          {actions?.(input)}
        </li>
      ))}
    </ul>
  );
}

/** Inputs to start from: those saved under a name, and those of past runs. */
export function InputsPanel({ workspace, path, kind, args, onUse }: PanelProps) {
  const [tab, setTab] = useState("past");
  const saved = useQuery(savedInputsQuery(workspace, path, kind));
  const past = useQuery(pastInputsQuery(workspace, path, kind));
  const touches = [["w", workspace, "inputs", "saved", path]];
  const drop = useChange({ run: (id: string) => deleteInput(workspace, id), touches });
  const share = useChange({
    run: (input: SavedInput) => renameInput(workspace, input.id, input.name, !input.is_public),
    touches,
  });
  const use = (input: SavedInput, isSaved: boolean) => {
    if (input.args) onUse(input.args);
    else inputArgs(workspace, input.id, isSaved).then((found) => onUse(found ?? {}), tellError);
  };
  return (
    <Card className="overflow-hidden">
      <Tabs value={tab} onValueChange={setTab}>
        <div className="flex items-end justify-between border-b border-line px-3.5 pt-1.5">
          <TabsList className="border-0">
            <Tab value="past">Past inputs</Tab>
            <Tab value="saved" count={saved.data?.length}>
              Saved
            </Tab>
          </TabsList>
          <div className="pb-1">
            <SaveInput
              workspace={workspace}
              path={path}
              kind={kind}
              args={args}
              onSaved={() => setTab("saved")}
            />
          </div>
        </div>
        <TabPanel value="past">
          {past.isPending && <Skeleton className="m-3 h-20" />}
          {past.isError && <ErrorState error={past.error} className="py-6" />}
          {past.data?.length === 0 && (
            <EmptyState icon={History} title="No runs yet" className="py-8">
              Inputs of earlier runs appear here.
            </EmptyState>
          )}
          {past.data && past.data.length > 0 && (
            <Rows list={past.data} onPick={(input) => use(input, false)} />
          )}
        </TabPanel>
        <TabPanel value="saved">
          {saved.isPending && <Skeleton className="m-3 h-20" />}
          {saved.isError && <ErrorState error={saved.error} className="py-6" />}
          {saved.data?.length === 0 && (
            <EmptyState icon={Bookmark} title="Nothing saved" className="py-8">
              Fill the form and save it under a name to use it again.
            </EmptyState>
          )}
          {saved.data && saved.data.length > 0 && (
            <Rows
              list={saved.data}
              onPick={(input) => use(input, true)}
              actions={(input) => (
                <>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={input.is_public ? "Make private" : "Share with the workspace"}
                    title={input.is_public ? "Shared with the workspace" : "Only you"}
                    onClick={() => share.mutate(input)}
                  >
                    {input.is_public ? <Globe /> : <Lock />}
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Delete ${input.name}`}
                    onClick={() => drop.mutate(input.id)}
                  >
                    <Trash2 />
                  </Button>
                </>
              )}
            />
          )}
        </TabPanel>
      </Tabs>
    </Card>
  );
}
