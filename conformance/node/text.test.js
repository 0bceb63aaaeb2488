// Texts, numbers and strings where vectors can't reach every case.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonical, remarshalled } from './canonical.js';
import { parseFile, parseLiteral } from './parse.js';
import { Random } from './random.js';
import { bytesOf, compareText } from './unicode.js';
import { firstBadSequence } from './utf8.js';

const CASES = 20000;

test('strings sort as their UTF-8 bytes do, halves of pairs included', () => {
  const random = new Random(1);
  const text = () => random.times(4, () => random.pick(['a', 'é', '\ud83d', '\ude00', '\ue000', '\uffff'])).join('');
  for (let i = 0; i < CASES; i++) {
    const [a, b] = [text(), text()];
    assert.equal(Math.sign(compareText(a, b)), Buffer.compare(bytesOf(a), bytesOf(b)), JSON.stringify([a, b]));
  }
});

test('UTF-8 is what the platform takes for UTF-8', () => {
  const random = new Random(2);
  const strict = new TextDecoder('utf-8', { fatal: true });
  for (let i = 0; i < CASES; i++) {
    const bytes = Buffer.from(random.times(5, () => random.pick([0x41, 0x80, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x8f, 0x90])));
    assert.equal(firstBadSequence(bytes) === null, isDecoded(strict, bytes), bytes.toString('hex'));
  }
});

function isDecoded(decoder, bytes) {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

test('what JSON.parse reads is read, and nothing else', () => {
  const random = new Random(3);
  for (let i = 0; i < CASES; i++) {
    const text = random.times(7, () => random.pick(['{', '}', '"a"', ':', ',', '[', ']', '1', '-', '.5', 'e+1', '01', 'true', 'nul', ' ', '\\'])).join('');
    if (mayRepeatKeys(text)) continue;
    assert.equal(isRead(() => parseLiteral(text)), isRead(() => JSON.parse(text)), text);
  }
});

const mayRepeatKeys = (text) => (text.match(/"a" *:/g) ?? []).length > 1;

function isRead(read) {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

test('an exponent of a hundred digits costs nothing', () => {
  const digits = '9'.repeat(100);
  assert.equal(canonical(parseLiteral(`1e${digits}`)), `1e+${digits}`);
});

test('a float that was re-marshalled is no edit, an integer is', () => {
  const same = (ours, theirs) => remarshalled(parseLiteral(ours), parseLiteral(theirs));
  assert.ok(same('0.1000000000000000055', '0.1'));
  assert.ok(!same('9007199254740993', '9007199254740992'));
});

test('nesting is read to the limit without a limit of its own', () => {
  const deep = (levels) => Buffer.from('{"a":'.repeat(levels) + '1' + '}'.repeat(levels));
  assert.equal(parseFile(deep(1000)).type, 'object');
  assert.throws(() => parseFile(deep(1001)), { code: 'too-deep' });
});
