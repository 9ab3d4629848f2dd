import { beforeEach, describe, expect, it, vi } from "vitest";
import { HelpConnection, type HelpEvent, type Wire } from "./connection";

class FakeWire implements Wire {
  static made: FakeWire[] = [];
  sent: { id?: number; method: string; params: Record<string, unknown> }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  constructor() {
    FakeWire.made.push(this);
  }
  send(data: unknown) {
    this.sent.push(JSON.parse(String(data)));
  }
  close() {}
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  answer(method: string, result: unknown) {
    const asked = this.sent.filter((message) => message.method === method).at(-1);
    this.say({ id: asked?.id, result });
  }
}

function start() {
  const states: string[] = [];
  const events: HelpEvent[] = [];
  let text = "import os";
  const connection = new HelpConnection({
    url: "ws://postmill.test/help",
    document: () => ({ path: "u/a/b", text }),
    onEvent: (event) => events.push(event),
    onState: (state, reason) => states.push(reason ? `${state}: ${reason}` : state),
    makeWire: () => new FakeWire(),
  });
  return { connection, states, events, type: (next: string) => (text = next) };
}

const wire = (at = -1) => FakeWire.made.at(at) as FakeWire;

describe("the connection to a language server", () => {
  beforeEach(() => {
    FakeWire.made = [];
    vi.useFakeTimers();
  });

  it("opens the document, then asks and hears", async () => {
    const { connection, states, events } = start();
    expect(await connection.request("hover")).toBeNull();
    wire().onopen?.();
    expect(wire().sent[0]).toMatchObject({ method: "open", params: { path: "u/a/b", text: "import os" } });
    wire().answer("open", null);
    await vi.advanceTimersByTimeAsync(0);
    expect(states).toEqual(["connecting", "open"]);
    const hover = connection.request<{ text: string }>("hover", { position: { line: 0, character: 7 } });
    wire().answer("hover", { text: "os" });
    expect(await hover).toEqual({ text: "os" });
    wire().say({ event: "packages", state: "ready", modules: 3 });
    expect(events).toEqual([{ event: "packages", state: "ready", modules: 3 }]);
    connection.close();
  });

  it("comes back after a loss with the text as it stands then", async () => {
    const { connection, states, type } = start();
    wire().onopen?.();
    wire().answer("open", null);
    await vi.advanceTimersByTimeAsync(0);
    const lost = connection.request("hover");
    type("import sys");
    wire().onclose?.({ code: 1012, reason: "" });
    expect(await lost).toBeNull();
    await vi.advanceTimersByTimeAsync(600);
    wire().onopen?.();
    expect(FakeWire.made).toHaveLength(2);
    expect(wire().sent[0]?.params.text).toBe("import sys");
    expect(states.at(-1)).toBe("connecting");
    connection.close();
  });

  it("does not knock again where it may not be", async () => {
    const { connection, states } = start();
    wire().onclose?.({ code: 1008, reason: "Not authorized" });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeWire.made).toHaveLength(1);
    expect(states.at(-1)).toBe("away: Not authorized");
    connection.close();
  });

  it("tries to open again while all servers are busy", async () => {
    const { connection, states } = start();
    wire().onopen?.();
    wire().say({ id: 1, error: { message: "All language servers are in use" } });
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toBe("away: All language servers are in use");
    await vi.advanceTimersByTimeAsync(1000);
    expect(wire().sent).toHaveLength(2);
    wire().answer("open", null);
    await vi.advanceTimersByTimeAsync(0);
    expect(states.at(-1)).toBe("open");
    connection.close();
  });
});
