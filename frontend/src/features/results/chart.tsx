import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import {
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useDark } from "@/ui/theme";

echarts.use([
  BarChart,
  LineChart,
  PieChart,
  ScatterChart,
  GridComponent,
  TooltipComponent,
  LegendComponent,
  TitleComponent,
  VisualMapComponent,
  DataZoomComponent,
  MarkLineComponent,
  CanvasRenderer,
]);

const PALETTE = ["#4a66ee", "#17a2a2", "#e08a1e", "#c2489d", "#6aa84f", "#8b6fe8", "#d9534f", "#5f7183"];

/** Gives an option the page's colours where it names none of its own. */
function dressed(option: Record<string, unknown>): Record<string, unknown> {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(name).trim();
  const axis = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(axis);
    if (typeof given !== "object" || given === null) return given;
    const own = "axisLabel" in given && typeof given.axisLabel === "object" ? given.axisLabel : {};
    return {
      axisLine: { lineStyle: { color: read("--line-strong") } },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: read("--line") } },
      ...given,
      axisLabel: { color: read("--muted"), fontSize: 11, hideOverlap: true, ...own },
    };
  };
  const text = { color: read("--text"), fontFamily: "Inter Variable, sans-serif" };
  const merge = (key: string, extra: object) =>
    typeof option[key] === "object" && option[key] !== null && !Array.isArray(option[key])
      ? { [key]: { ...extra, ...option[key] } }
      : {};
  return {
    color: PALETTE,
    textStyle: text,
    animationDuration: 250,
    backgroundColor: "transparent",
    ...option,
    ...merge("title", { textStyle: text }),
    ...merge("legend", {
      textStyle: { color: read("--muted"), fontSize: 11 },
      icon: "circle",
      itemWidth: 8,
      itemHeight: 8,
    }),
    ...merge("tooltip", {
      backgroundColor: read("--raised"),
      borderColor: read("--line"),
      textStyle: { color: read("--text"), fontSize: 12 },
    }),
    ...(option.xAxis ? { xAxis: axis(option.xAxis) } : {}),
    ...(option.yAxis ? { yAxis: axis(option.yAxis) } : {}),
  };
}

type ChartProps = {
  option: Record<string, unknown>;
  height?: number;
  label: string;
  onPick?: (data: unknown) => void;
};

/** An ECharts drawing that follows its container and the theme. */
export default function Chart({ option, height = 320, label, onPick }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const pick = useRef(onPick);
  pick.current = onPick;
  const dark = useDark();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme changes the colours that are read
  useEffect(() => {
    if (!host.current) return;
    const chart = echarts.init(host.current);
    chart.setOption(dressed(option));
    chart.on("click", (event) => pick.current?.(event.data));
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(host.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [option, dark]);
  return <div ref={host} role="img" aria-label={label} style={{ height }} className="w-full" />;
}
