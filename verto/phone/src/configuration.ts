// What the server of the page wrote into it.

import { parse, text } from './socket';

export interface Configuration {
  /** Address of the Verto server. */
  server: string;
  /** Who is logged in at once, in a demo; otherwise empty. */
  user: string;
  password: string;
}

export function configuration(): Configuration {
  const given = parse(document.querySelector<HTMLMetaElement>('meta[name=phone]')?.content ?? '') ?? {};
  const server = new URL(text(given.server) || 'verto', location.href);
  server.protocol = server.protocol.replace(/^http/, 'ws');
  server.hash = '';
  return { server: server.href, user: text(given.user), password: text(given.password) };
}
