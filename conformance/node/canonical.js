// The canonical form of values (SPEC section 1), and what equality means.

import { compareText } from './unicode.js';

const NUMBER = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
const SHORT = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const ESCAPED = /["\\\u0000-\u001f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function canonical(value) {
  value.canonical ??= form(value);
  return value.canonical;
}

export const equal = (a, b) => canonical(a) === canonical(b);

function form(value) {
  switch (value.type) {
    case 'number': return canonicalNumber(value.text);
    case 'string': return canonicalString(value.value);
    case 'array': return `[${value.items.map(canonical)}]`;
    case 'object': return joined(value.members, canonical);
    default: return value.type;
  }
}

// The literal of a value: what was written or, of an object, its members sorted
// around what was written (section 3.1).
export function literal(value) {
  return value.type === 'object' ? joined(value.members, literal) : value.text;
}

function joined(members, write) {
  const sorted = [...members].sort(([a], [b]) => compareText(a, b));
  return `{${sorted.map(([key, member]) => `${canonicalString(key)}:${write(member)}`)}}`;
}

export function canonicalString(text) {
  return `"${text.replace(ESCAPED, (unit) => SHORT[unit] ?? '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))}"`;
}

// A number as sign, digits and point: ±0.d₁…dₙ × 10ᵖ. The point may be larger than any JavaScript number.
export function exact(text) {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text);
  const all = whole + fraction;
  const digits = all.replace(/^0+/, '');
  const point = BigInt(exponent) + BigInt(whole.length - (all.length - digits.length));
  return { negative: sign === '-' && digits !== '', digits: digits.replace(/0+$/, ''), point };
}

function canonicalNumber(text) {
  const { negative, digits, point } = exact(text);
  const n = digits.length;
  const sign = negative ? '-' : '';
  if (n === 0) return '0';
  if (BigInt(n) <= point && point <= 21n) return sign + digits.padEnd(Number(point), '0');
  const rest = n > 1 ? '.' + digits.slice(1) : '';
  return `${sign}${digits[0]}${rest}e${point > 0n ? '+' : ''}${point - 1n}`;
}

const isInteger = ({ digits, point }) => BigInt(digits.length) <= point || digits === '';

// Whether theirs counts as equal to ours: also if it is what a program that reads
// numbers as float64 makes of ours (section 5). Integers such a program keeps.
export function remarshalled(ours, theirs) {
  return equal(ours, theirs) || (ours.type === 'number' && theirs.type === 'number' && isRounding(ours.text, theirs));
}

function isRounding(text, theirs) {
  if (isInteger(exact(text))) return false;
  const shortest = String(Number(text));
  return NUMBER.test(shortest) && canonicalNumber(shortest) === canonical(theirs);
}
