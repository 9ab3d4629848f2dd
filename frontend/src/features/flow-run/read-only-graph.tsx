import { useBrowsing } from "@/features/flow-canvas/browsing";
import { FlowCanvas } from "@/features/flow-canvas/canvas";
import { StepIcon, stepKindLabel, stepMarks } from "@/features/flow-canvas/step-look";
import { monacoLanguage } from "@/features/scripts/language";
import { transformsOf } from "@/flow-graph/checks";
import { collapsedAtFirst } from "@/flow-graph/groups";
import type { FlowModule, FlowValue } from "@/flow-graph/types";
import { stepTitle } from "@/flow-graph/walk";
import { CodeBlock } from "@/ui/code-block";

type Props = {
  value: FlowValue;
  selected: string;
  onSelect: (id: string) => void;
  module: FlowModule | undefined;
};

function StepFacts({ module }: { module: FlowModule }) {
  const { value } = module;
  const inputs = Object.entries(transformsOf(module));
  const marks = stepMarks(module);
  return (
    <div className="flex flex-col gap-4">
      <header className="flex items-center gap-2.5">
        <StepIcon module={module} />
        <div className="min-w-0">
          <h2 className="truncate text-sm font-semibold">{stepTitle(module)}</h2>
          <p className="truncate text-xs text-muted">
            <span className="font-mono">{module.id}</span> · {stepKindLabel(module)}
          </p>
        </div>
      </header>
      {marks.length > 0 && (
        <ul className="flex flex-col gap-1 text-xs text-muted">
          {marks.map(({ icon: Icon, label }) => (
            <li key={label} className="flex items-center gap-2">
              <Icon className="size-3.5 text-faint" aria-hidden /> {label}
            </li>
          ))}
        </ul>
      )}
      {value.type === "forloopflow" && value.iterator.type === "javascript" && (
        <p className="text-sm">
          For each of <code className="font-mono text-xs">{value.iterator.expr}</code>
        </p>
      )}
      {value.type === "branchone" && (
        <ol className="flex flex-col gap-1 text-sm">
          {value.branches.map((branch, index) => (
            <li key={index}>
              {branch.summary || `Branch ${index + 1}`}:{" "}
              <code className="font-mono text-xs text-muted">{branch.expr}</code>
            </li>
          ))}
        </ol>
      )}
      {inputs.length > 0 && (
        <dl className="grid grid-cols-[minmax(70px,auto)_1fr] gap-x-4 gap-y-1.5 text-sm">
          {inputs.map(([name, transform]) => (
            <div key={name} className="contents">
              <dt className="font-mono text-xs leading-5 text-muted">{name}</dt>
              <dd className="min-w-0 break-words font-mono text-xs leading-5">
                {transform.type === "javascript"
                  ? transform.expr
                  : transform.type === "static"
                    ? JSON.stringify(transform.value)
                    : ""}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {value.type === "rawscript" && (
        <CodeBlock text={value.content} language={monacoLanguage(value.language)} />
      )}
    </div>
  );
}

/** A deployed flow to look at: boxes, and what the chosen one does. */
export default function ReadOnlyGraph({ value, selected, onSelect, module }: Props) {
  const browsing = useBrowsing(value, selected, onSelect, () => collapsedAtFirst(value));
  return (
    <>
      <FlowCanvas value={value} selected={selected} {...browsing} className="min-h-72" />
      <div className="thin-scroll max-h-[45%] w-full shrink-0 overflow-y-auto border-t border-line p-4 lg:max-h-none lg:w-96 lg:border-l lg:border-t-0">
        {module ? <StepFacts module={module} /> : <p className="text-sm text-muted">Choose a step.</p>}
      </div>
    </>
  );
}
