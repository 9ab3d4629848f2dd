import { useState } from "react";
import type { Args } from "@/api/types";
import { Button } from "@/ui/button";
import { Input } from "@/ui/input";
import { tellError } from "@/ui/toast";
import { jobArgs } from "./inputs";

/** The id in what was pasted: an id, or the address of a run's page. */
export function runIdOf(text: string): string | null {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0].toLowerCase() ?? null;
}

/** Takes the inputs of any run whose id or address is pasted. */
export function RunArgsPicker({ workspace, onUse }: { workspace: string; onUse: (args: Args) => void }) {
  const [text, setText] = useState("");
  const pasted = runIdOf(text);
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (pasted) void jobArgs(workspace, pasted).then((args) => onUse(args ?? {}), tellError);
      }}
    >
      <Input
        aria-label="Id or address of a run"
        placeholder="Id or address of a run"
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="font-mono text-xs"
      />
      <Button type="submit" disabled={!pasted}>
        Use
      </Button>
    </form>
  );
}
