// The telephone: who is logged in, the calls, and what happens when the server or the user wants something.

import { Call, type Exchange, type Role, type Saved, type State } from './call.svelte';
import { Devices } from './devices.svelte';
import { History } from './history.svelte';
import { LiveCalls } from './livecalls.svelte';
import { address, readParty, stranger, web, type Party } from './party';
import { bell } from './ringer';
import { saveCredentials, savedCredentials, Session, type Credentials, type Link } from './session';
import { Away, fields, text, type Fields } from './socket';
import { keep, load } from './stored';

/** Something that the server wants the user to see. */
export interface Notice {
  message: string;
  link: string;
}

const noticesShown = 3;
const shown = 6000; // ms for which a call that is over can be read; one that failed stays until the next
const expected = ['', 'NORMAL_CLEARING', 'ORIGINATOR_CANCEL', 'LOSE_RACE'];
const callsKey = 'switchgram.calls';

export class Phone implements Exchange {
  readonly devices = new Devices();
  readonly history = new History();
  readonly live = new LiveCalls((method, params) => this.ask(method, params));
  readonly #url: string;
  readonly #bell = bell();
  readonly #left = new Set<string>(); // ids of calls that are over
  #session?: Session;
  #learned = Promise.resolve();

  /** Whose telephone it is; empty: nobody is logged in. */
  user = $state('');
  link = $state<Link>();
  /** Why the server refused the login. */
  refusal = $state('');
  calls = $state.raw<Call[]>([]);
  notices = $state.raw<Notice[]>([]);
  /** Lines that the user may call by; unless one is chosen the server takes one. */
  lines = $state.raw<string[]>([]);
  /** As what the user may join calls of others. */
  roles = $state.raw<Role[]>([]);
  /** Whether the user may write notes on calls in progress. */
  notes = $state(false);
  iceServers: RTCIceServer[] = [];

