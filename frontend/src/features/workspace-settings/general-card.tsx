import { useQuery } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { useWorkspace, workspacesQuery } from "@/features/session/session";
import { WorkspaceTile } from "@/features/shell/sidebar";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { cn } from "@/ui/cn";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, CardHeader } from "@/ui/page";
import { changeColor, changeName } from "./settings";

const COLOURS = ["#3452e1", "#0f766e", "#b45309", "#be185d", "#6d28d9", "#15803d", "#475569"];

/** What the workspace is called, and its colour. */
export function GeneralCard({ color: set }: { color: string | null | undefined }) {
  const workspace = useWorkspace();
  const list = useQuery(workspacesQuery);
  const current = list.data?.workspaces.find((known) => known.id === workspace);
  const [name, setName] = useState("");
  useEffect(() => setName(current?.name ?? ""), [current?.name]);
  const touches = [["workspaces"], ["w", workspace, "settings"]];
  const rename = useChange({
    run: () => changeName(workspace, name.trim()),
    done: () => ["Name changed"],
    touches,
  });
  const paint = useChange({ run: (color: string | null) => changeColor(workspace, color), touches });
  const color = set || current?.color || null;
  return (
    <Card>
      <CardHeader title="General" />
      <div className="flex flex-col gap-5 p-4">
        <form
          className="flex items-end gap-2"
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            rename.mutate();
          }}
        >
          <Field label="Name" className="flex-1">
            <Input value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Button type="submit" busy={rename.isPending} disabled={!name.trim() || name === current?.name}>
            Rename
          </Button>
        </form>
        <Field label="Id" hint="Part of every address and of the API.">
          <Input value={workspace} readOnly className="font-mono text-xs" />
        </Field>
        <div>
          <div className="mb-1.5 text-sm font-medium">Colour</div>
          <div className="flex items-center gap-2">
            <button
              type="button"
              aria-label="No colour"
              aria-pressed={!color}
              onClick={() => paint.mutate(null)}
              className={cn("rounded-md p-0.5", !color && "outline-2 outline-accent")}
            >
              <WorkspaceTile name={current?.name ?? workspace} />
            </button>
            {COLOURS.map((choice) => (
              <button
                key={choice}
                type="button"
                aria-label={`Colour ${choice}`}
                aria-pressed={color === choice}
                onClick={() => paint.mutate(choice)}
                style={{ background: choice }}
                className="flex size-6 items-center justify-center rounded-md text-white"
              >
                {color === choice && <Check className="size-3.5" />}
              </button>
            ))}
          </div>
          <p className="mt-1.5 text-xs text-muted">Tells workspaces apart in the side bar.</p>
        </div>
      </div>
    </Card>
  );
}
