/** Positions as language servers count them: from 0, in UTF-16 code units. */
export type Position = { line: number; character: number };
export type Range = { start: Position; end: Position };
export type Change = { range: Range; text: string };

export type HelpEvent =
  | { event: "diagnostics"; source: string; items: Diagnostic[] }
  | {
      event: "packages";
      /** `building`: the language server itself is made, once per machine. */
      state: "building" | "resolving" | "ready" | "failed";
      message?: string;
      modules?: number;
    };

export type Diagnostic = {
  range: Range;
  message: string;
  severity: number;
  code: string | null;
  tags: number[];
};

export type ConnectionState = "connecting" | "open" | "away";

/** What a WebSocket has to be able to do; tests bring their own. */
export type Wire = Pick<WebSocket, "send" | "close"> & {
  readyState?: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
};

type Options = {
  url: string;
  /** The document as it stands, to be opened again after the connection was lost. */
  document: () => { path: string; text: string };
  onEvent: (event: HelpEvent) => void;
  onState: (state: ConnectionState, reason: string) => void;
  makeWire?: (url: string) => Wire;
};

type Waiting = { resolve: (value: unknown) => void; reject: (error: Error) => void };

/** The server closed because the caller may not be here: asking again is of no use. */
const REFUSED = 1008;
/** The state of a WebSocket that is being made. */
const CONNECTING = 0;
const PAUSES_MS = [500, 1000, 2000, 5000, 10_000, 30_000];

/** One open document of a language server: requests with answers, events, and coming back after a loss. */
export class HelpConnection {
  private wire: Wire | null = null;
  private ready = false;
  private closed = false;
  private losses = 0;
  private number = 0;
  private waiting = new Map<number, Waiting>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {
    this.connect();
  }

  /** The answer; null where there is no connection now, or the server has no answer. */
  async request<T>(method: string, params: object = {}): Promise<T | null> {
    try {
      return await this.ask<T>(method, params);
    } catch {
      return null;
    }
  }

  /** The answer, or an error with the server's sentence; null where there is no connection now. */
  async ask<T>(method: string, params: object = {}): Promise<T | null> {
    return this.ready ? ((await this.send(method, params)) as T) : null;
  }

  change(changes: Change[]): void {
    if (this.ready) this.wire?.send(JSON.stringify({ method: "change", params: { changes } }));
  }

  /** Opens the document anew, for instance under another path. */
  reopen(): void {
    if (this.ready) void this.open();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    const { wire } = this;
    // Browsers complain about a connection that is given up while it is being made.
    if (wire?.readyState === CONNECTING) wire.onopen = () => wire.close();
    else wire?.close();
    this.lose();
  }

  private connect(): void {
    this.options.onState("connecting", "");
    const make = this.options.makeWire ?? ((url: string) => new WebSocket(url) as unknown as Wire);
    const wire = make(this.options.url);
    this.wire = wire;
    wire.onopen = () => void this.open();
    wire.onmessage = (event) => this.take(String(event.data));
    wire.onclose = (event) => {
      if (this.wire !== wire || this.closed) return;
      this.lose();
      this.options.onState("away", event.reason);
      if (event.code === REFUSED) return;
      const pause = PAUSES_MS[Math.min(this.losses, PAUSES_MS.length - 1)];
      this.losses += 1;
      this.timer = setTimeout(() => this.connect(), pause);
    };
  }

  private async open(): Promise<void> {
    // Changes made while the answer is under way follow the opened text on the same wire.
    this.ready = true;
    try {
      await this.send("open", this.options.document());
      this.losses = 0;
      this.options.onState("open", "");
    } catch (error) {
      if (this.closed) return;
      this.ready = false;
      this.options.onState("away", error instanceof Error ? error.message : "");
      this.losses += 1;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.open(), PAUSES_MS[Math.min(this.losses, PAUSES_MS.length - 1)]);
    }
  }

  private send(method: string, params: object): Promise<unknown> {
    const wire = this.wire;
    if (!wire) return Promise.reject(new Error("not connected"));
    this.number += 1;
    const id = this.number;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      wire.send(JSON.stringify({ id, method, params }));
    });
  }

  private take(data: string): void {
    const message = JSON.parse(data) as {
      id?: number;
      result?: unknown;
      error?: { message: string };
    } & Partial<HelpEvent>;
    if (message.event) {
      this.options.onEvent(message as HelpEvent);
      return;
    }
    const waiting = message.id === undefined ? undefined : this.waiting.get(message.id);
    if (!waiting || message.id === undefined) return;
    this.waiting.delete(message.id);
    if (message.error) waiting.reject(new Error(message.error.message));
    else waiting.resolve(message.result);
  }

  private lose(): void {
    this.ready = false;
    for (const { reject } of this.waiting.values()) reject(new Error("the connection was lost"));
    this.waiting.clear();
  }
}
