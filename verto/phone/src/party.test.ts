import { expect, test, vi } from 'vitest';
import { details, readParty, stranger, title, web } from './party';

vi.stubGlobal('location', new URL('https://phone.example/phone/'));

test('of an incoming call the far end is the caller, of an outgoing one the callee', () => {
  const sides = { caller_id_name: 'Bob', caller_id_number: '1009', callee_id_name: 'Ann', callee_id_number: '1008' };
  expect(readParty({ ...sides, display_direction: 'outbound' })).toMatchObject({ name: 'Bob', number: '1009' });
  expect(readParty({ ...sides, display_direction: 'inbound' })).toMatchObject({ name: 'Ann', number: '1008' });
});

test('what a later message does not say stays known', () => {
  const before = readParty({ caller_id_name: 'Bob', caller_id_number: '1009', verto_h_link: 'https://crm.example/7' });
  const after = readParty({ display_name: 'Robert', display_direction: 'inbound' }, before);
  expect(after).toMatchObject({ name: 'Robert', number: '1009', link: 'https://crm.example/7' });
});

test('with another number it is somebody else', () => {
  const before = { ...stranger('1000', 'Ann'), link: 'https://crm.example/7' };
  const after = readParty({ display_name: 'Outbound Call', display_number: '1002', display_direction: 'outbound' }, before);
  expect(after).toEqual(stranger('1002'));
});

test('a placeholder for a name is none', () => {
  expect(readParty({ callee_id_name: 'Outbound Call', display_direction: 'inbound' }, stranger('9196')).name).toBe('');
});

test.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//crm.example', 'not an address', ''])('%j is no link', (address) => {
  expect(web(address)).toBe('');
});

test('pictures come from nowhere else', () => {
  const photo = (address: string) => readParty({ verto_h_photo: address }).photo;
  expect(photo('https://elsewhere.example/a.png')).toBe('');
  expect(photo('data:text/html,x')).toBe('');
  expect(photo('/photos/7')).toBe('https://phone.example/photos/7');
  expect(photo('data:image/png;base64,AAAA')).toBe('data:image/png;base64,AAAA');
});

test('who has no name is called by what is known', () => {
  expect(title({ ...stranger('1009'), username: 'bob' })).toBe('@bob');
  expect(details({ ...stranger('1009'), username: 'bob' })).toEqual(['1009']);
  expect(title(stranger('1009'))).toBe('1009');
});
