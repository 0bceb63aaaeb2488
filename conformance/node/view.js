// What a document shows (SPEC section 3.5), and lifting (3.4 rule 5).

import { arrayOf, orderValue } from './array.js';
import { copyOf } from './document.js';
import { keyed, nameOf, readName } from './element.js';
import { isPointer, placeOf, pointerOf } from './pointer.js';
import { claims, fieldPolicy, groupsAt, instanceOf } from './policy.js';
import { compareKinds, isByElement, isPlain, register } from './register.js';
import { ZERO, laterOf } from './stamp.js';

export const EMPTY = objectOf(new Map());

export function objectOf(members) {
  return { type: 'object', members };
}

export const isEmptyObject = (value) => value?.type === 'object' && value.members.size === 0;

// The places of a document as a tree. A place has its key, its register, the
// elements of its array, the instances of groups whose object it is, and the
// places below; look adds what it shows.
export function treeOf(document) {
  const root = newPlace([]);
  for (const [key, found] of document.registers) {
    if (isPointer(key)) descend(root, placeOf(key)).register = found;
    else plant(document, root, key, found);
  }
  return look(root, '');
}

const newPlace = (path) => ({ path, register: null, elements: [], groups: [], below: new Map() });

function descend(root, path) {
  let place = root;
  path.forEach((key, i) => {
    if (!place.below.has(key)) place.below.set(key, newPlace(path.slice(0, i + 1)));
    place = place.below.get(key);
  });
  return place;
}

// An instance whose group is not known, or not for such an object, has no place.
function plant({ policies }, root, instance, register) {
  const element = readName(instance);
  if (element) return descend(root, placeOf(element.pointer)).elements.push({ name: instance, key: element.key, register });
  const { policy, place } = instanceOf(policies, instance) ?? {};
  if (policy) descend(root, place).groups.push({ policy, instance, register });
}

// Adds to a place: hidden, opens, shows (a value or null), special (whether a
// register that is not lww is at or below it), and open, whether something below
// opens it. Places whose registers never show are taken off the tree.
function look(place, ceiling) {
  if (isArray(place)) return lookAtField(Object.assign(place, arrayOf(place.register, place.elements)));
  const own = place.register;
  place.hidden = own !== null && isPlain(own) && own.stamp < ceiling;
  if (own && !isPlain(own)) return lookAtField(Object.assign(place, { shows: own.value }));
  lookBelow(place, own ? laterOf(ceiling, own.stamp) : ceiling);
  const stays = own !== null && !place.hidden;
  place.special = place.groups.length > 0 || any(place, 'special');
  place.open = any(place, 'opens') || place.groups.some(({ tuple }) => tuple.members.size > 0);
  place.opens = place.open || stays;
  if (place.open || place.path.length === 0) place.shows = objectOf(membersOf(place));
  else place.shows = stays && (!place.special || isEmptyObject(own.value)) ? own.value : null;
  return place;
}

const isArray = ({ register, elements }) => elements.length > 0 || (register !== null && isByElement(register));

function lookAtField(place) {
  const opens = place.shows !== null;
  return Object.assign(place, { below: new Map(), groups: [], special: true, open: false, hidden: false, opens });
}

// Only groups that have a register claim members.
function lookBelow(place, ceiling) {
  place.groups = claims(place.groups).map((group) => ({ ...group, tuple: part(group.register.value, group.owned) }));
  for (const { owned } of place.groups) for (const key of owned) place.below.delete(key);
  for (const child of place.below.values()) look(child, ceiling);
}

const part = ({ members }, keys) => objectOf(new Map([...members].filter(([key]) => keys.has(key))));

const any = (place, what) => [...place.below.values()].some((child) => child[what]);

function membersOf(place) {
  const members = new Map();
  for (const { tuple } of place.groups) for (const [key, value] of tuple.members) members.set(key, value);
  for (const [key, { shows }] of place.below) if (shows !== null) members.set(key, shows);
  return members;
}

