import { Braces, Download, ExternalLink, FileDown, FolderOpen } from "lucide-react";
import {
  createContext,
  lazy,
  type ReactNode,
  Suspense,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Skeleton } from "@/ui/states";
import { Segmented } from "@/ui/tabs";
import { bytes } from "@/ui/time";
import { chartOption } from "./chart-option";
import { DataTable } from "./data-table";
import { download, fromBase64 } from "./download";
import { ErrorResult, ResultOriginContext } from "./error-result";
import { type ResultKind, resultKind } from "./kind";
import { PagedTable } from "./paged-table";
import type { RowsReference } from "./rows";
import { JsonTree } from "./tree";

const Chart = lazy(() => import("./chart"));
const DiffEditor = lazy(() => import("@/features/editor/diff-editor"));
const PlacesMap = lazy(() => import("./places-map"));
const Markdown = lazy(() => import("./markdown"));

/** Markup of a result in a frame without scripts, origin, forms or navigation. */
function HtmlFrame({ html }: { html: string }) {
  return (
    <iframe
      title="Result as a page"
      sandbox=""
      srcDoc={html}
      className="h-[420px] w-full resize-y overflow-auto rounded-md border border-line bg-white"
    />
  );
}

function PdfFrame({ base64 }: { base64: string }) {
  // A browser without a viewer would save the file each time this is looked at.
  const shown = navigator.pdfViewerEnabled !== false;
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!shown) return;
    const made = URL.createObjectURL(new Blob([fromBase64(base64)], { type: "application/pdf" }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [base64, shown]);
  return (
    <div className="flex flex-col gap-2">
      {!shown && <p className="text-xs text-muted">This browser does not show PDF files in a page.</p>}
      {url && (
        <iframe
          title="Result as PDF"
          // Without the strip of small pages, and as wide as there is room.
          src={`${url}#navpanes=0&view=FitH`}
          className="h-[560px] w-full rounded-md border border-line"
        />
      )}
      <Button
        size="sm"
        className="self-start"
        onClick={() => download("result.pdf", fromBase64(base64), "application/pdf")}
      >
        <Download /> Download PDF
      </Button>
    </div>
  );
}

function FileResult({ name, base64 }: { name: string; base64: string }) {
  const save = () => {
    // Content that is not base64 is taken as the text of the file.
    try {
      download(name, fromBase64(base64), "application/octet-stream");
    } catch {
      download(name, base64, "text/plain;charset=utf-8");
    }
  };
  return (
    <div className="flex items-center gap-3 rounded-md border border-line p-3">
      <span className="flex size-9 items-center justify-center rounded-md bg-accent-soft text-accent-text">
        <FileDown className="size-4.5" aria-hidden />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{name}</span>
        <span className="text-xs text-muted">{bytes(Math.floor((base64.length * 3) / 4))}</span>
      </span>
      <Button onClick={save}>
        <Download /> Download
      </Button>
    </div>
  );
}

type ShownProps = { kind: ResultKind; name: string; wayTo?: (row: number) => string };

