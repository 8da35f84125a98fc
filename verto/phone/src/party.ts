// Who is at the far end, as far as the server says.

import { text, type Fields } from './socket';

export interface Party {
  name: string;
  number: string;
  username: string;
  /** Address of a picture, or empty. */
  photo: string;
  /** A page about them, to be opened by hand: http or https, or empty. */
  link: string;
  /** What to call that page; empty: by its address. */
  linkText: string;
  /** The line that they came by. */
  line: string;
  /** Id of the whole call that they are in, as calls in progress have it; empty: not known. */
  call: string;
}

export function stranger(number: string, name = ''): Party {
  return { name, number, username: '', photo: '', link: '', linkText: '', line: '', call: '' };
}

/**
 * Reads an invitation, or what corrects it. The direction is the server's: `outbound` is a call to us, so the caller is the far end.
 * Besides Verto's own fields there are those that Switchgram adds.
 */
export function readParty(p: Fields, before = stranger('')): Party {
  const side = p.display_direction === 'inbound' ? 'callee' : 'caller';
  const number = text(p.display_number) || text(p[`${side}_id_number`]) || before.number;
  const known = number === before.number ? before : stranger(number); // who has another number is somebody else
  const name = text(p.display_name) || text(p[`${side}_id_name`]);
  return {
    number,
    name: name === 'Outbound Call' ? known.name : name || known.name, // that is what FreeSWITCH says when it knows nothing
    username: text(p.verto_h_username) || known.username,
    photo: local(text(p.verto_h_photo)) || known.photo,
    link: web(text(p.verto_h_link)) || known.link,
    linkText: text(p.verto_h_link_text) || known.linkText,
    line: text(p.verto_h_line) || before.line,
    call: text(p.verto_h_call) || before.call,
  };
}

/** The address if a browser may be sent there: no script, no file. */
export function web(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : '';
}

// The address if showing what is there tells nobody else: a picture in itself, or one of the page's own server.
function local(address: string): string {
  if (address.startsWith('data:image/')) return address;
  const url = address !== '' && URL.canParse(address, location.href) ? new URL(address, location.href) : undefined;
  return url?.origin === location.origin ? url.href : '';
}

/** What to dial to reach somebody, if that is known. */
export function address(p: Party): string {
  return p.number || (p.username && `@${p.username}`);
}

/** What to call somebody by. */
export function title(p: Party): string {
  return p.name || address({ ...p, number: '' }) || p.number;
}

/** What else is known of them besides the title. */
export function details(p: Party): string[] {
  return [p.number, p.username && `@${p.username}`].filter((s) => s !== '' && s !== title(p));
}
