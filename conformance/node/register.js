// Registers and their order (SPEC sections 3.1 and 3.2). A register has a kind,
// a stamp, an era, a generation and a value, which is null in a tombstone; that
// of a keyed array also has the member that is the id.

import { canonical, literal } from './canonical.js';
import { compareValues } from './order.js';
import { ZERO, compareStamps, epochOf } from './stamp.js';
import { compareText } from './unicode.js';

const RANKS = ['lww', 'group', 'first', 'max', 'min', 'set', 'keyed', 'token'];

export const isKind = (kind) => RANKS.includes(kind);

export const rank = (kind) => RANKS.indexOf(kind);

export const isGroupKind = (kind) => kind === 'group' || kind === 'token';

// The kinds of single fields whose registers are not lww.
export const isFieldKind = (kind) => kind === 'first' || kind === 'max' || kind === 'min';

export const isByElement = ({ kind }) => kind === 'set' || kind === 'keyed';

export const hasEra = (kind) => isFieldKind(kind) || kind === 'token';

export function register(kind, stamp, value, era = ZERO, gen = 0, id = '') {
  return { kind, stamp, era, gen, value, id };
}

// What an array by element has before it is written, if elements are there (3.9 rule 4).
export function unwritten({ kind, id }) {
  return { ...register(kind, ZERO, null, ZERO, 0, id), isUnwritten: true };
}

export const isPlain = (register) => !isGroupKind(register.kind) && !isFieldKind(register.kind) && !isByElement(register);

// The order of policies, of fields and of registers alike.
export const compareKinds = (a, b) => rank(a.kind) - rank(b.kind) || (a.kind === 'keyed' ? compareText(a.id, b.id) : 0);

export function compareRegisters(a, b) {
  return (
    compareKinds(a, b) ||
    (isByElement(a) ? 0 : compareText(epochOf(a.stamp), epochOf(b.stamp))) ||
    compareStamps(a.era, b.era) ||
    compareOwnKeys(a, b) ||
    compareStamps(a.stamp, b.stamp) ||
    standing(a) - standing(b) ||
    compareText(canonicalOf(a), canonicalOf(b)) ||
    compareText(literalOf(a), literalOf(b)) ||
    compareSpent(a, b)
  );
}

// The standing of a value among those of one stamp.
function standing({ kind, value }) {
  if (value === null) return 2;
  const isEmpty = value.type === 'object' && value.members.size === 0;
  if (isEmpty && isGroupKind(kind)) return 0;
  return isEmpty && kind === 'lww' ? 3 : 1;
}

const compareSpent = ({ spent: a = '' }, { spent: b = '' }) => a.length - b.length || compareText(a, b);

const canonicalOf = ({ value }) => (value === null ? '' : canonical(value));

// Elements show as they were written, with white space and all.
const literalOf = ({ kind, value }) => (value === null ? '' : isByElement({ kind }) ? value.text ?? literal(value) : literal(value));

function compareOwnKeys(a, b) {
  if (a.kind === 'token') return a.gen - b.gen;
  if (!isFieldKind(a.kind)) return 0;
  if (a.value === null || b.value === null) return Number(b.value === null) - Number(a.value === null);
  if (a.kind === 'first') return compareStamps(b.stamp, a.stamp);
  return a.kind === 'max' ? compareValues(a.value, b.value) : compareValues(b.value, a.value);
}

export const greater = (a, b) => (compareRegisters(a, b) >= 0 ? a : b);