function Shown({ kind, name, wayTo }: ShownProps): ReactNode {
  switch (kind.kind) {
    case "nothing":
      return <p className="text-sm text-muted">The run returned nothing.</p>;
    case "text":
      return (
        <pre className="thin-scroll max-h-[520px] overflow-auto whitespace-pre-wrap break-words font-mono text-xs leading-5">
          {kind.text === "" ? <span className="text-muted">An empty text.</span> : kind.text}
        </pre>
      );
    case "table":
      return <DataTable columns={kind.columns} rows={kind.rows} name={name} wayTo={wayTo} />;
    case "image":
      return (
        <div className="rounded-md border border-line bg-[repeating-conic-gradient(#8881_0_25%,transparent_0_50%)] bg-[length:16px_16px] p-2">
          <img src={kind.src} alt="Result" className="mx-auto max-h-[560px] max-w-full" />
        </div>
      );
    case "pdf":
      return <PdfFrame base64={kind.base64} />;
    case "file":
      return <FileResult name={kind.name} base64={kind.base64} />;
    case "html":
      return <HtmlFrame html={kind.html} />;
    case "markdown":
      return <Markdown text={kind.text} />;
    case "chart":
      return <ChartResult spec={kind.spec} dialect={kind.dialect} />;
    case "error":
      return <ErrorResult error={kind.error} />;
    case "all":
      return (
        <div className="flex flex-col gap-6">
          {kind.parts.map((part, index) => (
            <Shown key={index} kind={resultKind(part)} name={`${name}-${index + 1}`} />
          ))}
        </div>
      );
    case "stored":
      return (
        <div className="flex items-center gap-3 rounded-md border border-line p-3">
          <FolderOpen className="size-4.5 text-faint" aria-hidden />
          <span className="min-w-0 flex-1 truncate font-mono text-xs">{kind.key}</span>
          {kind.storage && <Badge>{kind.storage}</Badge>}
          <CopyButton text={kind.key} label="Copy key" />
        </div>
      );
    case "diff":
      return (
        <div className="h-[420px] overflow-hidden rounded-md border border-line">
          <DiffEditor before={kind.before} after={kind.after} language={kind.language} label="Result" />
        </div>
      );
    case "map":
      return <PlacesMap markers={kind.markers} />;
    case "rows":
      return <StoredRows reference={kind.reference} name={name} />;
    case "approval":
      return (
        <div className="flex flex-wrap gap-2">
          {kind.links.map((link) => (
            <Button key={link.label} asChild>
              <a href={link.href} target="_blank" rel="noreferrer noopener">
                {link.label} <ExternalLink />
              </a>
            </Button>
          ))}
        </div>
      );
    case "tree":
      return <JsonTree value={kind.value} />;
  }
}

/** Rows in a file can be read only where it is known whose result they are. */
function StoredRows({ reference, name }: { reference: RowsReference; name: string }) {
  const { workspace, job } = useContext(ResultOriginContext);
  if (!workspace || !job) {
    return <p className="text-sm text-muted">{reference.rows.toLocaleString("en")} rows, kept in a file.</p>;
  }
  return <PagedTable workspace={workspace} job={job} reference={reference} name={name} />;
}

function ChartResult({ spec, dialect }: { spec: unknown; dialect: "echarts" | "chart" | "vega" }) {
  const option = useMemo(() => chartOption(spec, dialect), [spec, dialect]);
  return <Chart option={option} label="Result as a chart" height={340} />;
}

/** Whether the rows of its table are the items of the value itself. */
const isListOfObjects = (value: unknown) => Array.isArray(value) && !Array.isArray(value[0]);
const wayToRow = (row: number) => `result[${row}]`;

/** Where the buttons of a result stand, if what is around it has a place for them; else they stand above it. */
export const ResultToolsPlace = createContext<HTMLElement | null>(null);

const PLAIN = new Set(["nothing", "text", "tree", "error"]);

/** A result in the form its value asks for, with its JSON one click away. */
export function ResultView({
  value,
  name = "result",
  columns,
}: {
  value: unknown;
  name?: string;
  /** Of a list of rows that does not tell them in their order. */
  columns?: readonly string[];
}) {
  const kind = useMemo(() => resultKind(value, columns), [value, columns]);
  const [view, setView] = useState<"pretty" | "json">("pretty");
  const json = () => JSON.stringify(value, null, 2) ?? "null";
  const switchable = !PLAIN.has(kind.kind);
  const place = useContext(ResultToolsPlace);
  const tools = (
    <>
      {switchable && (
        <Segmented
          label="View of the result"
          value={view}
          onValue={setView}
          options={[
            { value: "pretty", label: "Pretty" },
            {
              value: "json",
              label: (
                <>
                  <Braces /> JSON
                </>
              ),
            },
          ]}
        />
      )}
      {kind.kind !== "nothing" && (
        <div className="ml-auto flex">
          <CopyButton text={() => (kind.kind === "text" ? kind.text : json())} label="Copy result" />
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Download result"
            title="Download"
            onClick={() => download(`${name}.json`, json(), "application/json")}
          >
            <Download />
          </Button>
        </div>
      )}
    </>
  );
  return (
    <div className="group/result flex min-w-0 flex-col gap-2">
      {place ? createPortal(tools, place) : <div className="flex items-center gap-1">{tools}</div>}
      <Suspense fallback={<Skeleton className="h-40" />}>
        {view === "json" && switchable ? (
          <JsonTree value={value} />
        ) : (
          <Shown kind={kind} name={name} wayTo={isListOfObjects(value) ? wayToRow : undefined} />
        )}
      </Suspense>
    </div>
  );
}
