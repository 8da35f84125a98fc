// JSON-RPC 2.0 over a WebSocket, as Verto servers speak it: both sides ask, and answers come in any order.

/** The server said no. Its code and text stand in the error. */
export class Refusal extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.code = code;
  }
}

/** Nobody answers: the socket is not there, or went away before an answer came. */
export class Away extends Error {}

/** A JSON object of which nothing is known yet. */
export type Fields = Record<string, unknown>;

export interface SocketEvents {
  open(): void;
  /** The server asks or tells something. */
  request(method: string, params: Fields): void;
  close(): void;
}

interface Waiting {
  resolve(result: Fields): void;
  reject(error: Error): void;
}

export class Socket {
  #ws: WebSocket;
  #next = 1;
  #waiting = new Map<number, Waiting>();

  constructor(url: string, on: SocketEvents) {
    this.#ws = new WebSocket(url);
    this.#ws.onopen = on.open;
    this.#ws.onmessage = (e) => this.#read(String(e.data), on);
    this.#ws.onclose = () => {
      this.#abandon();
      on.close();
    };
  }

  /** Asks, and waits for the answer: it throws Refusal or Away. */
  ask(method: string, params: Fields): Promise<Fields> {
    if (this.#ws.readyState !== WebSocket.OPEN) return Promise.reject(new Away());
    const id = this.#next++;
    this.#ws.send(JSON.stringify({ jsonrpc: '2.0', method, params, id }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  /** Closes for good; no event follows. */
  close() {
    this.#ws.onopen = this.#ws.onmessage = this.#ws.onclose = null;
    this.#ws.close();
    this.#abandon();
  }

  #read(text: string, on: SocketEvents) {
    const message = parse(text);
    if (typeof message?.method === 'string') {
      this.#confirm(message.method, message.id);
      on.request(message.method, fields(message.params));
    } else if (typeof message?.id === 'number') {
      this.#settle(message.id, message);
    }
  }

  // A server's request is answered at once: servers do not wait for more than that.
  #confirm(method: string, id: unknown) {
    if (typeof id === 'number') this.#ws.send(JSON.stringify({ jsonrpc: '2.0', id, result: { method } }));
  }

  #settle(id: number, message: Fields) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (!('error' in message)) return waiting?.resolve(fields(message.result));
    const error = fields(message.error);
    waiting?.reject(new Refusal(Number(error.code ?? 0), text(error.message)));
  }

  #abandon() {
    for (const waiting of this.#waiting.values()) waiting.reject(new Away());
    this.#waiting.clear();
  }
}

/** What is an object, or an empty one. */
export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** What is a string or a number, as a string; everything else is empty. */
export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Reads JSON that may be none. */
export function parse(json: string): Fields | undefined {
  try {
    return fields(JSON.parse(json));
  } catch {
    return undefined;
  }
}
