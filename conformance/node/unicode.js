// Strings in the order and the bytes of UTF-8, where a lone surrogate has the
// three bytes that its code point would have (SPEC section 1).

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const isHigh = (unit) => unit >= 0xd800 && unit < 0xdc00;
const isLow = (unit) => unit >= 0xdc00 && unit < 0xe000;

// The order of UTF-8 bytes is that of code points, not of JavaScript's units.
export function compareText(a, b) {
  const shorter = Math.min(a.length, b.length);
  let i = 0;
  while (i < shorter && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i > 0 && splitsPair(a, i) !== splitsPair(b, i)) i--;
  if (i >= shorter) return a.length - b.length;
  return a.codePointAt(i) - b.codePointAt(i);
}

const splitsPair = (text, i) => isHigh(text.charCodeAt(i - 1)) && isLow(text.charCodeAt(i));

export function bytesOf(text) {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts = [];
  let end = 0;
  for (const { 0: unit, index } of text.matchAll(LONE)) {
    parts.push(Buffer.from(text.slice(end, index), 'utf8'), threeBytes(unit.charCodeAt(0)));
    end = index + 1;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(end), 'utf8')]);
}

const threeBytes = (unit) => Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 63), 0x80 | (unit & 63)]);
