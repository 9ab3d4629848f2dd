type Data = Record<string, unknown>[];
type Json = Record<string, unknown>;

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function rowsOf(value: unknown): Data {
  const list = isRecord(value) ? value.values : value;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" ? [value] : [];
}

function isNumeric(rows: Data, name: string): boolean {
  return rows.every((row) => row[name] === null || row[name] === undefined || typeof row[name] === "number");
}

const base = (title: unknown): Json => ({
  ...(typeof title === "string" && title
    ? { title: { text: title, left: 0, textStyle: { fontSize: 14 } } }
    : {}),
  grid: {
    left: 8,
    right: 16,
    top: typeof title === "string" && title ? 56 : 36,
    bottom: 8,
    outerBoundsMode: "same",
  },
  tooltip: { trigger: "axis" },
  legend: { right: 0, top: 0, type: "scroll", left: typeof title === "string" && title ? "40%" : 0 },
});

function pie(rows: Data, x: string, y: string, title: unknown, hole: boolean): Json {
  return {
    ...base(title),
    tooltip: { trigger: "item" },
    series: [
      {
        type: "pie",
        radius: hole ? ["45%", "72%"] : "72%",
        center: ["50%", "56%"],
        data: rows.map((row) => ({ name: String(row[x]), value: row[y] })),
      },
    ],
  };
}

/**
 * Our own small chart description as an ECharts option:
 * `{type: line|bar|area|scatter|pie|donut, data: [{...}], x: "month", y: "revenue" | ["a", "b"], title?, stacked?}`.
 */
function fromChart(spec: Json): Json {
  const rows = rowsOf(spec.data);
  const all = Object.keys(rows[0] ?? {});
  const x = typeof spec.x === "string" ? spec.x : (all[0] ?? "x");
  const asked = names(spec.y);
  const ys = asked.length > 0 ? asked : all.filter((name) => name !== x && isNumeric(rows, name));
  const type = typeof spec.type === "string" ? spec.type : "bar";
  if (type === "pie" || type === "donut") return pie(rows, x, ys[0] ?? "", spec.title, type === "donut");
  const scatter = type === "scatter";
  return {
    ...base(spec.title),
    xAxis:
      scatter && isNumeric(rows, x)
        ? { type: "value", scale: true }
        : { type: "category", data: rows.map((row) => row[x]) },
    yAxis: { type: "value", scale: scatter },
    series: ys.map((name) => ({
      name,
      type: type === "area" ? "line" : scatter ? "scatter" : type === "line" ? "line" : "bar",
      ...(type === "area" ? { areaStyle: { opacity: 0.25 } } : {}),
      ...(spec.stacked ? { stack: "all" } : {}),
      showSymbol: rows.length < 40,
      data: rows.map((row) => (scatter && isNumeric(rows, x) ? [row[x], row[name]] : row[name])),
    })),
  };
}

/** The part of Vega-Lite that a single view with x, y and colour needs. */
function fromVega(spec: Json): Json {
  const encoding = isRecord(spec.encoding) ? spec.encoding : {};
  const field = (channel: string): string | null => {
    const entry = encoding[channel];
    return isRecord(entry) && typeof entry.field === "string" ? entry.field : null;
  };
  const mark = isRecord(spec.mark) ? String(spec.mark.type) : String(spec.mark ?? "bar");
  const rows = rowsOf(spec.data);
  const title = isRecord(spec.title) ? spec.title.text : spec.title;
  if (mark === "arc") return pie(rows, field("color") ?? "", field("theta") ?? "", title, false);
  const x = field("x") ?? "x";
  const y = field("y") ?? "y";
  const colour = field("color");
  const type = { bar: "bar", line: "line", area: "area", point: "scatter", circle: "scatter" }[mark] ?? "bar";
  if (!colour) return fromChart({ type, title, data: rows, x, y });
  const groups = [...new Set(rows.map((row) => String(row[colour])))];
  const merged = new Map<unknown, Json>();
  for (const row of rows) {
    const entry = merged.get(row[x]) ?? { [x]: row[x] };
    entry[String(row[colour])] = row[y];
    merged.set(row[x], entry);
  }
  return fromChart({
    type,
    title,
    data: [...merged.values()],
    x,
    y: groups,
    stacked: type === "bar" || type === "area",
  });
}

// Members of an ECharts option that open links, show markup or fetch pictures.
const REFUSED = new Set([
  "link",
  "sublink",
  "target",
  "toolbox",
  "renderMode",
  "extraCssText",
  "backgroundImage",
]);

/** An option from a result is data of somebody else: nothing in it may become markup, a link or a request. */
export function harmlessOption(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(harmlessOption);
  if (!isRecord(value)) {
    return typeof value === "string" && /^(image:\/\/|javascript:|https?:)/i.test(value) ? "circle" : value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !REFUSED.has(key))
      .map(([key, inner]) => [key, harmlessOption(inner)]),
  );
}

export function chartOption(spec: unknown, dialect: "echarts" | "chart" | "vega"): Json {
  const record = isRecord(spec) ? spec : {};
  const option = dialect === "echarts" ? record : dialect === "vega" ? fromVega(record) : fromChart(record);
  const safe = harmlessOption(option) as Json;
  const tooltip = isRecord(safe.tooltip) ? safe.tooltip : {};
  // Rich text is drawn on the canvas; the default tooltip is a piece of HTML.
  return { ...safe, tooltip: { ...tooltip, renderMode: "richText", confine: true } };
}
