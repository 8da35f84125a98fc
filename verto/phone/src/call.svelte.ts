// One call: its state, its sound, and what can be asked of it.

import { Conference } from './conference.svelte';
import { stop, type Devices } from './devices.svelte';
import { atGesture } from './gesture';
import { readParty, type Party } from './party';
import { Peer } from './peer';
import { grade, measure, type Grade, type Quality } from './quality';
import { Away, text, type Fields } from './socket';

/** `lost` is a call whose socket went away; the server keeps it and hands it back. */
export type State = 'ringing' | 'calling' | 'early' | 'answering' | 'active' | 'held' | 'lost' | 'ended';

/** `refused` is a transfer that the server did not begin, `failed` one that came to nothing. */
export type Transferring = '' | 'asked' | 'ringing' | 'refused' | 'failed';

/** What a call needs of the telephone. */
export interface Exchange {
  readonly devices: Devices;
  readonly iceServers: RTCIceServer[];
  ask(method: string, params: Fields): Promise<Fields>;
  /** The way of a call's sound is gone although the server can be reached. */
  pathLost(): void;
  /** A call is over. */
  ended(call: Call): void;
}

/** As what one takes part in a call of others. */
export type Role = 'talk' | 'listen' | 'whisper';

/** What is known of a call after the page was reloaded. */
export interface Saved {
  id: string;
  /** What was dialled; empty: the other side calls. */
  to: string;
  party: Party;
  muted: boolean;
  since: number;
  /** Empty: it is our own call. */
  role: Role | '';
}

const measuring = 2000; // ms between two looks at the quality

export class Call {
  readonly id: string;
  readonly to: string;
  readonly #exchange: Exchange;
  readonly #audio = new Audio();

  state = $state<State>('calling');
  party = $state.raw<Party>() as Party;
  muted = $state(false);
  /** When it was answered, in ms of the epoch; 0: not yet. */
  since = $state(0);
  quality = $state.raw<Quality>();
  /** The name of the cause that it ended with, as FreeSWITCH has them, or of what went wrong here. */
  cause = $state('');
  /** How a transfer goes that was asked for; empty: none was, or it is done. */
  transferring = $state<Transferring>('');
  microphone = $state.raw<MediaStream>();
  sound = $state.raw<MediaStream>();
  /** The others, where several are in the call; undefined: they are two. */
  conference = $state.raw<Conference>();
  readonly role: Role | '';
  /** What a caller offers; answered when the user does. */
  offer = '';
  #peer?: Peer;
  #counted = { received: 0, lost: 0 };
  #look = 0;
  #digits = Promise.resolve<unknown>(undefined);

  constructor(exchange: Exchange, known: Saved, state: State) {
    this.#exchange = exchange;
    this.id = known.id;
    this.to = known.to;
    this.role = known.role;
    this.party = known.party;
    this.muted = known.muted;
    this.since = known.since;
    this.state = state;
  }

  get saved(): Saved {
    return { id: this.id, to: this.to, party: this.party, muted: this.muted, since: this.since, role: this.role };
  }

  get outgoing(): boolean {
    return this.to !== '';
  }

  get over(): boolean {
    return this.state === 'ended';
  }

  get talking(): boolean {
    return this.state === 'active' || this.state === 'held';
  }

  get grade(): Grade | undefined {
    return this.quality && grade(this.quality);
  }