  constructor(url: string) {
    this.#url = url;
    window.addEventListener('pagehide', () => this.#save());
  }

  /** Goes on where the page was before a reload; false: somebody must log in. */
  resume(): boolean {
    const who = savedCredentials();
    if (!who) return false;
    const saved = load<Saved[]>(sessionStorage, callsKey, []);
    this.calls = saved.map((s) => new Call(this, s, 'lost'));
    this.user = who.user;
    this.#open(who);
    return true;
  }

  login(user: string, password: string) {
    this.#open({ user, password, sessid: crypto.randomUUID() });
  }

  /** Connects without waiting for the next attempt; takes the session back from another tab. */
  reconnect() {
    this.#session?.connect();
  }

  logout() {
    for (const call of this.calls) if (!call.over) call.hangup();
    this.#session?.close();
    this.#leave();
  }

  get ringing(): Call | undefined {
    return this.calls.find((c) => c.state === 'ringing');
  }

  /** The call that keys and shortcuts are for. */
  get current(): Call | undefined {
    const first = (...states: State[]) => this.calls.find((c) => states.includes(c.state));
    return first('active', 'early', 'calling', 'answering', 'lost') ?? first('held');
  }

  /** Calls somebody, by a line if one is named. */
  dial(number: string, line = ''): Promise<void> {
    return this.#dial(number, { ...stranger(number), line }, '', line ? { line } : {});
  }

  /** Joins a running call. Who listens is not asked for a microphone. */
  join(id: string, name: string, as: Role): Promise<void> {
    return this.#dial(`${as}:${id}`, stranger('', name), as, {});
  }

  async answer(call: Call) {
    await this.#holdAllBut(call);
    await call.answer();
  }

  /** Holds a call, or takes it back; then the others are held. */
  async hold(call: Call, held: boolean) {
    if (!held) await this.#holdAllBut(call);
    await call.hold(held);
  }

  /** Whom the call could be given to: the others that are up. */
  others(call: Call): Call[] {
    return this.calls.filter((c) => c !== call && c.talking);
  }

  dismiss(call: Call) {
    this.calls = this.calls.filter((c) => c !== call);
  }

  dismissNotice(notice: Notice) {
    this.notices = this.notices.filter((n) => n !== notice);
  }

  /** Rings, or is quiet, as the calls are. */
  async ring() {
    if (!this.ringing) return this.#bell.pause();
    await this.devices.route(this.#bell, 'ringer');
    await this.#bell.play().catch(() => undefined); // browsers refuse before the first click: the card and the notification remain
  }

  /** Lets the ringer be heard as it is chosen. */
  async ringOnce() {
    const once = bell();
    once.loop = false;
    await this.devices.route(once, 'ringer');
    await once.play().catch(() => undefined); // there is no loudspeaker
  }

  ask(method: string, params: Fields): Promise<Fields> {
    return this.#session?.ask(method, params) ?? Promise.reject(new Away());
  }

  pathLost() {
    if (this.link === 'ready') this.#session?.connect(); // whoever logs in again is offered the sound again
  }

  ended(call: Call) {
    const { party, outgoing, since } = call;
    this.#left.add(call.id);
    if (!call.role) this.history.add({ number: address(party), name: party.name, outgoing, answered: since > 0, at: Date.now() });
    if (expected.includes(call.cause)) window.setTimeout(() => this.dismiss(call), shown);
  }

  #open(who: Credentials) {
    this.#session?.close();
    this.refusal = '';
    this.#session = new Session(this.#url, who, {
      link: (state, why) => this.#linked(state, why),
      login: () => this.#entered(who),
      request: (method, params) => this.#hear(method, params),
    });
    this.#session.connect();
  }

  #linked(state: Link, why = '') {
    this.link = state;
    if (state === 'refused') {
      this.refusal = why;
      this.#leave();
    }
    if (state !== 'ready') for (const call of this.calls) call.lost(state === 'replaced');
  }

  #entered(who: Credentials) {
    this.user = who.user;
    saveCredentials(who);
    this.#learned = this.#learn();
  }

  // What Switchgram says of its user; other servers refuse, and there is nothing to choose then.
  async #learn() {
    const { message } = await this.ask('jsapi', { command: 'phone', data: {} }).catch((): Fields => ({}));
    const granted = fields(message);
    this.lines = strings(granted.lines);
    this.roles = strings(granted.roles) as Role[];
    this.iceServers = Array.isArray(granted.iceServers) ? (granted.iceServers as RTCIceServer[]) : [];
    this.notes = granted.notes === true;
    this.live.watch(strings(granted.calls));
  }

  #leave() {
    this.#session = undefined;
    this.link = undefined;
    this.user = '';
    for (const call of this.calls) call.end('');
    this.calls = this.notices = [];
    this.live.watch([]);
    saveCredentials(undefined);
    sessionStorage.removeItem(callsKey);
  }

  #hear(method: string, params: Fields) {
    const call = this.calls.find((c) => c.id === params.callID);
    switch (method) {
      case 'verto.invite':
        return call || this.#invited(params);
      case 'verto.attach':
        return void this.#attached(call, params);
      case 'verto.clientReady':
        return this.#handedBack(params.reattached_sessions);
      case 'verto.event':
        return this.#event(params);
      case 'verto.info':
        return this.#message(fields(params.msg));
      default:
        call?.hear(method, params);
    }
  }

  #invited(params: Fields) {
    const call = this.#add(text(params.callID), '', readParty(params), '', 'ringing');
    call.offer = text(params.sdp);
  }

  // The server hands a call back. What was hung up while it was away is to end there too.
  async #attached(known: Call | undefined, params: Fields) {
    const callID = text(params.callID);
    if (this.#left.has(callID)) return void this.ask('verto.bye', { dialogParams: { callID } }).catch(() => undefined);
    const call = known ?? this.#unknown(callID, params);
    await this.#learned; // by which servers there is a way
    await call.attach(text(params.sdp));
    call.conference?.watch();
  }

  // A call of this session that this page knows nothing of: nobody is heard before they want to be.
  #unknown(id: string, params: Fields): Call {
    const call = this.#add(id, '', readParty(params), '', 'lost');
    call.mute(true);
    return call;
  }

  // What the server has not handed back by now it has not kept.
  #handedBack(ids: unknown) {
    const kept = strings(ids);
    for (const call of this.calls) if (call.state === 'lost' && !kept.includes(call.id)) call.end('Away');
  }

  // Events of a table, of a call, or for this page alone.
  #event(params: Fields) {
    this.live.hear(params);
    for (const call of this.calls) call.conference?.hear(params);
    const own = fields(params.pvtData);
    this.calls.find((c) => c.id === params.eventChannel || c.id === own.callID)?.learn(own);
    if (own.type === 'openLink' || own.type === 'notify') this.#notice(text(own.message), text(own.url));
  }

  #message(msg: Fields) {
    const from = text(msg.from_msg_name) || text(msg.from);
    if (msg.body) this.#notice(`${from}: ${text(msg.body)}`);
  }

  #notice(message: string, link = '') {
    this.notices = [...this.notices, { message, link: web(link) }].slice(-noticesShown);
  }

  async #dial(to: string, party: Party, role: Role | '', variables: Fields) {
    const call = this.#add(crypto.randomUUID(), to, party, role, 'calling');
    await this.#holdAllBut(call);
    await call.dial(variables);
  }

  #add(id: string, to: string, party: Party, role: Role | '', state: State): Call {
    const call = new Call(this, { id, to, party, role, muted: false, since: 0 }, state);
    this.calls = [...this.calls.filter((c) => !c.over), call];
    return call;
  }

  // Calls that the server does not hold go on, and can be heard.
  async #holdAllBut(call: Call) {
    const active = this.calls.filter((c) => c !== call && c.state === 'active');
    await Promise.all(active.map((c) => c.hold(true).catch(() => undefined)));
  }

  #save() {
    keep(sessionStorage, callsKey, this.calls.filter((c) => !c.over).map((c) => c.saved));
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}
