import { describe, expect, it } from "vitest";
import { code } from "@/flow-graph/fixtures";
import { layoutFlow } from "@/flow-graph/layout";
import { sceneEdges } from "./scene";

describe("sceneEdges", () => {
  it("hides every line from those who hear the page", () => {
    const input = { layout: layoutFlow({ modules: [code("a"), code("b")] }), selected: "a" };
    const lines = sceneEdges(input, new Map(), null);
    expect(lines.map((line) => line.domAttributes)).toEqual(lines.map(() => ({ "aria-hidden": true })));
  });
});
