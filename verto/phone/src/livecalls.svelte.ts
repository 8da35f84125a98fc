// The calls in progress of the house, as far as one may see them: live arrays of Switchgram, of all calls or one for each line.

import { LiveArray } from './livearray';
import { fields, text, type Fields } from './socket';

export interface LiveCall {
  id: string;
  line: string;
  from: string;
  to: string;
  /** waiting, dialling, ringing, connecting or talking. */
  state: string;
  /** Milliseconds of the epoch. */
  since: number;
  /** How it sounds, 1 to 4.5 as people would say (MOS); 0: not known. */
  mos: number;
}

type Ask = (method: string, params: Fields) => Promise<Fields>;

export class LiveCalls {
  /** Undefined for those who may not see any. */
  list = $state.raw<LiveCall[]>();
  readonly #ask: Ask;
  #tables = new Map<string, LiveArray>(); // by channel

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Watches channels, after each login: the server forgets subscriptions with the socket. */
  watch(channels: string[]) {
    this.#tables = new Map(channels.map((channel) => [channel, new LiveArray()]));
    this.list = channels.length > 0 ? [] : undefined;
    for (const channel of channels) void this.#subscribe(channel);
  }

  hear(params: Fields) {
    const channel = text(params.eventChannel);
    const table = this.#tables.get(channel);
    if (!table) return;
    if (!table.apply(fields(params.data))) return void this.#whole(channel);
    this.list = [...this.#tables.values()].flatMap(({ rows }) => [...rows].map(([id, row]) => liveCall(id, row)));
  }

  async #subscribe(eventChannel: string) {
    await this.#ask('verto.subscribe', { eventChannel }).then(() => this.#whole(eventChannel), () => this.#tables.delete(eventChannel));
  }

  async #whole(channel: string) {
    const liveArray = { command: 'bootstrap', context: channel, name: channel, obj: {} };
    await this.#ask('verto.broadcast', { eventChannel: channel, data: { liveArray } }).catch(() => undefined); // away: the next login asks anew
  }
}

// A row of Switchgram: id, line, from, to, state, since (ms of the epoch), legs, quality (MOS).
function liveCall(id: string, row: unknown[]): LiveCall {
  const [, line, from, to, state, since, , mos] = row;
  return { id, line: text(line), from: text(from), to: text(to), state: text(state), since: Number(since) || 0, mos: Number(mos) || 0 };
}
