// The calls in progress of the whole house, for those who may see them: a live array of Switchgram.

import { LiveArray, eventOf } from './livearray';
import { text, type Fields } from './socket';

export interface LiveCall {
  id: string;
  line: string;
  from: string;
  to: string;
  state: string;
  /** Milliseconds of the epoch. */
  since: number;
  /** How it sounds, 1 to 4.5 as people would say (MOS); 0: not known. */
  mos: number;
}

type Ask = (method: string, params: Fields) => Promise<Fields>;

const channel = 'switchgram.calls';

export class LiveCalls {
  /** Undefined for those who may not see them. */
  list = $state.raw<LiveCall[]>();
  readonly #ask: Ask;
  #array = new LiveArray();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Subscribes, after each login: the server forgets subscriptions with the socket. */
  async watch() {
    this.#array = new LiveArray();
    const may = await this.#ask('verto.subscribe', { eventChannel: channel }).then(() => true, () => false);
    if (!may) this.list = undefined;
    else await this.#whole();
  }

  hear(params: Fields) {
    const data = eventOf(channel, params);
    if (!data) return;
    if (!this.#array.apply(data)) return void this.#whole();
    this.list = [...this.#array.rows].map(([id, row]) => liveCall(id, row));
  }

  async #whole() {
    const liveArray = { command: 'bootstrap', context: channel, name: channel, obj: {} };
    await this.#ask('verto.broadcast', { eventChannel: channel, data: { liveArray } }).catch(() => undefined);
  }
}

// A row of Switchgram: id, line, from, to, state, since (ms of the epoch), legs, quality (MOS).
function liveCall(id: string, row: unknown[]): LiveCall {
  const [, line, from, to, state, since, , mos] = row;
  return { id, line: text(line), from: text(from), to: text(to), state: text(state), since: Number(since) || 0, mos: Number(mos) || 0 };
}
