import { isRowsReference, type RowsReference } from "./rows";

/** How a result is shown. Detected from the value alone; everything unknown is a tree. */
export type ResultKind =
  | { kind: "nothing" }
  | { kind: "text"; text: string }
  | { kind: "table"; columns: string[]; rows: Row[] }
  | { kind: "image"; src: string; type: string }
  | { kind: "pdf"; base64: string }
  | { kind: "file"; base64: string; name: string }
  | { kind: "html"; html: string }
  | { kind: "markdown"; text: string }
  | { kind: "chart"; spec: unknown; dialect: "echarts" | "chart" | "vega" }
  | { kind: "error"; error: ErrorObject }
  | { kind: "all"; parts: unknown[] }
  | { kind: "stored"; key: string; storage?: string }
  | { kind: "diff"; before: string; after: string; language: string }
  | { kind: "map"; markers: MapMarker[] }
  | { kind: "rows"; reference: RowsReference }
  | { kind: "approval"; links: { label: string; href: string }[] }
  | { kind: "tree"; value: unknown };

export type MapMarker = { lat: number; lon: number; title: string };
export type Row = Record<string, unknown>;
export type ErrorObject = { name?: string; message?: string; stack?: string; [key: string]: unknown };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

function base64Of(value: unknown): string | null {
  if (typeof value === "string") return value.replace(/^data:[^,]*,/, "");
  if (isRecord(value) && typeof value.content === "string") return value.content.replace(/^data:[^,]*,/, "");
  return null;
}

/** The columns of a list of objects, in order of first appearance. */
function columnsOf(rows: readonly Row[]): string[] {
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  return [...names];
}

function listKind(list: unknown[], columns?: readonly string[]): ResultKind {
  if (columns && list.every(isRecord)) return { kind: "table", columns: [...columns], rows: list };
  if (list.length === 0) return { kind: "tree", value: list };
  if (list.every(isRecord)) return { kind: "table", columns: columnsOf(list), rows: list };
  if (list.every(Array.isArray) && list.some((row) => (row as unknown[]).length > 0)) {
    return listsKind(list as unknown[][]);
  }
  return { kind: "tree", value: list };
}

/** A list of lists: its first row names the columns when it is all text and another row is not. */
function listsKind(list: unknown[][]): ResultKind {
  const first = list[0] ?? [];
  const header =
    list.length > 1 &&
    first.every((cell) => typeof cell === "string") &&
    new Set(first).size === first.length &&
    list.slice(1).some((row) => row.some((cell) => typeof cell !== "string"));
  const width = Math.max(...list.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, at) =>
    header ? String(first[at] ?? at + 1) : String(at + 1),
  );
  const rows = (header ? list.slice(1) : list).map((row) =>
    Object.fromEntries(columns.map((name, at) => [name, row[at]])),
  );
  return { kind: "table", columns, rows };
}

function columnarKind(value: Record<string, unknown>): ResultKind {
  const columns = Object.keys(value);
  const lists = columns.map((name) => (Array.isArray(value[name]) ? (value[name] as unknown[]) : []));
  const height = Math.max(0, ...lists.map((list) => list.length));
  const rows = Array.from({ length: height }, (_, at) =>
    Object.fromEntries(columns.map((name, column) => [name, lists[column]?.[at]])),
  );
  return { kind: "table", columns, rows };
}

/** `[["name", "age"], {...}, {...}]`: objects with the order of their columns before them. */
function orderedRowsKind(value: unknown[]): ResultKind | null {
  const [columns, ...rows] = value;
  if (!Array.isArray(columns) || !rows.every(isRecord)) return null;
  return { kind: "table", columns: columns.map(String), rows };
}

