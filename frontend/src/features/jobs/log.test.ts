import { describe, expect, it } from "vitest";
import { parseAnsi } from "./ansi";
import { LogBuffer } from "./log-buffer";

describe("parseAnsi", () => {
  it("gives each run of characters its look", () => {
    expect(parseAnsi("a\u001b[1;31mred\u001b[0m b").spans).toEqual([
      { text: "a" },
      { text: "red", bold: true, fg: 1 },
      { text: " b" },
    ]);
  });

  it("knows bright, 256 and true colours, and drops other sequences", () => {
    const { spans } = parseAnsi(
      "\u001b[2K\u001b[92mx\u001b[38;5;196my\u001b[48;2;1;2;3mz\u001b]0;title\u0007!",
    );
    expect(spans.map(({ text, fg, bg }) => [text, fg, bg])).toEqual([
      ["x", 10, undefined],
      ["y", "#ff0000", undefined],
      ["z", "#ff0000", "#010203"],
      ["!", "#ff0000", "#010203"],
    ]);
  });

  it("drops what moves or hides a cursor", () => {
    const { spans } = parseAnsi("\u001b[?25l\u001b[>4;2m\u001b[2 qbusy\u001b[?25h\u001b[3~");
    expect(spans).toEqual([{ text: "busy" }]);
  });

  it("carries the look over to the next line", () => {
    const first = parseAnsi("\u001b[32mgreen");
    expect(parseAnsi("still", first.state).spans).toEqual([{ text: "still", fg: 2 }]);
  });
});

describe("LogBuffer", () => {
  it("joins chunks that end within a line, and within an escape", () => {
    const log = new LogBuffer();
    log.append("one\ntw");
    log.append("o\n\u001b[3");
    log.append("1mred\u001b[0m\n");
    expect(log.text()).toBe("one\ntwo\nred");
    expect(log.lines[2]).toEqual([{ text: "red", fg: 1 }]);
  });

  it("shows the last state of a line that is drawn again and again", () => {
    const log = new LogBuffer();
    log.append("10 %\r20 %\r");
    log.append("100 %\r\ndone\n");
    expect(log.text()).toBe("100 %\ndone");
  });

  it("tells its listeners of every change", () => {
    const log = new LogBuffer();
    let told = 0;
    const stop = log.subscribe(() => {
      told += 1;
    });
    log.append("a\n");
    log.append("");
    stop();
    log.append("b\n");
    expect(told).toBe(1);
    expect(log.version).toBe(2);
  });
});
