import { ChevronLeft, ChevronRight, CircleX } from "lucide-react";
import { STATE_LOOK } from "@/features/flow-canvas/run-look";
import type { ModuleStatus } from "@/flow-graph/status";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Input } from "@/ui/input";
import { duration } from "@/ui/time";

const SQUARES = 240;

/** Chooses which turn of a loop is looked at. */
export function TurnPicker({
  status,
  turn,
  onTurn,
  label,
  isCanceled,
}: {
  status: ModuleStatus;
  turn: number;
  onTurn: (turn: number) => void;
  label: string;
  /** Whether a turn that counts as failed was canceled. */
  isCanceled: (job: string | undefined) => boolean;
}) {
  const count = status.flow_jobs?.length ?? 0;
  const ok = status.flow_jobs_success ?? [];
  const took = status.flow_jobs_duration?.duration_ms?.[turn];
  if (count === 0) return <p className="text-sm text-muted">No turn has started.</p>;
  const hasFailed = (index: number) => ok[index] === false && !isCanceled(status.flow_jobs?.[index]);
  const nextFailed = ok.findIndex((_, index) => index > turn && hasFailed(index));
  const firstFailed = ok.findIndex((_, index) => hasFailed(index));
  const failed = nextFailed >= 0 ? nextFailed : firstFailed;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-1.5">
        <Button
          size="icon-sm"
          aria-label="Previous turn"
          disabled={turn <= 0}
          onClick={() => onTurn(turn - 1)}
        >
          <ChevronLeft />
        </Button>
        <span className="flex items-center gap-2 text-xs text-muted">
          {label}
          <Input
            aria-label={label}
            type="number"
            min={1}
            max={count}
            value={turn + 1}
            onChange={(event) => {
              const next = event.target.valueAsNumber;
              if (next >= 1 && next <= count) onTurn(Math.round(next) - 1);
            }}
            className="h-7 w-18 text-xs tabular-nums"
          />
          of {count}
        </span>
        <Button
          size="icon-sm"
          aria-label="Next turn"
          disabled={turn >= count - 1}
          onClick={() => onTurn(turn + 1)}
        >
          <ChevronRight />
        </Button>
        {took !== null && took !== undefined && (
          <span className="text-xs text-faint tabular-nums">{duration(took)}</span>
        )}
        {failed >= 0 && failed !== turn && (
          <Button size="sm" variant="danger-ghost" onClick={() => onTurn(failed)}>
            <CircleX /> Next failed
          </Button>
        )}
      </div>
      {count > 1 && count <= SQUARES && (
        <div className="flex flex-wrap gap-1" aria-hidden>
          {Array.from({ length: count }, (_, index) => (
            <button
              key={index}
              type="button"
              tabIndex={-1}
              title={`${label} ${index + 1}`}
              onClick={() => onTurn(index)}
              className={cn(
                "size-3.5 rounded-[3px] transition-transform hover:scale-110",
                ok[index] === true
                  ? "bg-success-solid/80"
                  : ok[index] === false
                    ? isCanceled(status.flow_jobs?.[index])
                      ? STATE_LOOK.canceled.bar
                      : "bg-danger-solid"
                    : "bg-line-strong",
                index === turn && "ring-2 ring-accent ring-offset-1 ring-offset-(--surface)",
              )}
            />
          ))}
        </div>
      )}
    </div>
  );
}
