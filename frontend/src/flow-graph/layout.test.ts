import { describe, expect, it } from "vitest";
import { openingView } from "./layout";

const box = (x: number, y: number, width: number, height: number) => ({
  nodes: [{ id: "a", kind: "step" as const, x, y, width, height }],
  frames: [],
});

describe("how a graph is shown at first", () => {
  const screen = { width: 1000, height: 800 };

  it("shows a small one as large as it is, below what lies above it", () => {
    expect(openingView(box(-132, 0, 264, 200), screen, 68)).toEqual({ x: 500, y: 68, zoom: 1 });
  });

  it("fits a taller one into the screen", () => {
    const { y, zoom } = openingView(box(-132, 0, 264, 1000), screen, 68);
    expect(y + 1000 * zoom).toBeLessThanOrEqual(800);
    expect(zoom).toBeGreaterThan(0.65);
  });

  it("centres what leans to one side", () => {
    const { x, zoom } = openingView(box(-100, 0, 1100, 100), screen, 28);
    expect(x - 100 * zoom).toBeCloseTo(28);
    expect(x + 1000 * zoom).toBeCloseTo(972);
  });

  it("shows the beginning of one too large to be read whole", () => {
    expect(openingView(box(-3000, 0, 6000, 9000), screen, 28)).toEqual({ x: 500, y: 28, zoom: 0.6 });
  });

  it("shows the selected step where the beginning would leave it out of sight", () => {
    const { nodes } = box(-3000, 0, 6000, 9000);
    const far = { id: "b", kind: "step" as const, x: 2000, y: 8000, width: 200, height: 100 };
    const near = { ...far, id: "c", x: -100, y: 200 };
    const both = { nodes: [...nodes, far, near], frames: [] };
    const { x, y, zoom } = openingView(both, screen, 28, "b");
    expect([x + 2100 * zoom, y + 8050 * zoom]).toEqual([500, 400]);
    expect(openingView(both, screen, 28, "c")).toEqual(openingView(both, screen, 28));
  });
});
