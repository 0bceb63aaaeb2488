// Strict JSON (SPEC section 1). Values are objects with a type, their literal
// text, where they and their key begin in it (in JavaScript's units), and what the
// type adds: value (string), items (array), members (object).
// JSON.parse can't be used: it keeps no number's digits, forgives duplicate keys
// and tells nothing of where the damage is.

import { Damage, refuseWhole } from './damage.js';
import { bytesOf } from './unicode.js';
import { firstBadSequence } from './utf8.js';

export const SIZE = 64 << 20;
export const DEPTH = 1000;

const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const DIGITS = /[0-9]*/y;
const NULS = /^\0+$/;
const MARKER = /[<|=>]/;
const ESCAPED = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

// The root object of a file.
export function parseFile(bytes, { size = SIZE, depth = DEPTH } = {}) {
  refuseWhole(bytes, size);
  const scanner = new Scanner(bytes, depth);
  const root = scanner.whole();
  if (root.type !== 'object') throw new Damage('not-object', scanner.offset(root.at));
  return root;
}

// One value from its literal text.
export function parseLiteral(text, depth = DEPTH) {
  return new Scanner(bytesOf(text), depth).whole();
}

// A value as JavaScript has it, without its spelling.
export function plain(value) {
  switch (value?.type) {
    case 'object': return Object.fromEntries([...value.members].map(([key, member]) => [key, plain(member)]));
    case 'array': return value.items.map(plain);
    case 'string': return value.value;
    case 'number': return Number(value.text);
    case 'true': case 'false': return value.type === 'true';
    default: return null;
  }
}

class Scanner {
  constructor(bytes, depth) {
    this.bytes = bytes;
    this.bad = firstBadSequence(bytes);
    this.text = bytes.toString('utf8', 0, this.bad ? this.bad.at : bytes.length);
    this.i = 0;
    this.room = depth;
  }

  whole() {
    this.space();
    const value = this.value();
    this.space();
    if (this.i < this.text.length || this.bad) this.fail('trailing-garbage');
    return value;
  }

  value() {
    const at = this.i;
    const value = this.bare();
    value.text = this.text.slice(at, this.i);
    value.at = at;
    return value;
  }

  bare() {
    switch (this.text[this.i]) {
      case '{': return this.nested(() => this.object());
      case '[': return this.nested(() => this.array());
      case '"': return { type: 'string', value: this.string() };
      case 't': return this.word('true');
      case 'f': return this.word('false');
      case 'n': return this.word('null');
      default: return this.number();
    }
  }

  nested(read) {
    if (this.room === 0) this.fail('too-deep');
    this.room--;
    this.i++;
    const value = read();
    this.room++;
    return value;
  }

  object() {
    const members = new Map();
    let repeated = null;
    this.list('}', () => {
      const at = this.i;
      if (this.text[at] !== '"') this.fail();
      const key = this.string();
      if (members.has(key)) repeated ??= at;
      this.space();
      this.expect(':');
      this.space();
      const member = this.value();
      member.keyAt = at;
      members.set(key, member);
    });
    if (repeated !== null) throw new Damage('duplicate-key', this.offset(repeated));
    return { type: 'object', members };
  }

  array() {
    const items = [];
    this.list(']', () => items.push(this.value()));
    return { type: 'array', items };
  }

  list(close, element) {
    this.space();
    if (this.take(close)) return;
    for (;;) {
      element();
      this.space();
      if (this.take(close)) return;
      this.expect(',');
      this.space();
    }
  }

  string() {
    this.i++;
    let value = '';
    for (;;) {
      value += this.match(PLAIN);
      if (this.take('"')) return value;
      this.expect('\\');
      value += this.escape();
    }
  }

  escape() {
    const character = this.text[this.i];
    if (character === 'u') return this.unit();
    if (!Object.hasOwn(ESCAPED, character ?? '')) this.fail();
    this.i++;
    return ESCAPED[character];
  }

  unit() {
    const start = ++this.i;
    for (; this.i < start + 4; this.i++) if (!/[0-9a-fA-F]/.test(this.text[this.i] ?? '')) this.fail();
    return String.fromCharCode(parseInt(this.text.slice(start, this.i), 16));
  }

  word(type) {
    for (const character of type) this.expect(character);
    return { type };
  }

  number() {
    this.take('-');
    if (!this.take('0')) this.digits();
    if (this.take('.')) this.digits();
    if (this.take('e') || this.take('E')) {
      this.take('+') || this.take('-');
      this.digits();
    }
    return { type: 'number' };
  }

  digits() {
    if (this.match(DIGITS) === '') this.fail();
  }

  space() {
    this.match(SPACE);
  }

  match(pattern) {
    pattern.lastIndex = this.i;
    const [found] = pattern.exec(this.text);
    this.i += found.length;
    return found;
  }

  take(character) {
    if (this.text[this.i] !== character) return false;
    this.i++;
    return true;
  }

  expect(character) {
    if (!this.take(character)) this.fail();
  }

  // Names what is wrong with the byte at hand, in the words of section 8.
  fail(otherwise = 'syntax') {
    const at = this.offset(this.i);
    if (this.i === this.text.length) this.failAtEnd(at, otherwise);
    if (this.atMarker()) throw new Damage('conflict-markers', at);
    if (otherwise === 'syntax' && NULS.test(this.text.slice(this.i))) throw new Damage('nul-filled', at);
    throw new Damage(otherwise, at);
  }

  failAtEnd(at, otherwise) {
    if (this.bad && (!this.bad.cut || otherwise === 'trailing-garbage')) throw new Damage('invalid-utf-8', at);
    throw new Damage('truncated', this.bytes.length);
  }

  atMarker() {
    const character = this.text[this.i];
    const first = this.i === 0 || this.text[this.i - 1] === '\n';
    return first && MARKER.test(character) && this.text.startsWith(character.repeat(7), this.i);
  }

  offset(i) {
    return Buffer.byteLength(this.text.slice(0, i));
  }
}