export const view = (document) => treeOf(lift(document)).shows;

export function placeAt(tree, path) {
  return path.reduce((place, key) => place?.below.get(key), tree) ?? null;
}

// The elements of a tree's arrays, with the keys that they have.
export const elementsIn = (tree) => (path) => {
  const { register, shown } = placeAt(tree, path);
  return { array: register, elements: shown.map((element) => ({ key: element.key.text, value: element.register.value })) };
};

// Makes the registers of groups and fields that have a policy and none yet. One
// that was made under another policy goes on under the present one.
export function lift(document) {
  const lifted = copyOf(document);
  liftBelow(lifted, treeOf(document));
  return lifted;
}

function liftBelow(document, place) {
  if (liftField(document, place)) return;
  const taken = liftGroups(document, place);
  for (const [key, child] of place.below) if (!taken.has(key)) liftBelow(document, child);
}

function liftField({ policies, registers }, place) {
  const policy = fieldPolicy(policies, place.path);
  const { register: held, shows } = place;
  if (policy.kind === 'lww') return false;
  const isOwn = held !== null && !isPlain(held);
  if (isOwn && compareKinds(held, policy) < 0) liftTo(registers, policy, place, isByElement(held) ? { ...held, value: shows } : held);
  if (!isOwn && shows !== null) liftTo(registers, policy, place, register('lww', newest(place), shows));
  return isOwn || shows !== null;
}

// A register goes on under a policy of higher rank: with its era, unless it
// becomes an array by element (3.4 rule 6).
function liftTo(registers, { kind, id }, place, held) {
  const era = isByElement({ kind }) && !isByElement(held) ? ZERO : held.era;
  const lifted = register(kind, held.stamp, held.value, era, 0, id);
  const pointer = pointerOf(place.path);
  const isOrder = isByElement({ kind }) && held.value?.type === 'array';
  registers.set(pointer, isOrder ? { ...lifted, value: liftElements(registers, lifted, pointer, held, place) } : lifted);
}

// Gives each element a register, and returns the order (3.9 rule 10).
function liftElements(registers, array, pointer, held, { shown }) {
  const elements = keyed(array, array.value.items, [], () => false);
  for (const [i, { key, value }] of elements.entries()) {
    const { stamp } = isByElement(held) ? shown[i].register : held;
    registers.set(nameOf(pointer, key), register(array.kind, stamp, value));
  }
  return orderValue(elements.map(({ key }) => key));
}

// Groups lift in the order in which they claim, and take what a later one holds.
function liftGroups(document, place) {
  const taken = new Set();
  for (const { policy, owned, instance } of groupsAt(document.policies, place.path)) {
    for (const key of owned) taken.add(key);
    const held = place.groups.find((group) => group.instance === instance);
    if (held) document.registers.set(instance, { ...held.register, kind: greaterKind(held.register, policy), value: part(held.register.value, owned) });
    else liftGroup(document, place, { policy, owned, instance });
  }
  return taken;
}

const greaterKind = (a, b) => (compareKinds(a, b) >= 0 ? a.kind : b.kind);

function liftGroup({ registers }, place, { policy, owned, instance }) {
  const tuple = part(place.shows?.type === 'object' ? place.shows : EMPTY, owned);
  const stamps = [...owned].map((key) => newestMember(place, key));
  if (tuple.members.size > 0) registers.set(instance, register(policy.kind, stamps.reduce(laterOf), tuple));
}

function newestMember({ groups, below }, key) {
  const holder = groups.find(({ owned }) => owned.has(key));
  if (holder) return holder.register.stamp;
  return below.has(key) ? newest(below.get(key)) : ZERO;
}

// The newest stamp among the registers at and below a place, tombstones and
// hidden ones included.
function newest({ register, elements, groups, below }) {
  const others = [...groups, ...elements].map((other) => other.register.stamp);
  return [...others, ...[...below.values()].map(newest)].reduce(laterOf, register?.stamp ?? ZERO);
}
