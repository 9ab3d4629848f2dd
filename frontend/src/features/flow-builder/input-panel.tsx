import { Braces, LogIn } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { EMPTY_SCHEMA } from "@/features/flows/flows";
import { SchemaEditor } from "@/features/schema-editor/schema-editor";
import { renameInput } from "@/flow-graph/rename";
import { schemaFromSample } from "@/flow-graph/sample";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Skeleton } from "@/ui/states";
import { tellDone } from "@/ui/toast";
import { useDraft, useFlowEditor } from "./editor";

const SmallEditor = lazy(() => import("@/features/editor/small-editor"));

function SampleDialog({ onClose }: { onClose: () => void }) {
  const editor = useFlowEditor();
  const [text, setText] = useState('{\n  "customer": "Ada",\n  "orders": [{ "id": 1, "total": 9.5 }]\n}');
  const [problem, setProblem] = useState<string | null>(null);
  const take = () => {
    let sample: unknown;
    try {
      sample = JSON.parse(text);
    } catch (error) {
      setProblem((error as Error).message);
      return;
    }
    const schema = schemaFromSample(sample);
    if (!schema) {
      setProblem("An example is an object: { … }.");
      return;
    }
    editor.edit((draft) => ({ ...draft, schema }));
    tellDone("Inputs taken from the example");
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Inputs from an example"
      description="Paste JSON that the flow will be given, such as the body of a webhook. It replaces the inputs."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" onClick={take}>
            Take its inputs
          </Button>
        </>
      }
    >
      <Suspense fallback={<Skeleton className="h-36" />}>
        <div className="[&>div]:h-64">
          <SmallEditor
            language="json"
            label="Example"
            value={text}
            onValue={(next) => {
              setText(next);
              setProblem(null);
            }}
          />
        </div>
      </Suspense>
      {problem && (
        <p role="alert" className="mt-2 text-xs text-danger">
          {problem}
        </p>
      )}
    </Dialog>
  );
}

/** What the flow asks for. */
export function InputPanel() {
  const editor = useFlowEditor();
  const { schema = EMPTY_SCHEMA } = useDraft();
  const [sampling, setSampling] = useState(false);
  return (
    <div className="flex h-full min-h-0 flex-col bg-surface">
      <header className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-2">
        <span className="inline-flex size-7 items-center justify-center rounded-md border border-line bg-sunken">
          <LogIn className="size-3.5 text-muted" aria-hidden />
        </span>
        <h2 className="flex-1 px-1.5 text-sm font-semibold">Input of the flow</h2>
        <Button size="sm" onClick={() => setSampling(true)}>
          <Braces /> From an example
        </Button>
      </header>
      <div className="thin-scroll min-h-0 flex-1 overflow-y-auto p-4">
        <p className="mb-4 text-sm text-muted text-pretty">
          These become the form that people fill in and what webhooks send. Steps read them as{" "}
          <code className="font-mono text-xs">flow_input.name</code>; renaming one changes every step that
          reads it.
        </p>
        <SchemaEditor
          noun="input"
          schema={schema}
          onSchema={(next, field) =>
            editor.edit((draft) => ({ ...draft, schema: next }), field ? `schema:${field}` : null)
          }
          onRename={(from, to) => editor.edit((draft) => ({ ...draft, ...renameInput(draft, from, to) }))}
        />
      </div>
      {sampling && <SampleDialog onClose={() => setSampling(false)} />}
    </div>
  );
}
