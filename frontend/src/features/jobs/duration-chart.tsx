import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Job } from "@/api/types";
import Chart from "@/features/results/chart";
import { useWorkspace } from "@/features/session/session";
import { duration } from "@/ui/time";
import { jobStatus, jobTitle } from "./status";

const COLOURS = { success: "#22a35a", failure: "#e5484d", canceled: "#d98a0b", skipped: "#8b93a1" } as const;

/** The points of the chart: when a run started, how long it took, how it ended. */
export function durationOption(jobs: readonly Job[]): Record<string, unknown> {
  const ended = jobs.flatMap((job) =>
    job.type === "CompletedJob" && (job.started_at ?? job.created_at) ? [job] : [],
  );
  return {
    grid: { left: 8, right: 12, top: 12, bottom: 4, outerBoundsMode: "same" },
    tooltip: {
      trigger: "item",
      renderMode: "richText",
      formatter: (point: { data: { name: string; value: [number, number]; status: string } }) =>
        `${point.data.name}\n${point.data.status}, ${duration(point.data.value[1])}`,
    },
    xAxis: { type: "time", splitLine: { show: false } },
    yAxis: {
      type: "log",
      min: 1,
      // Without it the scale ends at a round power of ten, hours above the longest run.
      max: 2 * Math.max(500, ...ended.map((job) => job.duration_ms)),
      // The end of the scale is no round number, and would stand in the label of the last that is.
      axisLabel: { formatter: (value: number) => duration(value), showMaxLabel: false, hideOverlap: true },
      // With fewer the library steps ten powers at a time once the longest run took minutes.
      splitNumber: 5,
    },
    series: Object.entries(COLOURS).map(([status, color]) => ({
      type: "scatter",
      name: status,
      symbolSize: 7,
      itemStyle: { color, opacity: 0.75 },
      data: ended
        .filter((job) => jobStatus(job) === status)
        .map((job) => ({
          name: jobTitle(job),
          status,
          id: job.id,
          value: [new Date(job.started_at ?? job.created_at ?? 0).getTime(), Math.max(1, job.duration_ms)],
        })),
    })),
  };
}

/** Durations of the runs of a list over time; a click on a point opens the run. */
export default function DurationChart({ jobs }: { jobs: readonly Job[] }) {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const option = useMemo(() => durationOption(jobs), [jobs]);
  return (
    <Chart
      option={option}
      height={150}
      label="Duration of the listed runs over time"
      onPick={(data) => {
        const { id } = data as { id?: string };
        if (id) void navigate({ to: "/w/$workspace/run/$id", params: { workspace, id } });
      }}
    />
  );
}
