import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Args } from "@/api/types";
import { jobListQuery } from "@/features/jobs/jobs";
import { jobStatus, StatusIcon } from "@/features/jobs/status";
import { Button } from "@/ui/button";
import { Input } from "@/ui/input";
import { Skeleton } from "@/ui/states";
import { RelativeTime } from "@/ui/time";
import { tellError } from "@/ui/toast";
import { jobArgs } from "./inputs";

/** The id in what was pasted: an id, or the address of a run's page. */
export function runIdOf(text: string): string | null {
  return /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(text)?.[0].toLowerCase() ?? null;
}

type RunArgsPickerProps = { workspace: string; path: string | null; onUse: (args: Args) => void };

/** Takes the arguments of a real run: one of this script's, or any whose id or address is pasted. */
export function RunArgsPicker({ workspace, path, onUse }: RunArgsPickerProps) {
  const [text, setText] = useState("");
  const list = useInfiniteQuery({
    ...jobListQuery(workspace, { path: path ?? "", kinds: "script" }),
    enabled: path !== null,
  });
  const jobs = list.data?.pages[0]?.slice(0, 20) ?? [];
  const use = (id: string) => jobArgs(workspace, id).then((args) => onUse(args ?? {}), tellError);
  const pasted = runIdOf(text);
  return (
    <div className="flex flex-col gap-3">
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (pasted) void use(pasted);
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
      {path !== null && list.isPending && <Skeleton className="h-20" />}
      {jobs.length > 0 && (
        <ul className="divide-y divide-line rounded-md border border-line">
          {jobs.map((job) => (
            <li key={job.id}>
              <button
                type="button"
                onClick={() => void use(job.id)}
                className="flex w-full items-center gap-2.5 px-3 py-1.5 text-left text-sm hover:bg-hover/60"
              >
                <StatusIcon status={jobStatus(job)} className="size-3.5" />
                <span className="min-w-0 flex-1 truncate text-muted">
                  <RelativeTime at={job.created_at} /> by {job.created_by}
                </span>
                <span className="font-mono text-2xs text-faint">{job.id.slice(-8)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
