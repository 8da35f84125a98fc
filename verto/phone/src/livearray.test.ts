import { expect, test } from 'vitest';
import { LiveArray } from './livearray';

function booted(): LiveArray {
  const array = new LiveArray();
  array.apply({ action: 'bootObj', wireSerno: -1, data: [['a', [1]], ['b', [2]]] });
  return array;
}

test('a whole copy replaces what there was', () => {
  const array = booted();
  array.apply({ action: 'bootObj', wireSerno: -1, data: [['c', [3]]] });
  expect([...array.rows]).toEqual([['c', [3]]]);
});

test('changes come where they belong', () => {
  const array = booted();
  expect(array.apply({ action: 'add', arrIndex: 1, hashKey: 'c', wireSerno: 7, data: [3] })).toBe(true);
  expect(array.apply({ action: 'modify', hashKey: 'a', wireSerno: 8, data: [9] })).toBe(true);
  expect(array.apply({ action: 'del', hashKey: 'b', wireSerno: 9, data: [2] })).toBe(true);
  expect([...array.rows]).toEqual([['a', [9]], ['c', [3]]]);
});

test('a gap in the numbers asks for the whole', () => {
  const array = booted();
  array.apply({ action: 'del', hashKey: 'a', wireSerno: 7 });
  expect(array.apply({ action: 'del', hashKey: 'b', wireSerno: 9 })).toBe(false);
  expect([...array.rows.keys()]).toEqual(['b']);
});

test('any number may come first, and after the end', () => {
  const array = booted();
  array.apply({ action: 'modify', hashKey: 'a', wireSerno: 41, data: [4] });
  array.apply({ action: 'clear', wireSerno: -1, data: {} });
  expect(array.rows.size).toBe(0);
  expect(array.apply({ action: 'add', hashKey: 'x', wireSerno: 3, data: [] })).toBe(true);
});

test('a copy that is none empties the table and harms nobody', () => {
  const array = booted();
  array.apply({ action: 'bootObj', wireSerno: -1, data: [null, ['a'], 'b', ['c', 'row']] });
  expect(array.rows.size).toBe(0);
});
