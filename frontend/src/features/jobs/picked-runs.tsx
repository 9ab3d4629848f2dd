import { Ban, ChevronDown, CircleCheckBig, RotateCw } from "lucide-react";
import type { Job } from "@/api/types";
import { useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { useChange } from "@/ui/change";
import { useConfirm } from "@/ui/confirm";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/ui/menu";
import { Checkbox } from "@/ui/switch";
import { cancelJobs, rerunJobs, resolveJobs } from "./jobs";

type PickedRunsProps = {
  /** The runs of the list, and the ids of those that are picked. */
  jobs: readonly Job[];
  picked: ReadonlySet<string>;
  onPick: (ids: ReadonlySet<string>) => void;
};

const runs = (count: number) => `${count} ${count === 1 ? "run" : "runs"}`;

/** What can be done with several runs at once. */
export function PickedRuns({ jobs, picked, onPick }: PickedRunsProps) {
  const workspace = useWorkspace();
  const confirm = useConfirm();
  const chosen = jobs.filter((job) => picked.has(job.id));
  const active = chosen.filter((job) => job.type === "QueuedJob");
  const again = chosen.filter(
    (job) => job.type === "CompletedJob" && (job.job_kind === "script" || job.job_kind === "flow"),
  );
  const failed = chosen.filter(
    (job) => job.type === "CompletedJob" && (job.canceled || !job.success) && !job.resolved,
  );
  const touches = [["w", workspace, "jobs", "list"]];
  const after = () => onPick(new Set());
  const cancel = useChange({
    run: () =>
      cancelJobs(
        workspace,
        active.map((job) => job.id),
      ),
    done: (_given, canceled) => [`${runs(canceled.length)} canceled`],
    touches,
    after,
  });
  const rerun = useChange({
    run: (newest: boolean) => rerunJobs(workspace, again, newest),
    done: (_newest, { started, refused }) => [
      `${runs(started)} started`,
      refused.length > 0 ? `${refused.length} could not be: ${refused[0]}` : undefined,
    ],
    touches,
    after,
  });
  const resolve = useChange({
    run: () =>
      resolveJobs(
        workspace,
        failed.map((job) => job.id),
      ),
    done: (_given, marked) => [`${runs(marked.length)} marked as resolved`],
    touches,
    after,
  });
  const all = jobs.length > 0 && chosen.length === jobs.length;
  return (
    <div className="sticky top-0 z-20 flex min-h-11 flex-wrap items-center gap-x-3 gap-y-2 rounded-t-lg border-b border-line bg-sunken px-3 py-1.5 sm:px-4">
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is a button with that role */}
      <label className="flex items-center gap-3 text-sm">
        <Checkbox
          checked={all ? true : chosen.length > 0 ? "indeterminate" : false}
          onCheckedChange={() => onPick(new Set(all ? [] : jobs.map((job) => job.id)))}
        />
        {chosen.length === 0 ? "Pick runs, or all that are listed" : `${runs(chosen.length)} picked`}
      </label>
      <div className="ml-auto flex gap-2">
        <Button
          size="sm"
          variant="danger-ghost"
          disabled={active.length === 0}
          busy={cancel.isPending}
          onClick={async () => {
            const title = `Cancel ${runs(active.length)}?`;
            const body = "Those that run are stopped; those that wait never start.";
            if (await confirm({ title, body, action: "Cancel them", otherwise: "Let them run" }))
              cancel.mutate();
          }}
        >
          <Ban /> Cancel{active.length > 0 && ` ${active.length}`}
        </Button>
        <Button
          size="sm"
          disabled={failed.length === 0}
          busy={resolve.isPending}
          onClick={() => resolve.mutate()}
        >
          <CircleCheckBig /> Resolve{failed.length > 0 && ` ${failed.length}`}
        </Button>
        <Menu>
          <MenuTrigger asChild>
            <Button size="sm" disabled={again.length === 0} busy={rerun.isPending}>
              <RotateCw /> Run again{again.length > 0 && ` ${again.length}`} <ChevronDown />
            </Button>
          </MenuTrigger>
          <MenuContent>
            <MenuItem onSelect={() => rerun.mutate(false)}>With the version that ran</MenuItem>
            <MenuItem onSelect={() => rerun.mutate(true)}>With the newest version</MenuItem>
          </MenuContent>
        </Menu>
      </div>
    </div>
  );
}
