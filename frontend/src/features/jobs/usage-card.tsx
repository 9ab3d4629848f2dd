import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { post } from "@/api/client";
import { Card, CardHeader } from "@/ui/page";
import { Skeleton } from "@/ui/states";
import { bytes } from "@/ui/time";

const Chart = lazy(() => import("@/features/results/chart"));
const POLL_MS = 5_000;

type Point = { timestamp: string; value: number };
type Metrics = { timeseries_metrics: { id: string; values: Point[] }[] };

/** Memory and processor time over the run, as lines over two scales. */
export function usageOption(memory: readonly Point[], cpu: readonly Point[]): Record<string, unknown> {
  const line = (name: string, points: readonly Point[], yAxisIndex: number, scale: number) => ({
    type: "line",
    name,
    yAxisIndex,
    showSymbol: false,
    lineStyle: { width: 1.5 },
    areaStyle: yAxisIndex === 0 ? { opacity: 0.08 } : undefined,
    data: points.map((point) => [new Date(point.timestamp).getTime(), point.value * scale]),
  });
  return {
    grid: { left: 8, right: 8, top: 30, bottom: 4, outerBoundsMode: "same" },
    legend: { top: 0, left: 8 },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      formatter: (points: { seriesName: string; seriesIndex: number; value: [number, number] }[]) =>
        points
          .map(
            (point) =>
              `${point.seriesName}: ${
                point.seriesIndex === 0 ? bytes(point.value[1]) : `${Math.round(point.value[1])} %`
              }`,
          )
          .join("\n"),
    },
    xAxis: { type: "time", splitLine: { show: false } },
    yAxis: [
      { type: "value", splitNumber: 3, axisLabel: { formatter: (value: number) => bytes(value) } },
      {
        type: "value",
        splitNumber: 3,
        splitLine: { show: false },
        axisLabel: { formatter: (value: number) => `${value} %` },
      },
    ],
    series: [line("Memory", memory, 0, 1024), line("Processor", cpu, 1, 1)],
  };
}

/** What a run uses over time; nothing for a run that was over too soon to be looked at. */
export default function UsageCard({ workspace, id, live }: { workspace: string; id: string; live: boolean }) {
  const query = useQuery({
    queryKey: ["w", workspace, "jobs", id, "usage", live],
    queryFn: () => post<Metrics>(`/w/${workspace}/job_metrics/get/${id}`, {}),
    refetchInterval: live ? POLL_MS : false,
    placeholderData: (before) => before,
  });
  const series = query.data?.timeseries_metrics;
  const option = useMemo(() => {
    const of = (name: string) => series?.find((one) => one.id === name)?.values ?? [];
    const memory = of("memory_kb");
    return memory.length > 1 ? usageOption(memory, of("cpu_percent")) : null;
  }, [series]);
  if (!option) return null;
  return (
    <Card>
      <CardHeader title="Memory and processor" />
      <div className="p-3">
        <Suspense fallback={<Skeleton className="h-40" />}>
          <Chart option={option} height={160} label="Memory and processor use over the run" />
        </Suspense>
      </div>
    </Card>
  );
}
