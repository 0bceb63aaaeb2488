// JSON Pointers (RFC 6901). A place is an array of keys.

import { compareText } from './unicode.js';

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/s;

export const isPointer = (text) => POINTER.test(text);

export const escaped = (key) => key.replaceAll('~', '~0').replaceAll('/', '~1');

export const unescaped = (token) => token.replaceAll('~1', '/').replaceAll('~0', '~');

export const pointerOf = (place) => place.map((key) => '/' + escaped(key)).join('');

export const placeOf = (pointer) => pointer.split('/').slice(1).map(unescaped);

// Tree order (SPEC section 1).
export function comparePlaces(a, b) {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const order = compareText(a[i], b[i]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
