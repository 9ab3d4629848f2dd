import type { FlowModule } from "./types";

/** A step of inline code for tests; inputs are expressions. */
export const code = (id: string, inputs: Record<string, string> = {}): FlowModule => ({
  id,
  value: {
    type: "rawscript",
    language: "python3",
    content: "def main(): ...",
    input_transforms: Object.fromEntries(
      Object.entries(inputs).map(([name, expr]) => [name, { type: "javascript", expr }]),
    ),
  },
});
