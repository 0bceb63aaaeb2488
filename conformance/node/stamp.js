// Stamps (SPEC section 2). A stamp is kept as its text of 21 characters, since
// comparing texts compares stamps; only the successor looks inside.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TEXT = /^[0-9a-hjkmnp-tv-y][0-9a-hjkmnp-tv-z]{20}$/;
const TIME_CHARACTERS = 13; // epoch, milliseconds and counter

const FULL = { epoch: 31n, millis: 1n << 45n, counter: 1n << 15n, actor: 1n << 40n };

export const ZERO = '0'.repeat(21);
export const LAST = 'y' + 'z'.repeat(20);
export const FOREIGN = '0'.repeat(8);

export const isStamp = (text) => typeof text === 'string' && TEXT.test(text);

export const compareStamps = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

export const laterOf = (a, b) => (a > b ? a : b);

export const epochOf = (stamp) => stamp[0];

export const actorOf = (stamp) => stamp.slice(TIME_CHARACTERS);

export function fieldsOf(stamp) {
  const bits = decode(stamp);
  return {
    epoch: Number(bits >> 100n),
    millis: Number((bits >> 55n) % FULL.millis),
    counter: Number((bits >> 40n) % FULL.counter),
    actor: Number(bits % FULL.actor),
  };
}

export function stampOf(fields) {
  const [epoch, millis, counter, actor] = Object.keys(FULL).map((name) => within(name, fields[name]));
  return encode((epoch << 100n) | (millis << 55n) | (counter << 40n) | actor, ZERO.length);
}

// The successor has the actor and one more on the counter, which carries into
// the milliseconds and these into the epoch. A stamp with nothing left to carry
// into is its own successor.
export function successor(stamp, actor) {
  const next = decode(stamp.slice(0, TIME_CHARACTERS)) + 1n;
  return next < FULL.epoch << 60n ? encode(next, TIME_CHARACTERS) + actor : stamp;
}

// The stamp of a write that supersedes registers up to greatest. The clock of
// a foreign writer is never asked.
export function writeStamp(greatest, actor, clock) {
  if (actor === FOREIGN) return successor(greatest, FOREIGN);
  const now = encode(within('millis', clock), 9).padStart(10, epochOf(greatest)) + '000' + actor;
  return now > greatest ? now : successor(greatest, actor);
}

function within(name, number) {
  const value = BigInt(number);
  if (value < 0n || value >= FULL[name]) throw new RangeError(`${name} does not fit into a stamp`);
  return value;
}

function decode(text) {
  let bits = 0n;
  for (const character of text) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(character));
  return bits;
}

function encode(bits, length) {
  let text = '';
  for (; text.length < length; bits >>= 5n) text = ALPHABET[Number(bits & 31n)] + text;
  return text;
}