  /** Calls. `variables` tell Switchgram what Verto has no field for. */
  async dial(variables: Fields) {
    await this.#attempt(async () => {
      const sdp = await this.#open().offer(await this.#listen());
      if (this.over) return; // hung up meanwhile: the server never hears of it
      await this.#exchange.ask('verto.invite', { sdp, dialogParams: this.#dialog({ userVariables: variables }) });
    });
  }

  async answer() {
    this.state = 'answering';
    await this.#attempt(() => this.#take('verto.answer', this.offer));
  }

  /** The server hands the call back on a new socket, or a new path, whatever it was before. */
  async attach(sdp: string) {
    this.#peer?.close();
    await this.#attempt(() => this.#take('verto.attach', sdp));
  }

  /** What the server says about this call. */
  hear(method: string, params: Fields) {
    if (this.over) return;
    switch (method) {
      case 'verto.media':
        return void this.#attempt(() => this.#accept(text(params.sdp), 'early'));
      case 'verto.answer':
        return void this.#attempt(() => this.#accept(text(params.sdp), 'active'));
      case 'verto.display':
        if (!this.role) this.party = readParty(params, this.party); // who joins a call sees the call, not what was dialled
        return;
      case 'verto.bye':
        this.end(text(params.cause) || 'NORMAL_CLEARING');
    }
  }

  hangup() {
    const cause = this.state === 'ringing' ? 'CALL_REJECTED' : 'NORMAL_CLEARING';
    void this.#modify('verto.bye', { cause, causeCode: cause === 'CALL_REJECTED' ? 21 : 16 });
    this.end('');
  }

  mute(muted: boolean) {
    this.muted = muted;
    this.#gate();
  }

  /** Holds or goes on; the server plays music to the other side. */
  async hold(held: boolean) {
    const { holdState } = await this.#exchange.ask('verto.modify', { action: held ? 'hold' : 'unhold', dialogParams: this.#dialog() });
    if (this.talking) this.state = holdState === 'held' ? 'held' : 'active';
    this.#gate();
  }

  /** Sends digits, those of one call one after another. */
  send(dtmf: string) {
    this.#digits = this.#digits.then(() => this.#modify('verto.info', { dtmf }));
  }

  /** Gives the other side to somebody else: a number, or the other side of another call. The server ends the call when that is done. */
  async transfer(to: string | Call) {
    const how = to instanceof Call ? { action: 'replace', replaceCallID: to.id } : { action: 'transfer', destination: to };
    this.transferring = 'asked';
    const begun = this.#exchange.ask('verto.modify', { ...how, dialogParams: this.#dialog() });
    await begun.catch(() => (this.transferring = 'refused'));
  }

  /** What the server says to this call alone: how a transfer goes, and whether it is one of several. */
  learn(told: Fields) {
    const { action, state } = told;
    if (action === 'transfer' && (state === 'ringing' || state === 'failed')) this.transferring = state;
    if (action === 'conference-liveArray-join') this.conference = new Conference((method, params) => this.#exchange.ask(method, params), told, this.conference);
    if (action === 'conference-liveArray-part') this.conference = undefined;
  }

  /** The server cannot be reached, or another page has the call. One that was not answered does not survive that. */
  lost(elsewhere: boolean) {
    if (this.talking || this.state === 'answering') this.state = 'lost';
    else if (this.state !== 'lost') this.end('Away');
    if (elsewhere) this.#release();
  }

  /** Other devices were chosen. */
  async reroute() {
    await this.#exchange.devices.route(this.#audio, 'speaker');
    if (!this.microphone || !this.#peer) return;
    const before = this.microphone;
    const now = await this.#listen();
    if (now) await this.#peer.use(now);
    stop(before);
  }

  end(cause: string) {
    if (this.over) return;
    this.state = 'ended';
    this.cause = cause;
    this.#release();
    this.#exchange.ended(this);
  }

  #release() {
    window.clearInterval(this.#look);
    this.#peer?.close();
    this.#audio.srcObject = null;
    stop(this.microphone);
    this.microphone = this.sound = undefined;
  }

  // What fails ends the call, here and at the server, and says why.
  async #attempt(what: () => Promise<void>) {
    try {
      await what();
    } catch (error) {
      if (this.over || (error instanceof Away && this.state === 'lost')) return; // the server will hand it back again
      void this.#modify('verto.bye', {});
      this.end(error instanceof DOMException ? error.name : text((error as Error).message) || 'Away');
    }
  }

  #open(): Peer {
    this.#peer = new Peer(this.#exchange.iceServers, {
      sound: (stream) => void this.#play(stream),
      path: (connected) => connected || this.#exchange.pathLost(),
    });
    return this.#peer;
  }

  async #take(method: 'verto.answer' | 'verto.attach', offer: string) {
    stop(this.microphone);
    const sdp = await this.#open().answer(offer, await this.#listen());
    await this.#exchange.ask(method, { sdp, dialogParams: this.#dialog() });
    if (!this.over) this.#begin('active');
  }

  async #accept(answer: string, state: 'early' | 'active') {
    if (answer) await this.#peer?.accept(answer);
    if (!this.over && !this.talking) this.#begin(state);
  }

  #begin(state: 'early' | 'active') {
    this.state = state;
    if (state === 'active') this.since ||= Date.now();
    this.#gate(); // whoever comes back holds no more
    window.clearInterval(this.#look);
    this.#counted = { received: 0, lost: 0 };
    this.#look = window.setInterval(() => void this.#measure(), measuring);
  }

  async #listen(): Promise<MediaStream | undefined> {
    if (this.role === 'listen') return undefined;
    const stream = await this.#exchange.devices.microphone();
    if (this.over) return void stop(stream);
    this.microphone = stream;
    this.#gate();
    return stream;
  }

  async #play(stream: MediaStream) {
    this.sound = this.#audio.srcObject = stream;
    await this.#exchange.devices.route(this.#audio, 'speaker');
    const play = () => this.#audio.play();
    await play().catch(() => atGesture(play));
  }

  // Nobody hears who is muted or holds, whatever the server does.
  #gate() {
    for (const track of this.microphone?.getTracks() ?? []) track.enabled = !this.muted && this.state !== 'held';
  }

  async #measure() {
    if (!this.#peer) return;
    const { quality, counted } = measure(await this.#peer.stats(), this.#counted);
    this.quality = quality;
    this.#counted = counted;
  }

  // What the server answers changes nothing: a call that it does not know any more is over anyway.
  #modify(method: string, params: Fields): Promise<unknown> {
    return this.#exchange.ask(method, { ...params, dialogParams: this.#dialog() }).catch(() => undefined);
  }

  #dialog(more: Fields = {}): Fields {
    const { name, number } = this.party;
    return { callID: this.id, destination_number: this.to, remote_caller_id_name: name, remote_caller_id_number: number, ...more };
  }
}
