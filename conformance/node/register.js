// Registers and their order (SPEC sections 3.1 and 3.2). A register has a kind,
// a stamp, an era, a generation and a value, which is null in a tombstone.

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

export function register(kind, stamp, value, era = ZERO, gen = 0) {
  return { kind, stamp, era, gen, value };
}

export const isPlain = (register) => !isGroupKind(register.kind) && !isFieldKind(register.kind);

export function compareRegisters(a, b) {
  return (
    rank(a.kind) - rank(b.kind) ||
    compareText(epochOf(a.stamp), epochOf(b.stamp)) ||
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

const literalOf = ({ value }) => (value === null ? '' : literal(value));

function compareOwnKeys(a, b) {
  if (a.kind === 'token') return a.gen - b.gen;
  if (!isFieldKind(a.kind)) return 0;
  if (a.value === null || b.value === null) return Number(b.value === null) - Number(a.value === null);
  if (a.kind === 'first') return compareStamps(b.stamp, a.stamp);
  return a.kind === 'max' ? compareValues(a.value, b.value) : compareValues(b.value, a.value);
}

export const greater = (a, b) => (compareRegisters(a, b) >= 0 ? a : b);
