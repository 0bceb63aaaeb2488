// The secrets that a token has superseded (SPEC section 3.10).

import { canonical } from './canonical.js';
import { LENGTH, spentDigest, split } from './digest.js';
import { EMPTY } from './view.js';

export const MOST = 8;

const digestOf = (salt, value) => spentDigest(salt, canonical(value)).slice(0, LENGTH);

// The list of a register with this tuple that takes the place of another one.
export function superseded(salt, roles, old, tuple) {
  const held = new Set(rotating(salt, roles, tuple));
  const older = [...rotating(salt, roles, old?.value ?? EMPTY), ...split(old?.spent ?? '')];
  return [...new Set(older)].filter((digest) => !held.has(digest)).slice(0, MOST).join('');
}

function rotating(salt, { refresh, access }, { members }) {
  const values = [refresh, access].filter(Boolean).map((member) => members.get(member));
  return values.filter((value) => value && !isNone(value)).map((value) => digestOf(salt, value));
}

// The digests of superseded secrets: those that the folder remembers, and those
// that lists tell.
export function spentIn(remembered, ...lists) {
  const listed = new Set(lists.flatMap((list) => split(list ?? '')));
  return { has: (digest) => remembered.has(digest) || listed.has(digest.slice(0, LENGTH)) };
}

// Null and "" are no secrets.
export const isNone = (value) => ['null', '""'].includes(canonical(value));
