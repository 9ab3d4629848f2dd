import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import type { Problem } from "@/flow-graph/checks";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { useFlowEditor } from "./editor";

export function ProblemRows({
  problems,
  onOpen,
}: {
  problems: readonly Problem[];
  onOpen?: (problem: Problem) => void;
}) {
  return (
    <ul className="flex flex-col">
      {problems.map((problem, index) => {
        const Icon = problem.severity === "error" ? CircleAlert : TriangleAlert;
        return (
          <li key={`${problem.step}-${index}`}>
            <button
              type="button"
              onClick={() => onOpen?.(problem)}
              className="flex w-full items-start gap-2 rounded-md px-2 py-1.5 text-left text-xs hover:bg-hover"
            >
              <Icon
                className={cn(
                  "mt-px size-3.5 shrink-0",
                  problem.severity === "error" ? "text-danger" : "text-warning",
                )}
                aria-label={problem.severity === "error" ? "Error" : "Warning"}
              />
              {problem.step && <span className="shrink-0 font-mono text-2xs text-faint">{problem.step}</span>}
              <span className="min-w-0">{problem.message}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** How many problems the flow has; opens the list, and from it the step. */
export function ProblemsButton({ problems }: { problems: readonly Problem[] }) {
  const editor = useFlowEditor();
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (problems.length === 0) {
    return (
      <span className="hidden items-center gap-1.5 whitespace-nowrap text-xs text-faint lg:flex">
        <CircleCheck className="size-3.5" aria-hidden /> No problems
      </span>
    );
  }
  return (
    <Popover>
      <PopoverTrigger asChild>
        <Button
          variant="ghost"
          className={errors > 0 ? "text-danger hover:text-danger" : "text-warning hover:text-warning"}
        >
          {errors > 0 ? <CircleAlert /> : <TriangleAlert />}
          {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
        </Button>
      </PopoverTrigger>
      <PopoverContent aria-label="Problems" align="end" className="w-96 p-1.5">
        <div className="thin-scroll max-h-80 overflow-y-auto">
          <ProblemRows
            problems={problems.slice(0, 200)}
            onOpen={(problem) => problem.step && editor.select(problem.step)}
          />
        </div>
      </PopoverContent>
    </Popover>
  );
}
