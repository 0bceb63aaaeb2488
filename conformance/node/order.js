// The order of values for max and min: by class, then within it (SPEC section 3.4).

import { canonical, exact } from './canonical.js';
import { compareText } from './unicode.js';

const CLASSES = ['null', 'false', 'true', 'number', 'time', 'string', 'array', 'object'];
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

export function compareValues(a, b) {
  const [one, other] = [rated(a), rated(b)];
  const byClass = CLASSES.indexOf(one.type) - CLASSES.indexOf(other.type);
  if (byClass !== 0) return byClass;
  if (one.type === 'number') return compareNumbers(exact(a.text), exact(b.text));
  if (one.type === 'time') return compareInstants(one.instant, other.instant);
  return compareText(canonical(a), canonical(b));
}

function rated(value) {
  const instant = value.type === 'string' ? instantOf(value.value) : null;
  return instant ? { type: 'time', instant } : value;
}

const signOf = ({ negative, digits }) => (digits === '' ? 0 : negative ? -1 : 1);

function compareNumbers(a, b) {
  const sign = signOf(a);
  if (sign !== signOf(b)) return sign - signOf(b);
  if (a.point !== b.point) return a.point < b.point ? -sign : sign;
  return sign * compareText(a.digits, b.digits);
}

// Seconds since 1970 and the digits of the fraction, of which nine count.
function instantOf(text) {
  const [all, year, month, day, hour, minute, second, fraction = '', zone] = TIME.exec(text) ?? [];
  if (!all || !isDay(+year, +month, +day) || +hour > 23 || +minute > 59 || +second > 59) return null;
  const offset = offsetOf(zone);
  if (offset === null) return null;
  const date = new Date(0);
  date.setUTCFullYear(+year, month - 1, +day);
  return { seconds: date / 1000 + hour * 3600 + minute * 60 + +second - offset, fraction: fraction.slice(0, 9).replace(/0+$/, '') };
}

// How a time is written, as a policy says it; empty if it is none (3.6 rule 8).
export function formOf(value) {
  const { type } = rated(value);
  if (type === 'time') return 'rfc3339';
  if (type !== 'number' || compareNumbers(exact(value.text), exact('0')) <= 0) return '';
  return compareNumbers(exact(value.text), exact('1e11')) < 0 ? 's' : 'ms';
}

const isDay = (year, month, day) => month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);

const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

const daysIn = (year, month) => (month === 2 && isLeap(year) ? 29 : [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]);

function offsetOf(zone) {
  if (zone === 'Z') return 0;
  const [hours, minutes] = zone.slice(1).split(':').map(Number);
  if (hours > 23 || minutes > 59) return null;
  return (zone[0] === '-' ? -60 : 60) * (hours * 60 + minutes);
}

function compareInstants(a, b) {
  return a.seconds - b.seconds || compareText(a.fraction, b.fraction);
}
