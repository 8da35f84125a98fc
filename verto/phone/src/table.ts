// A live array that the page watches: subscribed to, asked for as a whole, and asked for again when a change was missed.

import { LiveArray } from './livearray';
import { type Fields } from './socket';

/** Asks the server. */
export type Ask = (method: string, params: Fields) => Promise<Fields>;

export class Table {
  readonly channel: string;
  readonly #ask: Ask;
  readonly #name: string;
  readonly #array = new LiveArray();

  constructor(ask: Ask, channel: string, name = channel) {
    this.#ask = ask;
    this.channel = channel;
    this.#name = name;
  }

  get rows(): ReadonlyMap<string, unknown[]> {
    return this.#array.rows;
  }

  /** Begins, after each login: the server forgets subscriptions with the socket. Who may not watch gets no rows. */
  async watch() {
    await this.#ask('verto.subscribe', { eventChannel: this.channel }).catch(() => undefined);
    await this.#whole();
  }

  /** Takes what the server tells of the table. */
  hear(data: Fields) {
    if (!this.#array.apply(data)) void this.#whole();
  }

  async #whole() {
    const liveArray = { command: 'bootstrap', context: this.channel, name: this.#name, obj: {} };
    await this.#ask('verto.broadcast', { eventChannel: this.channel, data: { liveArray } }).catch(() => undefined); // away: the next login asks anew
  }
}
