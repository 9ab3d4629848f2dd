// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { StepRun } from "@/flow-graph/status";
import { Turns } from "./turns";

const run = (state: StepRun["state"], success: (boolean | null)[]): StepRun =>
  ({
    state,
    job: null,
    status: { flow_jobs: success.map((_, turn) => `job ${turn}`), flow_jobs_success: success },
  }) as unknown as StepRun;

describe("Turns", () => {
  it("counts turns and tells how many of them failed", () => {
    const { container } = render(<Turns run={run("success", [true, true, true, false])} />);
    expect(container.textContent).toBe("4× · 1 failed");
  });

  it("says nothing of failures where there are none, or where the step was canceled", () => {
    const { container, rerender } = render(<Turns run={run("success", [true, true])} />);
    expect(container.textContent).toBe("2×");
    rerender(<Turns run={run("canceled", [true, false])} />);
    expect(container.textContent).toBe("2×");
    expect(screen.queryByText(/failed/)).toBeNull();
  });
});
