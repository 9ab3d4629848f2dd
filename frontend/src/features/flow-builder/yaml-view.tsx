import { Check, Download, Upload } from "lucide-react";
import { lazy, Suspense, useRef, useState } from "react";
import { download } from "@/features/results/download";
import { documentOf, parseOpenFlow, type TextProblem, toJson, toYaml } from "@/flow-graph/openflow";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Skeleton } from "@/ui/states";
import { tellDone } from "@/ui/toast";
import { openDocument } from "./commands";
import { useFlowEditor } from "./editor";

const CodeEditor = lazy(() => import("@/features/editor/code-editor"));

/**
 * The flow as an OpenFlow document: to read, to change as text, to bring in and to take along. `given` is a text that
 * was brought in and could not be read as it is.
 */
export function YamlView({ given, onDone }: { given: string | null; onDone: () => void }) {
  const editor = useFlowEditor();
  const [start, setStart] = useState(() => given ?? toYaml(documentOf(editor.draft)));
  const text = useRef(start);
  const [problems, setProblems] = useState<TextProblem[]>(() =>
    given === null ? [] : parseOpenFlow(given).problems,
  );
  const [isChanged, setChanged] = useState(given !== null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const file = useRef<HTMLInputElement>(null);
  const name = editor.draft.path.split("/").pop() ?? "flow";

  const check = () => {
    const read = parseOpenFlow(text.current);
    setProblems(read.problems);
    return read.flow;
  };
  const apply = () => {
    const flow = check();
    if (!flow) return;
    openDocument(editor, flow);
    setChanged(false);
    tellDone("The flow is what the text says");
    onDone();
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col bg-surface">
      <div className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-2">
        <span className="min-w-0 flex-1 text-xs text-muted">
          OpenFlow, as YAML or JSON. Changes take effect when you apply them.
        </span>
        <input
          ref={file}
          type="file"
          accept=".yaml,.yml,.json"
          aria-label="OpenFlow file"
          className="hidden"
          onChange={async (event) => {
            const chosen = event.target.files?.[0];
            event.target.value = "";
            if (!chosen) return;
            text.current = await chosen.text();
            setStart(text.current);
            setChanged(true);
            check();
          }}
        />
        <Button size="sm" onClick={() => file.current?.click()}>
          <Upload /> Import
        </Button>
        <CopyButton text={() => text.current} label="Copy the document" />
        <Button size="sm" onClick={() => download(`${name}.flow.yaml`, text.current, "application/yaml")}>
          <Download /> YAML
        </Button>
        <Button
          size="sm"
          onClick={() => download(`${name}.flow.json`, toJson(documentOf(editor.draft)), "application/json")}
        >
          <Download /> JSON
        </Button>
        <Button size="sm" variant="primary" disabled={!isChanged || problems.length > 0} onClick={apply}>
          <Check /> Apply
        </Button>
      </div>
      <div className="min-h-0 flex-1">
        <Suspense fallback={<Skeleton className="m-3 h-[calc(100%-24px)]" />}>
          <CodeEditor
            value={start}
            language="yaml"
            label="The flow as YAML"
            markers={problems}
            onSave={apply}
            onValue={(next) => {
              text.current = next;
              setChanged(true);
              clearTimeout(timer.current);
              timer.current = setTimeout(check, 250);
            }}
          />
        </Suspense>
      </div>
      {problems.length > 0 && (
        <ul
          role="alert"
          className="max-h-40 shrink-0 overflow-y-auto border-t border-line bg-danger-soft px-4 py-2 text-xs text-danger"
        >
          {problems.slice(0, 20).map((problem, index) => (
            <li key={index}>
              Line {problem.line}: {problem.message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
