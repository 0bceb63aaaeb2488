// From a document to its text (SPEC sections 4.2 to 4.5, and 4.7).

import { orderOf, orderValue } from './array.js';
import { canonical, canonicalString, literal } from './canonical.js';
import { digest } from './digest.js';
import { byCall } from './element.js';
import { pointerOf } from './pointer.js';
import { writePolicies } from './policy.js';
import { ZERO, laterOf } from './stamp.js';
import { compareText } from './unicode.js';
import { isEmptyObject, lift, treeOf } from './view.js';

export const BLOCK_KEY = '$cfgmerge';

// The canonical encoding. The view is made first: lifting decides what it shows.
export function encode(document) {
  const lifted = lift(document);
  const tree = treeOf(lifted);
  const members = literal(tree.shows).slice(1, -1);
  const block = blockOf(lifted, tree);
  return `{${members}${members && ','}${canonicalString(BLOCK_KEY)}:${block}}`;
}

function blockOf({ id, salt, policies }, tree) {
  const at = [...new Entries(salt).of(tree)].sort(([a], [b]) => compareText(a, b));
  const policy = policies.size > 0 ? `"policy":${JSON.stringify(writePolicies(policies))},` : '';
  const entries = at.map(([key, entry]) => `${JSON.stringify(key)}:[${entry.map(partText)}]`);
  return `{"v":1,"id":${JSON.stringify(id)},"salt":${JSON.stringify(salt)},${policy}"at":{${entries}}}`;
}

// The order in an entry is a text already: the ids in its keys are kept as they are.
const partText = (part) => (Array.isArray(part) ? `[${part}]` : JSON.stringify(part));

class Entries {
  constructor(salt) {
    this.salt = salt;
    this.all = new Map();
    this.digests = new Map(); // of each value entry
  }

  of(tree) {
    this.fixed(tree);
    nominate(tree);
    this.values(tree, null, null);
    for (const [key, { stamp, list }] of this.digests) this.all.set(key, [stamp, list.join('')]);
    return this.all;
  }

  // What has an entry whatever is around it (4.5 rules 1 and 2).
  fixed(place) {
    for (const { instance, register, tuple } of place.groups) this.valued(instance, register, tuple);
    this.own(place);
    for (const child of place.below.values()) this.fixed(child);
  }

  own(place) {
    const { register, live, shows } = place;
    const key = pointerOf(place.path);
    place.leaf = isLeaf(place);
    if (live) return this.array(key, place);
    if (!register || place.hidden || place.leaf) return;
    place.fixed = true;
    if (register.kind !== 'lww' && shows === null) this.all.set(key, [register.stamp, null, register.era]);
    else if (register.kind !== 'lww') this.valued(key, register, shows);
    else this.all.set(key, isEmptyObject(register.value) ? [register.stamp, '{}'] : [register.stamp]);
  }

  // An array by element (4.8 rules 1 to 3).
  array(pointer, place) {
    const { register, live, shown, shows } = place;
    const { stamp, era } = register;
    const order = orderOf(register);
    place.fixed = true;
    const alike = keysAlike(order ?? [], live);
    const isListed = ({ key, register: element }) => order !== null && element.value !== null && element.stamp === stamp && !alike.has(key.text);
    for (const element of live) if (!isListed(element)) this.element(element);
    if (register.isUnwritten) return;
    if (order === null && (register.value === null || shows !== register.value)) this.all.set(pointer, [stamp, null, era]);
    else if (order === null) this.valued(pointer, register, shows);
    else this.all.set(pointer, [stamp, this.ordered(pointer, order, shown.filter(isListed)), ...orderParts(era, order, shown, alike)]);
  }

  ordered(pointer, order, elements) {
    const value = orderValue(order.map(({ text }) => text));
    return [{ key: pointer, value }, ...elements.map(named)].map((part) => this.digest(part)).join('');
  }

  element(element) {
    const { name, register } = element;
    this.all.set(name, register.value === null ? [register.stamp] : [register.stamp, this.digest(named(element))]);
  }

  digest({ key, value }) {
    return digest(this.salt, key, canonical(value));
  }

  valued(key, { stamp, era, gen, spent = '' }, value) {
    const entry = [stamp, this.digest({ key, value })];
    if (era !== ZERO || gen > 0 || spent) entry.push(era);
    if (gen > 0 || spent) entry.push(gen);
    if (spent) entry.push(spent);
    this.all.set(key, entry);
  }

  // Which places get a value entry, and the digests of the leaves that each
  // vouches for, in tree order (4.5 rules 3 and 4).
  values(place, stamp, list) {
    if (place.leaf) return this.leaf(place, stamp, list);
    if (place.fixed) [stamp, list] = [null, null];
    else if (place.most >= 2 && !place.candidates.has(stamp)) [stamp, list] = this.start(place);
    for (const child of inTreeOrder(place)) this.values(child, stamp, list);
  }

  start(place) {
    const stamp = [...place.candidates].reduce(laterOf);
    const list = [];
    this.digests.set(pointerOf(place.path), { stamp, list });
    return [stamp, list];
  }

  leaf({ path, register, shows }, stamp, list) {
    const key = pointerOf(path);
    const short = this.digest({ key, value: shows });
    if (register.stamp === stamp) list.push(short);
    else this.all.set(key, [register.stamp, isEmptyObject(shows) ? '{}' : short]);
  }
}

const named = ({ name, register }) => ({ key: name, value: register.value });

// The keys of elements that are called like another one.
function keysAlike(order, live) {
  const keys = [...new Map([...order, ...live.map(({ key }) => key)].map((key) => [key.text, key])).values()];
  const alike = [...byCall(keys).values()].filter((all) => all.length > 1 || all[0].text !== all[0].call);
  return new Set(alike.flat().map(({ text }) => text));
}

// The era, if it counts, and the order as counts and keys, if it says more than
// that all are listed.
function orderParts(era, order, shown, alike) {
  const showing = new Set(shown.map(({ key }) => key.text));
  const parts = [];
  for (const { text } of order) {
    const isCounted = showing.has(text) && !alike.has(text);
    if (isCounted && typeof parts.at(-1) === 'number') parts.push(parts.pop() + 1);
    else parts.push(isCounted ? 1 : text);
  }
  const saysAll = shown.length === 0 ? parts.length === 0 : parts.length === 1 && parts[0] === shown.length;
  if (!saysAll) return [era, parts];
  return era === ZERO ? [] : [era];
}

const isLeaf = ({ path, register, hidden, open, shows }) =>
  path.length > 0 && register?.kind === 'lww' && !hidden && !open && shows !== null;

const inTreeOrder = ({ below }) => [...below].sort(([a], [b]) => compareText(a, b)).map(([, child]) => child);

// The upward half of Hartigan's algorithm: the stamps that most members could have.
function nominate(place) {
  place.candidates = new Set();
  place.most = 0;
  for (const child of place.below.values()) nominate(child);
  if (place.leaf) place.candidates.add(place.register.stamp);
  if (place.leaf || place.fixed) return;
  const counts = new Map();
  for (const { candidates } of place.below.values()) for (const stamp of candidates) counts.set(stamp, (counts.get(stamp) ?? 0) + 1);
  place.most = Math.max(0, ...counts.values());
  for (const [stamp, count] of counts) if (count === place.most) place.candidates.add(stamp);
}
