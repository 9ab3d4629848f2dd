import { type AnsiState, parseAnsi, type Span } from "./ansi";

/**
 * The log of a run, as lines. It lives outside React: appending costs the same however long the log is,
 * and only the view that shows it is told.
 */
export class LogBuffer {
  lines: Span[][] = [];
  version = 0;
  private partial = "";
  private state: AnsiState = {};
  private hasPartialLine = false;
  private readonly listeners = new Set<() => void>();

  append(text: string): void {
    if (!text) return;
    if (this.hasPartialLine) this.lines.pop();
    const parts = (this.partial + text).split("\n");
    this.partial = parts.pop() ?? "";
    for (const part of parts) {
      const { spans, state } = parseAnsi(overwritten(part), this.state);
      this.state = state;
      this.lines.push(spans);
    }
    this.hasPartialLine = this.partial !== "";
    if (this.hasPartialLine) this.lines.push(parseAnsi(overwritten(this.partial), this.state).spans);
    this.changed();
  }

  reset(text = ""): void {
    this.lines = [];
    this.partial = "";
    this.state = {};
    this.hasPartialLine = false;
    if (text) this.append(text);
    else this.changed();
  }

  get isEmpty(): boolean {
    return this.lines.length === 0;
  }

  text(): string {
    return this.lines.map((spans) => spans.map((span) => span.text).join("")).join("\n");
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = (): number => this.version;

  private changed(): void {
    this.version += 1;
    for (const tell of this.listeners) tell();
  }
}

/** A carriage return starts the line anew, as progress bars use it. */
function overwritten(line: string): string {
  const text = line.endsWith("\r") ? line.slice(0, -1) : line;
  const at = text.lastIndexOf("\r");
  return at < 0 ? text : text.slice(at + 1);
}
