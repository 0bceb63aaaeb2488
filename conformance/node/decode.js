// From a file to what its block vouches for, and to what it does not (SPEC
// sections 4.2, 4.3 and 4.6).

import { canonical, exact } from './canonical.js';
import { Damage } from './damage.js';
import { digest } from './digest.js';
import { newDocument, settled } from './document.js';
import { keyed, nameOf, readKey } from './element.js';
import { BLOCK_KEY } from './encode.js';
import { fits, readEntry } from './entry.js';
import { plain } from './parse.js';
import { comparePlaces, pointerOf } from './pointer.js';
import { fieldPolicy, groupsAt, readPolicies, unitAt } from './policy.js';
import { isByElement, register } from './register.js';
import { ZERO, compareStamps, laterOf } from './stamp.js';
import { arrayOf, orderValue, ordered } from './array.js';
import { compareText } from './unicode.js';
import { EMPTY, isEmptyObject, objectOf, treeOf } from './view.js';

// Takes the block off the root.
export function takeApart(root) {
  const members = new Map(root.members);
  members.delete(BLOCK_KEY);
  const found = root.members.get(BLOCK_KEY);
  return { shown: objectOf(members), found, block: readBlock(found) };
}

// Null if the block is damaged or absent; one of a newer format is refused.
function readBlock(found) {
  if (found?.type !== 'object') return null;
  const [v, at, id, salt] = ['v', 'at', 'id', 'salt'].map((key) => found.members.get(key));
  if (isNewer(v)) throw new Damage('block-newer');
  if (v?.type !== 'number' || canonical(v) !== '1' || at?.type !== 'object') return null;
  const policies = readPolicies(plain(found.members.get('policy')));
  return { ...newDocument(id?.value ?? '', salt?.value ?? ''), policies, at: at.members };
}

function isNewer(v) {
  if (v?.type !== 'number') return false;
  const { negative, digits, point } = exact(v.text);
  return !negative && digits !== '' && (point > 1n || (point === 1n && digits > '1'));
}

// Takes in what a root shows under a block, which may be null.
export function decode(shown, block) {
  return new Decoder(block ?? { ...newDocument(), at: new Map() }).run(shown);
}

class Decoder {
  constructor({ at, ...document }) {
    this.document = { ...document, registers: new Map() };
    this.at = at;
    this.entries = new Map();
    this.seen = new Set(); // the instances whose object the text has, and the names of its elements
    this.covered = new Map(); // the leaves that each value entry covers
    this.malformed = [];
    this.edits = []; // what is not vouched for: key, path, value and the stamp that was overwritten
    this.removed = []; // entries whose place the text lacks
    this.removedObjects = new Map(); // empty objects that only tombstones kept open, and the text lacks, and the newest of these
    this.lost = []; // digests that no leaf accounts for
  }

  run(shown) {
    this.readEntries();
    this.kept = placesAbove([...this.entries.values()].filter(keepsOpen));
    this.object([], shown, this.entries.get('') ?? null);
    this.compareCovered();
    this.lookForMissing(shown);
    const document = settled(this.document);
    this.lookForHollow(treeOf(document).shows, shown);
    const { malformed, edits, removed, removedObjects, lost, seen } = this;
    return { document, malformed, edits, removed, removedObjects, lost, seen };
  }

  readEntries() {
    for (const [key, node] of this.at) {
      const entry = readEntry(this.document.policies, key, node);
      if (!entry) this.malformed.push(key);
      else this.entries.set(key, entry);
      if (entry && fits(entry) && entry.form !== 'value') this.keep(entry, entry.form === 'empty' ? EMPTY : null);
    }
  }

  // A tombstone or {} entry is a register, whatever the text shows (4.6 rule 3).
  keep(entry, value) {
    const { key, spent = '' } = entry;
    const told = toldBy(entry, value);
    this.document.registers.set(key, spent ? { ...told, spent } : told);
  }

  // Walks an object below the entry that is nearest above or at it.
  object(path, value, above) {
    const taken = new Set();
    for (const group of groupsAt(this.document.policies, path)) {
      for (const key of group.owned) taken.add(key);
      this.tuple(path, value, group);
    }
    for (const [key, member] of value.members) if (!taken.has(key)) this.place([...path, key], member, above);
  }

  place(path, value, above) {
    const key = pointerOf(path);
    const nearest = this.entries.get(key) ?? above;
    const policy = fieldPolicy(this.document.policies, path);
    if (isByElement(policy) && value.type === 'array') this.array(path, key, value, policy);
    else if (policy.kind !== 'lww') this.field(path, key, value);
    else if (value.type === 'object' && value.members.size > 0) this.object(path, value, nearest);
    else if (!isEmptyObject(value) || !this.kept.has(key)) this.leaf(path, key, value, nearest);
  }

