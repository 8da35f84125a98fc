// Who is in a call of several, and what they write to each other. FreeSWITCH's rooms and Switchgram's calls tell of it alike: by a live
// array, and a channel for chat; moderators have one for their orders.

import { fields, parse, text, type Fields } from './socket';
import { Table, type Ask } from './table';

export interface Member {
  /** By which orders name it. */
  id: string;
  /** It is this page. */
  own: boolean;
  name: string;
  number: string;
  /** Nobody hears it. */
  muted: boolean;
  held: boolean;
  talking: boolean;
}

/** What somebody wrote. */
export interface Said {
  from: string;
  text: string;
}

const kept = 100; // of what was written

export class Conference {
  members = $state.raw<Member[]>([]);
  chat = $state.raw<Said[]>([]);
  /** A moderator's order was not obeyed. */
  failed = $state(false);
  readonly moderates: boolean;
  readonly #ask: Ask;
  readonly #call: string;
  readonly #chatChannel: string;
  readonly #modChannel: string;
  readonly #table: Table;

  /** Of a call that the server says has joined, by what it says; `before` is what it was before the page came back to it. */
  constructor(ask: Ask, joined: Fields, before?: Conference) {
    this.#ask = ask;
    this.#call = text(joined.callID);
    this.#chatChannel = text(joined.chatChannel);
    this.#modChannel = text(joined.modChannel);
    this.moderates = this.#modChannel !== '';
    this.#table = new Table(ask, text(joined.laChannel), text(joined.laName));
    this.chat = before?.chat ?? [];
    this.watch();
  }

  /** Begins, or goes on after another login. */
  watch() {
    for (const eventChannel of [this.#chatChannel, this.#modChannel]) if (eventChannel) void this.#try('verto.subscribe', { eventChannel });
    void this.#table.watch();
  }

  hear(params: Fields) {
    const data = fields(params.data);
    switch (params.eventChannel) {
      case this.#table.channel:
        this.#table.hear(data);
        this.members = [...this.#table.rows].map(([key, row]) => member(row, key === this.#call));
        break;
      case this.#chatChannel:
        if (data.message) this.chat = [...this.chat, { from: text(data.fromDisplay) || text(data.from), text: text(data.message) }].slice(-kept);
        break;
      case this.#modChannel:
        this.failed = 'error' in data || text(data.response).startsWith('-ERR');
    }
  }

  say(message: string) {
    void this.#try('verto.broadcast', { eventChannel: this.#chatChannel, data: { action: 'send', message, type: 'message' } });
  }

  /** What moderators want of a member; how it went shows in the table. */
  order(command: 'mute' | 'unmute' | 'kick', { id }: Member) {
    this.failed = false;
    void this.#try('verto.broadcast', { eventChannel: this.#modChannel, data: { application: 'conf-control', command, id: Number(id), value: null } });
  }

  // Whoever is away asks anew after the next login.
  async #try(method: string, params: Fields) {
    await this.#ask(method, params).catch(() => undefined);
  }
}

// A row of mod_conference: number of the member, caller's number and name, codec, status. The status is a text, of JSON unless it is old.
function member([id, number, name, , status]: unknown[], own: boolean): Member {
  const said = parse(text(status));
  const { muted, onHold, talking } = fields(said?.audio);
  const plain = text(said?.oldStatus ?? status);
  return {
    id: text(id), own, name: text(name), number: text(number),
    muted: said ? muted === true : plain.includes('MUTE'), held: said ? onHold === true : plain.includes('HOLD'), talking: said ? talking === true : plain.includes('TALKING'),
  };
}
