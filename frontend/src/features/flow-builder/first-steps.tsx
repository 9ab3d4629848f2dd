import { CirclePause, GitBranch, type LucideIcon, Plus, Repeat } from "lucide-react";
import { LanguageIcon } from "@/features/scripts/language";
import type { StepKind } from "@/flow-graph/new-step";
import { Button } from "@/ui/button";
import { APPROVAL_CODE, stepCode } from "./step-code";

const QUICK: { title: string; icon: LucideIcon; kind: StepKind }[] = [
  { title: "For each", icon: Repeat, kind: { kind: "for" } },
  { title: "Choose a branch", icon: GitBranch, kind: { kind: "branchone" } },
  {
    title: "Approval",
    icon: CirclePause,
    kind: { kind: "approval", language: "python3", content: APPROVAL_CODE },
  },
];

/** What an empty graph shows: how a flow begins. */
export function FirstStepsOfFlow({ onAdd, onMore }: { onAdd: (kind: StepKind) => void; onMore: () => void }) {
  return (
    <div className="pointer-events-none absolute inset-x-0 top-[260px] z-10 flex justify-center px-4">
      <section className="pointer-events-auto w-full max-w-md rounded-xl border border-line bg-surface p-5 text-center shadow-card">
        <h2 className="text-base font-semibold">Add the first step</h2>
        <p className="mx-auto mt-1 max-w-sm text-sm text-muted text-pretty">
          A flow runs steps from top to bottom. Each step reads the input and the results of the steps before
          it.
        </p>
        <div className="mt-4 flex flex-wrap justify-center gap-2">
          <Button onClick={() => onAdd({ kind: "code", language: "python3", content: stepCode("python3") })}>
            <LanguageIcon language="python3" className="size-5 border-0 bg-transparent" /> Python
          </Button>
          {QUICK.map(({ title, icon: Icon, kind }) => (
            <Button key={title} onClick={() => onAdd(kind)}>
              <Icon /> {title}
            </Button>
          ))}
          <Button variant="primary" onClick={onMore}>
            <Plus /> All steps
          </Button>
        </div>
      </section>
    </div>
  );
}