  leaf(path, key, value, nearest) {
    const isOver = nearest?.key === key || nearest?.form === 'value';
    const leaf = { path, key, value, over: isOver ? nearest.stamp : ZERO };
    if (nearest?.form === 'value' && fits(nearest)) this.cover(nearest, leaf);
    else if (!(nearest?.key === key && nearest.form === 'empty' && isEmptyObject(value))) this.edits.push(leaf);
  }

  cover(entry, leaf) {
    if (!this.covered.has(entry)) this.covered.set(entry, []);
    this.covered.get(entry).push({ ...leaf, digest: this.digest(leaf.key, leaf.value) });
  }

  digest(key, value) {
    return digest(this.document.salt, key, canonical(value));
  }

  field(path, key, value) {
    this.unit(path, key, value, isEmptyObject(value) ? 'empty' : 'none');
  }

  // An array by element (4.8 rules 4 and 5).
  array(path, pointer, { items }, policy) {
    const own = this.entries.get(pointer);
    const entry = own?.form === 'value' && fits(own) ? own : null;
    const others = this.elementEntries(pointer);
    const named = (entry?.order ?? []).map(canonical).filter((text) => readKey(text));
    const elements = keyed(policy, items, inOrder(others, named), (key, value) => this.vouches(key.entry, value));
    for (const { key } of elements) this.seen.add(nameOf(pointer, key));
    this.elements(path, pointer, elements, entry);
    this.order(path, pointer, elements.map(({ key }) => key), policy, own, entry);
  }

  elementEntries(pointer) {
    const all = [...this.entries.values()].filter((entry) => entry.element && entry.form === 'value' && fits(entry) && entry.key === nameOf(pointer, entry.element.text));
    return all.map((entry) => ({ ...entry.element, entry }));
  }

  vouches(entry, value) {
    return entry?.form === 'value' && fits(entry) && entry.digests[0] === this.digest(entry.key, value);
  }

  elements(path, pointer, elements, entry) {
    const leaves = [];
    for (const { key: text, value } of elements) {
      const key = nameOf(pointer, text);
      const its = this.entries.get(key);
      const leaf = { path, key, value, isElement: true, over: its?.stamp ?? overOf(entry) };
      if (!its && entry) leaves.push({ ...leaf, digest: this.digest(key, value) });
      else if (this.vouches(its, value)) this.keep(its, value);
      else this.edits.push(leaf);
    }
    if (entry) this.compare(entry, entry.digests.slice(1), leaves, entry.kind);
  }

  // A count stands for elements that the order does not name.
  order(path, pointer, keys, policy, own, entry) {
    const order = entry && ordered({ ...policy, value: orderValue(entry.order ? this.expanded(entry.order, keys) : keys) }).value;
    const agrees = entry !== null && entry.digests[0] === this.digest(pointer, order);
    if (agrees) this.keep(entry, order);
    if ((entry && !agrees) || !this.isMade(pointer, keys)) this.edits.push({ path, key: pointer, order: keys, over: overOf(own) });
  }

  expanded(order, keys) {
    const named = new Set(order.map(canonical));
    const others = keys.filter((key) => !named.has(key));
    return order.flatMap((part) => (part.type === 'number' ? others.splice(0, Number(part.text)) : canonical(part)));
  }

  // Whether the registers make the array that the text shows.
  isMade(pointer, keys) {
    const elements = [...this.document.registers].filter(([name]) => name.startsWith(`${pointer}~[`)).map(([name, found]) => ({ name, key: readKey(name.slice(pointer.length + 1)), register: found }));
    const own = this.document.registers.get(pointer) ?? null;
    if (elements.length === 0 && !(own && isByElement(own))) return false;
    const { shows, shown } = arrayOf(own, elements);
    return shows?.type === 'array' && shown.length === keys.length && shown.every(({ key }, i) => key.text === keys[i]);
  }

  tuple(path, value, { owned, instance }) {
    const members = objectOf(new Map([...value.members].filter(([key]) => owned.has(key))));
    this.seen.add(instance);
    if (members.members.size > 0 || this.entries.get(instance)?.form === 'value') this.unit(path, instance, members, 'none');
  }

  // A field with a policy of its own, or a tuple: vouched for whole or not at all.
  unit(path, key, value, agrees) {
    const entry = this.entries.get(key);
    if (entry?.form === agrees) return;
    if (entry?.form === 'value' && fits(entry) && entry.digests[0] === this.digest(key, value)) this.keep(entry, value);
    else this.edits.push({ path, key, value, over: entry?.stamp ?? ZERO, entry });
  }

