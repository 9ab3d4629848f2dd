import { CircleAlert, CornerDownRight } from "lucide-react";
import { createContext, useContext } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { CodeLine, useColours } from "@/ui/code-lines";
import { errorPlace, lineInWords, linesAround, type Place } from "./error-place";
import type { ErrorObject } from "./kind";
import { JsonTree } from "./tree";

/** The code that a result came from, so that a failure can be shown in it. */
export type ResultOrigin = {
  code?: string | null;
  /** The editor's name of its language. */
  language?: string;
  path?: string | null;
  workspace?: string;
  /** The run's id. */
  job?: string;
  /** Goes to a line in the editor beside it. */
  onOpenLine?: (line: number) => void;
};

export const ResultOriginContext = createContext<ResultOrigin>({});

const FRAME = /^\s*File "([^"]+)", line (\d+)/;

/** Says of each line of a stack whether it belongs to a frame of the user's own code. */
function markOwnLines(stack: string): { text: string; own: boolean }[] {
  let own = false;
  return stack.split("\n").map((text) => {
    const frame = FRAME.exec(text);
    if (frame) own = !/(site-packages|\/lib\/python|<frozen)/.test(frame[1] ?? "");
    else if (!text.startsWith("    ")) own = false;
    return { text, own };
  });
}

/** The stack with the frames of the user's own code set off. */
function Stack({ stack }: { stack: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
      tabIndex={0}
      className="thin-scroll max-h-96 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs leading-5"
    >
      {markOwnLines(stack).map(({ text, own }, index) => (
        <div key={index} className={own ? "text-text" : "text-faint"}>
          {text || " "}
        </div>
      ))}
    </pre>
  );
}

/** The failing line among its neighbours. */
function FailingLine({ place, code, language, onOpenLine }: { place: Place } & ResultOrigin) {
  const lines = code ? linesAround(code, place.line) : [];
  const colours = useColours(code ?? "", code ? language : undefined);
  if (lines.length === 0) return null;
  return (
    <figure className="overflow-hidden rounded-md border border-line">
      <figcaption className="flex items-center gap-2 border-b border-line bg-sunken/60 py-1 pl-3 pr-1 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate font-mono">
          {place.file}, line {place.line}
        </span>
        {onOpenLine && (
          <Button size="sm" variant="ghost" onClick={() => onOpenLine(place.line)}>
            <CornerDownRight /> Go to line
          </Button>
        )}
      </figcaption>
      <pre className="thin-scroll overflow-x-auto py-1.5 font-mono text-xs leading-5">
        {lines.map(({ number, text }) => (
          <div
            key={number}
            className={cn(
              "flex min-w-max border-l-2 border-transparent px-3",
              number === place.line && "border-danger-solid bg-danger-soft",
            )}
          >
            <span className="mr-4 w-7 shrink-0 select-none text-right text-faint">{number}</span>
            <CodeLine text={text} markup={colours?.[number - 1]} />
          </div>
        ))}
      </pre>
    </figure>
  );
}

export function ErrorResult({ error }: { error: ErrorObject }) {
  const origin = useContext(ResultOriginContext);
  const { name, message, stack, step_id: step, ...rest } = error;
  // The sentence of a cancelled run says who and why already.
  const said = name === "Canceled" ? ["reason", "canceler"] : [];
  const extra = Object.entries(rest).filter(
    ([key, value]) => value !== null && value !== undefined && !said.includes(key),
  );
  const trace = typeof stack === "string" ? stack.trimEnd() : "";
  const place = errorPlace(trace);
  const own = place && (!origin.path || origin.path === place.file) ? place : null;
  const line = place || typeof message !== "string" ? null : lineInWords(message);
  const failing = own ?? (line ? { file: origin.path ?? "The code", line } : null);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex gap-3 rounded-md bg-danger-soft p-3">
        <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
        <div className="min-w-0">
          {Boolean(name || step) && (
            <div className="text-xs text-danger">
              {Boolean(name) && <span className="font-mono font-semibold">{String(name)}</span>}
              {Boolean(step) && (
                <>
                  {" "}
                  in step <span className="font-mono">{String(step)}</span>
                </>
              )}
            </div>
          )}
          <div className="whitespace-pre-wrap break-words text-sm">
            {String(message ?? "The run failed.")}
          </div>
        </div>
      </div>
      {failing && <FailingLine place={failing} {...origin} />}
      {trace.trim() !== "" && <Stack stack={trace} />}
      {extra.length > 0 && <JsonTree value={Object.fromEntries(extra)} />}
    </div>
  );
}
