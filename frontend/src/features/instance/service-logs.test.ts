import { expect, test } from "vitest";
import { linesOf } from "./service-logs";

test("lines of a log are read, with what was said besides", () => {
  const lines = [
    {
      time: "2026-01-01T10:00:00Z",
      level: "warning",
      process: "worker",
      logger: "a",
      message: "odd",
      job: "j",
    },
    { level: "error", message: "failed", exception: "Traceback" },
  ];
  const text = `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"level": "in`;
  expect(linesOf(text)).toEqual([
    { time: "2026-01-01T10:00:00Z", level: "warning", logger: "a", text: 'odd job="j"' },
    { time: undefined, level: "error", logger: undefined, text: "failed \nTraceback" },
    { level: "info", text: '{"level": "in' },
  ]);
});
