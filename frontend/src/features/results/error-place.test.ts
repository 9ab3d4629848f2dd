import { describe, expect, it } from "vitest";
import { errorPlace, lineInWords, linesAround } from "./error-place";

const PYTHON = `Traceback (most recent call last):
  File "u/admin/errs.py", line 5, in main
    return inner(0)
  File "f/lib/tools.py", line 2, in inner
    return requests.get(x)
  File "/data/cache/envs/1/site/requests/api.py", line 73, in get
    return request("get", url)
ZeroDivisionError: division by zero
`;

describe("the place of a failure", () => {
  it("is the last frame of own code in Python", () => {
    expect(errorPlace(PYTHON)).toEqual({ file: "f/lib/tools", line: 2 });
  });

  it("is the first frame of own code in JavaScript", () => {
    const stack = `Error: no
    at deep (/job/node_modules/x/index.js:1:2)
    at helper (u/admin/errs.ts:7:11)
    at main (u/admin/errs.ts:3:9)`;
    expect(errorPlace(stack)).toEqual({ file: "u/admin/errs", line: 7 });
  });

  it("is nowhere when no frame is own code", () => {
    expect(errorPlace("exit code 3")).toBeNull();
    expect(errorPlace('  File "<frozen importlib>", line 3, in x')).toBeNull();
  });

  it("shows the lines around it", () => {
    expect(linesAround("a\nb\nc", 1, 1)).toEqual([
      { number: 1, text: "a" },
      { number: 2, text: "b" },
    ]);
    expect(linesAround("a", 9)).toEqual([]);
  });

  it.each([
    ['exit code for "bash run": 127\none\nmain.sh: line 3: nothing: command not found\n', 3],
    ["main.sh: line 2: a: not found\nmain.sh: line 7: b: not found", 7],
    [
      "panic: index out of range\n\nmymod/inner.main(0x0)\n\tmymod/inner/main.go:8 +0x55\n\tmymod/inner/main.go:20",
      8,
    ],
    ["inner/main.go:5:2: undefined: x", 5],
    ['column "nothing" does not exist (line 4, column 8)\nselect nothing', 4],
    ["The API said no (line of business)", null],
  ])("is a line that the message names: %j", (message, line) => {
    expect(lineInWords(message)).toBe(line);
  });
});
