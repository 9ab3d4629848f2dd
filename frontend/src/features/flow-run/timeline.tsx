import { STATE_LOOK } from "@/features/flow-canvas/run-look";
import type { FlowJob } from "@/features/flows/flows";
import { jobStatus } from "@/features/jobs/status";
import { stepTitle, walkRun } from "@/flow-graph/walk";
import { cn } from "@/ui/cn";
import { duration } from "@/ui/time";
import { type Bar, barsOf, lanesOf, ticks } from "./timeline-bars";
import { type FlowRun, knownRun } from "./use-flow-run";

function rowsOf(run: FlowRun): { id: string; title: string; depth: number; bars: Bar[] }[] {
  if (!run.value) return [];
  const now = Date.now();
  return [...walkRun(run.value)].flatMap(({ module, depth }) => {
    const step = run.runs.get(module.id);
    if (!step || step.state === "waiting") return [];
    const jobs = step.status.flow_jobs?.length
      ? step.status.flow_jobs
      : [...(step.status.failed_retries ?? []), ...(step.job ? [step.job] : [])];
    return [
      {
        id: module.id,
        title: stepTitle(module),
        depth,
        bars: barsOf(
          step.status,
          jobs.flatMap((id) => {
            const job = run.children.get(id);
            return job ? [{ id, job, state: knownRun(job as FlowJob).state }] : [];
          }),
          now,
        ),
      },
    ];
  });
}

const MOST_LANES = 5;
const ROW_HEIGHT = 32;
const BARS_HEIGHT = 20;

/** What ran at the same time lies below each other. */
function Bars({ bars, from, span }: { bars: readonly Bar[]; from: number; span: number }) {
  const { lanes, count } = lanesOf(bars, MOST_LANES);
  const height = BARS_HEIGHT / count;
  const thick = Math.min(16, height - 1);
  return (
    <span className="relative h-full flex-1">
      {bars.map((bar, index) => (
        <span
          key={index}
          title={`${STATE_LOOK[bar.state].label}, ${duration(bar.end - bar.start)}`}
          className={cn(
            "absolute min-w-[3px] rounded-[3px] opacity-90",
            STATE_LOOK[bar.state].bar,
            bar.state === "running" && "animate-pulse",
            // What failed stays visible where bars share a lane.
            bar.state === "failure" && "z-1",
          )}
          style={{
            top: ROW_HEIGHT / 2 - BARS_HEIGHT / 2 + (lanes[index] ?? 0) * height + (height - thick) / 2,
            height: thick,
            left: `${((bar.start - from) / span) * 100}%`,
            width: `${Math.max(0.3, ((bar.end - bar.start) / span) * 100)}%`,
          }}
        />
      ))}
    </span>
  );
}

/** When each step ran and for how long; loops show one bar per turn. */
export function Timeline({
  run,
  selected,
  onSelect,
}: {
  run: FlowRun;
  selected: string;
  onSelect: (id: string) => void;
}) {
  const rows = rowsOf(run);
  const starts = rows.flatMap((row) => row.bars.map((bar) => bar.start));
  const ends = rows.flatMap((row) => row.bars.map((bar) => bar.end));
  if (starts.length === 0 || !run.job) {
    return <p className="p-6 text-sm text-muted">No step has started yet.</p>;
  }
  const from = Math.min(...starts);
  const span = Math.max(1, Math.max(...ends) - from);
  const status = jobStatus(run.job);
  return (
    <div className="thin-scroll min-h-0 flex-1 overflow-auto p-4">
      <div className="min-w-[520px]">
        <div className="relative ml-52 mr-20 flex h-6 border-b border-line text-2xs text-faint" aria-hidden>
          {ticks(span).map((at) => (
            <span
              key={at}
              className="absolute -translate-x-1/2 whitespace-nowrap first:translate-x-0"
              style={{ left: `${(at / span) * 100}%` }}
            >
              {duration(at)}
            </span>
          ))}
        </div>
        <ul>
          {rows.map((row) => (
            <li key={row.id}>
              <button
                type="button"
                onClick={() => onSelect(row.id)}
                aria-pressed={row.id === selected}
                className={cn(
                  "flex h-8 w-full items-center rounded-md text-left hover:bg-hover/70",
                  row.id === selected && "bg-accent-soft/60",
                )}
              >
                <span
                  className="flex w-52 shrink-0 items-center gap-2 truncate pr-3 text-xs"
                  style={{ paddingLeft: 8 + row.depth * 14 }}
                >
                  <span className="font-mono text-2xs text-faint">{row.id}</span>
                  <span className="truncate">{row.title}</span>
                </span>
                <Bars bars={row.bars} from={from} span={span} />
                <span className="w-20 shrink-0 pr-2 text-right text-2xs text-muted tabular-nums">
                  {duration(total(row.bars))}
                </span>
              </button>
            </li>
          ))}
        </ul>
        {status === "suspended" && <p className="ml-52 mt-2 text-xs text-warning">Waiting for approval.</p>}
      </div>
    </div>
  );
}

/** From the first beginning to the last end. */
function total(bars: readonly Bar[]): number | null {
  if (bars.length === 0) return null;
  return Math.max(...bars.map((bar) => bar.end)) - Math.min(...bars.map((bar) => bar.start));
}
