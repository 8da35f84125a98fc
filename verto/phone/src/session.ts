// A login that outlives its sockets: when one is lost the next one logs in with the same session, and the server hands the calls over.

import { Away, Refusal, Socket, type Fields } from './socket';
import { keep, load } from './stored';

export interface Credentials {
  user: string;
  password: string;
  /** The session's name, chosen here; who logs in with it again takes its calls over. */
  sessid: string;
}

/** How the session stands: `waiting` between two attempts; `refused` and `replaced` are for good. */
export type Link = 'connecting' | 'ready' | 'waiting' | 'refused' | 'replaced';

export interface SessionEvents {
  /** `why` is the server's text when it refuses. */
  link(state: Link, why?: string): void;
  /** Logged in; events have to be subscribed to anew. */
  login(): void;
  request(method: string, params: Fields): void;
}

const firstWait = 500; // ms
const longestWait = 15_000; // ms
const heartbeat = 20_000; // ms between two pings, and the time that an answer may take
const authenticationFailed = -32001;

export class Session {
  readonly #url: string;
  readonly #who: Credentials;
  readonly #on: SessionEvents;
  #socket?: Socket;
  #wait = firstWait;
  #retry = 0;
  #heart = 0;

  constructor(url: string, who: Credentials, on: SessionEvents) {
    this.#url = url;
    this.#who = who;
    this.#on = on;
  }

  /** Connects, now, whatever was before: also for who knows that the network has changed. */
  connect = () => {
    this.#drop();
    this.#on.link('connecting');
    this.#socket = new Socket(this.#url, {
      open: () => void this.#login(),
      request: (method, params) => (method === 'verto.punt' ? this.#end('replaced') : this.#on.request(method, params)),
      close: () => this.#later(),
    });
    window.addEventListener('online', this.connect);
  };

  ask(method: string, params: Fields): Promise<Fields> {
    return this.#socket?.ask(method, { ...params, sessid: this.#who.sessid }) ?? Promise.reject(new Away());
  }

  close() {
    this.#drop();
    window.removeEventListener('online', this.connect);
  }

  async #login() {
    const { user, password } = this.#who;
    try {
      await this.ask('login', { login: user, passwd: password, loginParams: {}, userVariables: {} });
      this.#wait = firstWait;
      this.#heart = window.setInterval(() => void this.#beat(), heartbeat);
      this.#on.login();
      this.#on.link('ready');
    } catch (error) {
      if (error instanceof Refusal && error.code === authenticationFailed) this.#end('refused', error.message);
      else if (error instanceof Refusal) this.#later();
    }
  }

  // A network that is gone says nothing: who does not answer is away.
  async #beat() {
    const late = window.setTimeout(this.connect, heartbeat / 2);
    await this.ask('verto.ping', {}).catch(() => undefined); // any answer shows that it lives; none comes once the socket was closed
    window.clearTimeout(late);
  }

  #later() {
    this.#drop();
    this.#on.link('waiting');
    this.#retry = window.setTimeout(this.connect, this.#wait * (0.75 + Math.random() / 2));
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }

  #end(state: Link, why?: string) {
    this.close();
    this.#on.link(state, why);
  }

  #drop() {
    window.clearInterval(this.#heart);
    window.clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = undefined;
  }
}

const storeKey = 'switchgram.session';

/** What this tab logged in with: it survives a reload, and goes with the tab. */
export function savedCredentials(): Credentials | undefined {
  return load<Credentials | undefined>(sessionStorage, storeKey, undefined);
}

export function saveCredentials(who: Credentials | undefined) {
  if (who) keep(sessionStorage, storeKey, who);
  else sessionStorage.removeItem(storeKey);
}