/** An answer by a link has no name, so that whoever wrote it cannot answer as whoever follows it: the page has one. */
function approvalLinks(value: Record<string, unknown>): { label: string; href: string }[] {
  const labels: [string, string][] = [
    ["resume", "Approve"],
    ["cancel", "Reject"],
    ["approvalPage", "Open approval page"],
  ];
  const links = labels.flatMap(([key, label]) => {
    const href = value[key];
    return typeof href === "string" && /^(https?:)?\//.test(href) ? [{ label, href }] : [];
  });
  if (links.length < 2) return [];
  const page = links.filter((link) => link.label === "Open approval page");
  return page.length > 0 ? page : links;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

/** `{diff: {before, after, language?}}`; what is no text is compared as JSON. */
function diffKind(value: Record<string, unknown>): ResultKind | null {
  if (!("before" in value && "after" in value)) return null;
  const plain = typeof value.before === "string" && typeof value.after === "string";
  return {
    kind: "diff",
    before: asText(value.before),
    after: asText(value.after),
    language: typeof value.language === "string" ? value.language : plain ? "plaintext" : "json",
  };
}

/** `{map: {markers: [{lat, lon, title?}]}}`, or one place: `{map: {lat, lon}}`. */
function mapKind(value: Record<string, unknown>): ResultKind | null {
  const list = Array.isArray(value.markers) ? value.markers : [value];
  const markers = list.flatMap((entry): MapMarker[] => {
    if (!isRecord(entry)) return [];
    const lat = Number(entry.lat ?? entry.latitude);
    const lon = Number(entry.lon ?? entry.lng ?? entry.longitude);
    const inside = Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
    return inside ? [{ lat, lon, title: typeof entry.title === "string" ? entry.title : "" }] : [];
  });
  return markers.length > 0 ? { kind: "map", markers } : null;
}

function special(value: Record<string, unknown>, keys: readonly string[]): ResultKind | null {
  const only = keys.filter(
    (key) => !["filename", "disable_download", "wm_labels", "storage", "presigned"].includes(key),
  );
  const key = only.length === 1 ? only[0] : undefined;
  const inner = key === undefined ? undefined : value[key];
  switch (key) {
    case "render_all":
      return Array.isArray(inner) ? { kind: "all", parts: inner } : null;
    case "table-col":
      return isRecord(inner) ? columnarKind(inner) : null;
    case "table-row":
      return Array.isArray(inner) && inner.every(Array.isArray) ? listsKind(inner as unknown[][]) : null;
    case "table-row-object":
      return Array.isArray(inner) ? (orderedRowsKind(inner) ?? listKind(inner)) : null;
    case "html":
      return typeof inner === "string" ? { kind: "html", html: inner } : null;
    case "markdown":
    case "md":
      return typeof inner === "string" ? { kind: "markdown", text: inner } : null;
    case "error":
      return isRecord(inner) ? { kind: "error", error: inner } : null;
    case "diff":
      return isRecord(inner) ? diffKind(inner) : null;
    case "map":
      return isRecord(inner) ? mapKind(inner) : null;
    case "chart":
      return isRecord(inner) ? { kind: "chart", spec: inner, dialect: "chart" } : null;
    case "echarts":
      return isRecord(inner) ? { kind: "chart", spec: inner, dialect: "echarts" } : null;
    case "vega":
    case "vega-lite":
    case "vega_lite":
      return isRecord(inner) ? { kind: "chart", spec: inner, dialect: "vega" } : null;
    case "pdf": {
      const content = base64Of(inner);
      return content ? { kind: "pdf", base64: content } : null;
    }
    case "file": {
      const content = base64Of(inner);
      const name = isRecord(inner) && typeof inner.filename === "string" ? inner.filename : value.filename;
      return content === null
        ? null
        : { kind: "file", base64: content, name: typeof name === "string" ? name : "file" };
    }
    case "s3":
      return typeof inner === "string"
        ? {
            kind: "stored",
            key: inner,
            storage: typeof value.storage === "string" ? value.storage : undefined,
          }
        : null;
  }
  if (key !== undefined && key in IMAGES) {
    const type = IMAGES[key] ?? "image/png";
    if (key === "svg" && typeof inner === "string" && inner.trimStart().startsWith("<")) {
      return { kind: "image", src: `data:${type};utf8,${encodeURIComponent(inner)}`, type };
    }
    const content = base64Of(inner);
    return content ? { kind: "image", src: `data:${type};base64,${content}`, type } : null;
  }
  return null;
}

/** `columns`: those of a list of rows, where its objects do not tell them in their order. */
export function resultKind(value: unknown, columns?: readonly string[]): ResultKind {
  if (value === null || value === undefined) return { kind: "nothing" };
  if (typeof value === "string") return { kind: "text", text: value };
  if (Array.isArray(value)) return listKind(value, columns);
  if (!isRecord(value)) return { kind: "tree", value };
  if (isRowsReference(value)) return { kind: "rows", reference: value };
  const keys = Object.keys(value);
  const found = special(value, keys);
  if (found) return found;
  if (typeof value.$schema === "string" && value.$schema.includes("vega") && isRecord(value.encoding)) {
    return { kind: "chart", spec: value, dialect: "vega" };
  }
  const links = approvalLinks(value);
  if (links.length > 0) return { kind: "approval", links };
  return { kind: "tree", value };
}
