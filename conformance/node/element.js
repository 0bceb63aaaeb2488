// The elements of arrays by element: what they are called, their keys and their
// names (SPEC section 3.9 rules 1 and 2). Keys are texts in canonical form.

import { createHash } from 'node:crypto';
import { canonical, canonicalString } from './canonical.js';
import { parseLiteral } from './parse.js';
import { bytesOf } from './unicode.js';

const NAME = /^((?:\/(?:[^~/]|~[01])*)+)~(\[.*)$/s;
const HASH = /^[A-Za-z0-9_-]{16}$/;
const NUMBER = /^[1-9][0-9]{0,18}$/;
const MOST = (1n << 63n) - 1n;

// What an element is called in an array of a kind: its key but for the number.
export function callOf({ kind, id }, value) {
  const hash = canonicalString(hashOf(value));
  if (kind === 'set') return `[${hash}]`;
  const member = value.type === 'object' ? value.members.get(id) : undefined;
  const isID = member?.type === 'string' || member?.type === 'number';
  return `[${canonicalString(id)},${isID ? canonical(member) : `null,${hash}`}]`;
}

const hashOf = (value) => createHash('sha256').update(bytesOf(canonical(value))).digest().subarray(0, 12).toString('base64url');

export const numbered = (call, number) => (number === 0 ? call : `${call.slice(0, -1)},${number}]`);

// A key as its text, the call in it, and the kind and id that it tells; null if it is none.
export function readKey(text) {
  const items = itemsOf(text);
  if (!items) return null;
  const [first, second] = items;
  if (items.length === 1) return isHash(first) ? { text, call: text, kind: 'set', id: '' } : null;
  if (first.type !== 'string' || first.value === '') return null;
  const length = second.type === 'null' ? 3 : 2;
  const isCall = length === 2 ? second.type === 'string' || second.type === 'number' : isHash(items[2]);
  const [number, ...more] = items.slice(length);
  if (!isCall || more.length > 0 || (number && !isNumber(number))) return null;
  return { text, call: `[${items.slice(0, length).map(canonical)}]`, kind: 'keyed', id: first.value };
}

function itemsOf(text) {
  try {
    const node = parseLiteral(text);
    return node.type === 'array' && node.items.length > 0 && canonical(node) === text ? node.items : null;
  } catch {
    return null;
  }
}

const isHash = (node) => node?.type === 'string' && HASH.test(node.value);

const isNumber = ({ type, text }) => type === 'number' && NUMBER.test(text) && BigInt(text) <= MOST;

export const nameOf = (pointer, key) => `${pointer}~${key}`;

// The pointer and the key in an element's name, or null.
export function readName(name) {
  const [, pointer, text] = NAME.exec(name) ?? [];
  const key = text && readKey(text);
  return key ? { pointer, key } : null;
}

// Gives the elements of an array their keys (rule 7). Of those called alike first
// each takes the first of the keys so called that agrees with it, then the
// lowest number that is free. A set holds an element once.
export function keyed(kind, items, keys, agrees) {
  const elements = items.map((value) => ({ value, call: callOf(kind, value), key: null }));
  for (const [call, alike] of byCall(elements)) number(call, kind.kind === 'set' ? alike.slice(0, 1) : alike, keys, agrees);
  return elements.filter(({ key }) => key !== null);
}

export function byCall(elements) {
  const calls = new Map();
  for (const element of elements) {
    if (!calls.has(element.call)) calls.set(element.call, []);
    calls.get(element.call).push(element);
  }
  return calls;
}

function number(call, alike, keys, agrees) {
  const free = keys.filter((key) => key.call === call);
  const taken = new Set();
  for (const element of alike) {
    const i = free.findIndex((key) => agrees(key, element.value));
    if (i >= 0) taken.add((element.key = free.splice(i, 1)[0].text));
  }
  let next = 0;
  for (const element of alike) {
    if (element.key !== null) continue;
    while (taken.has(numbered(call, next))) next++;
    element.key = numbered(call, next++);
  }
}