  // Compares what value entries list with the leaves that they cover: by place
  // from the front and from the back, and by digest alone in between (4.6 rule 1).
  compareCovered() {
    for (const entry of this.entries.values()) {
      if (entry.form !== 'value' || entry.kind !== 'lww' || !fits(entry)) continue;
      this.compare(entry, entry.digests, sortedByPlace(this.covered.get(entry) ?? []), 'lww');
    }
  }

  compare(entry, digests, leaves, kind) {
    const { agree, differ, lost } = compareLists(digests, leaves);
    for (const { key, value } of agree) this.document.registers.set(key, register(kind, entry.stamp, value));
    this.edits.push(...differ);
    for (const digest of lost) this.lost.push({ entry, digest });
  }

  lookForMissing(shown) {
    for (const entry of this.entries.values()) {
      if (entry.form === 'dead' || entry.form === 'misfit') continue;
      if (entry.instance) this.missingTuple(entry);
      else if (entry.element) this.missingElement(entry);
      else if (!has(shown, entry.place)) this.missingPlace(entry);
    }
  }

  missingElement(entry) {
    if (entry.kind !== null && entry.form === 'value' && !this.seen.has(entry.key)) this.removed.push(entry);
  }

  // With an array its elements are missing (4.8 rule 6).
  missingPlace(entry) {
    this.removed.push(entry);
    if (isByElement(entry) && entry.form === 'value') for (const digest of entry.digests.slice(1)) this.lost.push({ entry, digest });
  }

  // Empty objects that only tombstones kept open: vouchedFor is what the entries show.
  lookForHollow(vouchedFor, shown) {
    for (const { form, era, instance, element, place, stamp } of this.entries.values()) {
      const path = place?.slice(0, -1);
      if (form !== 'dead' || era !== null || instance || element || path.length === 0) continue;
      if (has(shown, path) || !isEmptyObject(at(vouchedFor, path))) continue;
      const { over } = this.removedObjects.get(pointerOf(path)) ?? { over: ZERO };
      this.removedObjects.set(pointerOf(path), { path, over: laterOf(over, stamp) });
    }
  }

  missingTuple({ key, place, form }) {
    if (place && !this.seen.has(key) && form === 'value') this.unit(place, key, EMPTY, 'none');
  }
}

const at = (value, path) => path.reduce((within, key) => (within?.type === 'object' ? within.members.get(key) : undefined), value);

const has = (value, path) => at(value, path) !== undefined;

// What a write has to supersede of an array's entry.
const overOf = (entry) => (entry ? laterOf(entry.stamp, entry.era ?? ZERO) : ZERO);

function toldBy({ element, form, kind, id, stamp, era, gen }, value) {
  if (element) return register(kind, stamp, value);
  if (form !== 'value' && era === null) return register('lww', stamp, value);
  return ordered(register(kind, stamp, value, era ?? ZERO, gen, id));
}

// Whether an entry is an lww register that keeps the objects above it open.
const keepsOpen = ({ form, era, instance, element }) => (form === 'dead' || form === 'empty') && era === null && !instance && !element;

function placesAbove(entries) {
  const lengths = (place) => place.map((_, length) => pointerOf(place.slice(0, length)));
  return new Set(entries.flatMap(({ place }) => lengths(place)));
}

const sortedByPlace = (leaves) => leaves.sort((a, b) => comparePlaces(a.path, b.path));

// Keys that have entries, first those in the entry's order (4.8 rule 4).
function inOrder(keys, named) {
  const placeOf = ({ text }) => (named.includes(text) ? named.indexOf(text) : Infinity);
  const compare = (a, b) => compareStamps(a.entry.stamp, b.entry.stamp) || compareText(a.text, b.text);
  return [...keys].sort((a, b) => (placeOf(a) === placeOf(b) ? compare(a, b) : placeOf(a) - placeOf(b)));
}

function compareLists(digests, leaves) {
  const agrees = (i, j) => digests[i] === leaves[j].digest;
  let front = 0;
  while (front < digests.length && front < leaves.length && agrees(front, front)) front++;
  let [end, last] = [digests.length, leaves.length];
  while (end > front && last > front && agrees(end - 1, last - 1)) [end, last] = [end - 1, last - 1];
  const lost = digests.slice(front, end);
  const differ = [];
  const agree = leaves.filter((leaf, j) => j < front || j >= last || taken(lost, leaf) || !differ.push(leaf));
  return { agree, differ, lost };
}

// Whether the list has the leaf's digest, which it then has no more.
function taken(list, leaf) {
  const i = list.indexOf(leaf.digest);
  if (i >= 0) list.splice(i, 1);
  return i >= 0;
}
