// Digests of values at keys (SPEC section 4.4).

import { createHmac } from 'node:crypto';
import { bytesOf } from './unicode.js';

export const LENGTH = 4;

// Text is the canonical form of the value, or empty where a place is meant
// whatever it holds (section 6).
export function digest(salt, key, text) {
  return mac(salt, key, text).subarray(0, 3).toString('base64url');
}

// What the file of superseded secrets holds.
export function spentDigest(salt, text) {
  return mac(salt, 'spent', text).subarray(0, 12).toString('base64url');
}

function mac(salt, key, text) {
  const hmac = createHmac('sha256', bytesOf(salt));
  return hmac.update(bytesOf(key)).update('\0').update(bytesOf(text)).digest();
}

export const split = (digests) => digests.match(/.{4}/gs) ?? [];
