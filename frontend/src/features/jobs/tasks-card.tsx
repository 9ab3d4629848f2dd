import { Link } from "@tanstack/react-router";
import type { CodeStep } from "@/api/types";
import { STATE_LOOK } from "@/features/flow-canvas/run-look";
import { cn } from "@/ui/cn";
import { Card, CardHeader } from "@/ui/page";
import { duration } from "@/ui/time";
import { type TaskBar, taskBars } from "./task-bars";

const KIND = { task: "Task", step: "Step", sleep: "Sleep", approval: "Approval" } as Record<string, string>;

/** The steps of a workflow as code, or the tasks of a script: when each ran and for how long. */
export default function TasksCard({
  workspace,
  steps,
}: {
  workspace: string;
  steps: Record<string, CodeStep>;
}) {
  const bars = taskBars(steps, Date.now());
  const times = bars.flatMap((bar) =>
    bar.start === undefined || bar.end === undefined ? [] : [bar.start, bar.end],
  );
  const from = Math.min(...times);
  const span = Math.max(1, Math.max(...times) - from);
  return (
    <Card>
      <CardHeader title="Steps" />
      <ul className="thin-scroll max-h-96 overflow-auto p-2">
        {bars.map((bar) => (
          <li key={bar.id} className="flex h-8 items-center gap-3 px-2 text-xs">
            <Title workspace={workspace} bar={bar} />
            <span className="relative h-full min-w-0 flex-1" aria-hidden>
              {bar.start !== undefined && bar.end !== undefined && (
                <span
                  className={cn(
                    "absolute top-2 h-4 min-w-[3px] rounded-[3px] opacity-90",
                    STATE_LOOK[bar.state].bar,
                    bar.state === "running" && "animate-pulse",
                  )}
                  style={{
                    left: `${Math.min(99, ((bar.start - from) / span) * 100)}%`,
                    width: `${Math.max(0.5, ((bar.end - bar.start) / span) * 100)}%`,
                  }}
                />
              )}
            </span>
            <span className="w-16 shrink-0 text-right text-2xs text-muted tabular-nums">
              {bar.start !== undefined && bar.end !== undefined ? duration(bar.end - bar.start) : ""}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Title({ workspace, bar }: { workspace: string; bar: TaskBar }) {
  const look = STATE_LOOK[bar.state];
  const Icon = look.icon;
  return (
    <span className="flex w-52 shrink-0 items-center gap-2">
      <Icon
        className={cn("size-3.5 shrink-0", look.colour, bar.state === "running" && "animate-spin")}
        role="img"
        aria-label={look.label}
      />
      {bar.job ? (
        <Link
          to="/w/$workspace/run/$id"
          params={{ workspace, id: bar.job }}
          className="truncate font-mono text-accent-text hover:underline"
        >
          {bar.title}
        </Link>
      ) : (
        <span className="truncate font-mono">{bar.title}</span>
      )}
      <span className="text-2xs text-muted">{KIND[bar.kind] ?? bar.kind}</span>
    </span>
  );
}
