// Writes (SPEC sections 3.6 and 3.9), by programs that know the format and, unless
// a Writer is told otherwise, by those that don't (section 5).

import { canonical, canonicalString, equal, remarshalled } from './canonical.js';
import { orderOf, orderValue } from './array.js';
import { keyed, nameOf, readName } from './element.js';
import { BLOCK_KEY } from './encode.js';
import { formOf } from './order.js';
import { parseLiteral } from './parse.js';
import { pointerOf } from './pointer.js';
import { fieldPolicy, instanceOf, unitAt } from './policy.js';
import { compareKinds, compareRegisters, greater, isByElement, isPlain, register } from './register.js';
import { isNone, superseded } from './spent.js';
import { FOREIGN, ZERO, laterOf, successor, writeStamp } from './stamp.js';
import { compareText } from './unicode.js';
import { EMPTY, isEmptyObject, lift, objectOf, placeAt, treeOf } from './view.js';

// A write that section 3.6 refuses.
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export function write(document, actor, clock, changes) {
  const writer = new Writer(document, actor, clock);
  writer.writeAll(changes);
  return writer.document;
}

// What a tree shows at a place, or in the tuple of an instance; null if nothing.
export function shownAt(tree, path) {
  return path.reduce((value, key) => (value?.type === 'object' ? value.members.get(key) ?? null : null), tree.shows);
}

export class Writer {
  constructor(document, actor = FOREIGN, clock = 0) {
    this.document = lift(document);
    this.actor = actor;
    this.clock = clock;
  }

  get tree() {
    return treeOf(this.document);
  }

  // The stamp of what supersedes registers up to a bound.
  stamp(bound) {
    return writeStamp(bound, this.actor, this.clock);
  }

  // What is written is merged. A token lists what it supersedes, whatever the write (3.10).
  set(key, written) {
    const { salt, policies, registers } = this.document;
    const held = registers.get(key);
    const spent = written.kind === 'token' && superseded(salt, instanceOf(policies, key).policy.roles, held, written.value);
    const next = spent ? { ...written, spent } : written;
    registers.set(key, held ? greater(next, held) : next);
  }

  // Makes a place show a value, or nothing (null); over is a further stamp to supersede.
  write(path, value, over = ZERO) {
    this.writeAll([{ path, value }], over);
  }

  // One write. What it changes in a unit is one register, and whether an empty
  // object shows is known when all is done.
  writeAll(changes, over = ZERO) {
    this.drafts = new Map();
    this.hollow = [];
    for (const change of changes) {
      refuse(change);
      this.change = change;
      this.assign(change.path, change.value, over);
    }
    for (const { unit, value, bound, was } of this.drafts.values()) this.put(unit, value, laterOf(over, bound), was);
    for (const path of this.hollow) {
      if (shownAt(this.tree, path) === null) this.set(pointerOf(path), register('lww', this.leastShowing(path, over), EMPTY));
    }
  }

  assign(path, value, over) {
    const shown = shownAt(this.tree, path);
    if (isSame(shown, value)) return;
    const unit = this.unitOf(path);
    if (unit) return this.inUnit(unit, path, value);
    if (value === null) this.remove(path, over);
    else if (value.type === 'object') this.object(path, value, shown, over);
    else this.value(path, value, over);
  }

  inUnit(unit, path, value) {
    const draft = this.draft(unit);
    draft.value = replaced(draft.value, path.slice(unit.path.length), value);
  }

  // A unit as this write will leave it.
  draft(unit) {
    if (!this.drafts.has(unit.key)) this.drafts.set(unit.key, { unit, value: this.unitValue(unit), bound: ZERO, was: this.wasAt(unit.path) });
    return this.drafts.get(unit.key);
  }

  // What the writer took a place for, or null if he has seen it as it is.
  wasAt(path) {
    const { path: base, was } = this.change;
    return was && path.length >= base.length ? shownAt({ shows: was }, path.slice(base.length)) ?? EMPTY : null;
  }

  // The unit that a place is part of, under the greater of its policy and its
  // register's kind.
  unitOf(path) {
    const unit = unitAt(this.document.policies, path);
    if (unit?.policy) return unit;
    for (let length = 0; length <= path.length; length++) {
      const at = path.slice(0, length);
      const kind = this.kindAt(at);
      if (kind.kind !== 'lww') return { ...kind, key: pointerOf(at), path: at };
    }
    return null;
  }

  kindAt(path) {
    const { policies, registers } = this.document;
    const pointer = pointerOf(path);
    const elements = [...registers.keys()].filter((key) => key.startsWith(`${pointer}~[`)).map((name) => readName(name).key);
    const { kind, id } = [registers.get(pointer), ...elements].reduce((best, held) => (held && compareKinds(held, best) > 0 ? held : best), fieldPolicy(policies, path));
    return { kind, id };
  }

  // What a unit shows, or null; of an array by element the whole.
  unitValue({ key, kind, path, policy, isElement }) {
    if (isElement) return placeAt(this.tree, path)?.shown?.find(({ name }) => name === key)?.register.value ?? null;
    if (isByElement({ kind })) return placeAt(this.tree, path)?.shows ?? null;
    return this.document.registers.get(key)?.value ?? (policy ? EMPTY : null);
  }

  // A unit as a program found it that may have re-marshalled what it did not change.
  unit(unit, value, over = ZERO) {
    const held = unit.policy && this.document.registers.get(unit.key);
    this.put(unit, held ? respelled(held.value, value) : value, over);
  }

  put(unit, value, over, was = null) {
    if (unit.policy) this.tuple(unit, value, over);
    else if (unit.isElement) this.element(unit.key, unit.path, value, over);
    else if (isByElement(unit)) this.array(unit, value, over, was);
    else this.field(unit, value, over);
  }

  // An array by element: what is wanted, element by element, or else a reset (3.9 rules 7 to 9).
  array(unit, value, over, was) {
    if (was && isSame(was, value)) return;
    if (value?.type !== 'array') return this.resetArray(unit, value, over, was);
    const { kind, shown } = this.arrayAt(unit);
    const wanted = elementsOf(kind, value, shown);
    if (was) return this.changeArray(unit, elementsOf(kind, was, shown), wanted, over);
    for (const { name, key } of shown) if (!wanted.has(key.text)) this.element(name, unit.path, null, over);
    for (const [key, element] of wanted) this.element(nameOf(unit.key, key), unit.path, element, over);
    this.settle(unit, [...wanted.keys()], over);
  }

  // What differs between what the writer had and what he wants (rule 9).
  changeArray(unit, had, wanted, over) {
    const { shown } = this.arrayAt(unit);
    for (const key of had.keys()) if (!wanted.has(key)) this.element(nameOf(unit.key, key), unit.path, null, over);
    for (const [key, value] of wanted) {
      const old = had.get(key);
      if (old && equal(old, value)) continue;
      const now = shown.find((element) => element.key.text === key)?.register.value;
      this.element(nameOf(unit.key, key), unit.path, old && now ? patched(now, old, value) : value, over);
    }
    this.settle(unit, rearranged(this.arrayAt(unit).shown, [...had.keys()], [...wanted.keys()]), over);
  }

  // Writes the array's own register, if that does not put the elements in this order.
  settle(unit, keys, over) {
    const { kind, register: array, shown } = this.arrayAt(unit);
    if (orderOf(array) !== null && isDeepEqual(shown.map(({ key }) => key.text), keys)) return;
    this.putOrder(unit, kind, array, keys, over);
  }

  putOrder({ key }, { kind, id }, array, keys, over) {
    const stamp = this.stamp(laterOf(ownStamp(this.document.registers.get(key)), over));
    this.set(key, register(kind, stamp, orderValue(keys), array.era, 0, id));
  }

  // The array at a unit's place: its kind, its register and the elements that show.
  arrayAt({ path, kind, id }) {
    const place = placeAt(this.tree, path);
    const held = place?.live && compareKinds(place.register, { kind, id }) >= 0 ? place : { register: { kind, id, stamp: ZERO, era: ZERO, value: null }, shown: [], shows: null };
    return { ...held, kind: { kind: held.register.kind, id: held.register.id } };
  }

  element(name, path, value, over) {
    const { key } = readName(name);
    const { kind, register: array, shown } = this.arrayAt({ path, ...key });
    const now = shown.find((element) => element.name === name)?.register.value ?? null;
    if (isSame(now, value)) return;
    const declared = fieldPolicy(this.document.policies, path);
    if ([kind, declared].some((other) => compareKinds(other, key) > 0)) throw new Refused(); // hidden, whatever its stamp
    const old = this.document.registers.get(name);
    this.set(name, register(key.kind, this.stamp([old?.stamp ?? ZERO, array.era].reduce(laterOf, over)), value));
  }

  // Puts the elements that keys name into their order, at the places that they
  // have among the others (section 5 rule 6).
  order(unit, keys, over) {
    const { kind, register: array, shown } = this.arrayAt(unit);
    this.putOrder(unit, kind, array, reordered(shown, keys), over);
  }

  isOrdered(unit, keys) {
    const { shown, shows } = this.arrayAt(unit);
    return shows?.type === 'array' && reordered(shown, keys).every((key, i) => key === shown[i].key.text);
  }

  // A writer who has not seen all of the array removes what he has seen.
  resetArray(unit, value, over, was) {
    if (isSame(this.unitValue(unit), value)) return;
    const { kind, shown } = this.arrayAt(unit);
    const known = was?.type === 'array' ? elementsOf(kind, was, shown) : null;
    if (known && !shown.every(({ key }) => known.has(key.text))) {
      for (const { name, key } of shown) if (known.has(key.text)) this.element(name, unit.path, null, over);
      return;
    }
    const stamp = this.stamp(laterOf(this.newestWithin(unit.key), over));
    this.set(unit.key, register(kind.kind, stamp, value, stamp, 0, kind.id));
  }

  tuple({ key, kind, policy }, value, over) {
    const old = this.document.registers.get(key);
    if (old && equal(old.value, value)) return;
    const stamp = this.stamp(laterOf(ownStamp(old), over));
    this.learn(policy, value);
    if (kind === 'group') return this.set(key, register(kind, stamp, value));
    const begins = !old || old.gen === Number.MAX_SAFE_INTEGER || isAbsent(policy.roles, old.value) || isAbsent(policy.roles, value) || isAnother(policy.roles.identity, old.value, value);
    this.set(key, begins ? register(kind, stamp, value, stamp) : register(kind, stamp, value, old.era, old.gen + 1));
  }

  // How the expiry is written is learnt from the first program that writes one.
  learn({ name, kind, roles, form }, { members }) {
    const learnt = members.has(roles.expiry) ? formOf(members.get(roles.expiry)) : '';
    const { policies } = this.document;
    if (this.actor !== FOREIGN && kind === 'token' && !form && learnt) policies.set(name, { ...policies.get(name), form: learnt });
  }

  field({ key, kind }, value, over) {
    const old = this.document.registers.get(key);
    if (isSame(old && !isPlain(old) ? old.value : null, value)) return;
    if (kind === 'first' && value !== null && old?.kind === kind && old.value !== null) return;
    const stamp = this.stamp(laterOf(this.newestWithin(key), over));
    const same = register(kind, stamp, value, old?.era ?? ZERO);
    const wins = value !== null && (old?.kind !== kind || compareRegisters(same, old) > 0);
    this.set(key, wins ? same : { ...same, era: stamp });
  }

  // The newest stamp or era at and below a pointer: of registers that never show,
  // too, and of elements.
  newestWithin(pointer) {
    const isWithin = (key) => key === pointer || key.startsWith(`${pointer}/`) || key.startsWith(`${pointer}~[`);
    return [...this.document.registers].filter(([key]) => isWithin(key)).map(([, found]) => ownStamp(found)).reduce(laterOf, ZERO);
  }

  newestInstance(path) {
    const { policies, registers } = this.document;
    const isBelow = (key) => path.every((part, i) => instanceOf(policies, key)?.place[i] === part);
    return [...registers].filter(([key]) => instanceOf(policies, key) && isBelow(key)).map(([, found]) => ownStamp(found)).reduce(laterOf, ZERO);
  }

  // One tombstone, whose stamp what it resets has, too.
  remove(path, over) {
    const bound = this.superseded(path, over);
    for (const unit of this.unitsBelow(path)) {
      const draft = this.draft(unit);
      [draft.value, draft.bound] = [unit.policy ? EMPTY : null, bound];
    }
    this.set(pointerOf(path), register('lww', this.stamp(bound), null));
  }

  // The units below a place that show anything.
  unitsBelow(path) {
    const place = placeAt(this.tree, path);
    return place ? specialOf(place) : [];
  }

  value(path, value, over) {
    if (placeAt(this.tree, path)?.special) throw new Refused('holder');
    this.set(pointerOf(path), register('lww', this.stamp(this.superseded(path, over)), value));
  }

  object(path, value, shown, over) {
    if (shown && shown.type !== 'object' && isEmptyObject(value)) return this.value(path, value, over);
    if (isEmptyObject(value) && path.length > 0) this.hollow.push(path);
    this.members(path, value, shown, over);
  }

  members(path, value, shown, over) {
    for (const key of shown?.members?.keys() ?? []) if (!value.members.has(key)) this.assign([...path, key], null, over);
    for (const [key, member] of value.members) this.assign([...path, key], member, over);
  }

  // The newest stamp at, above and below a place.
  superseded(path, over) {
    return [this.newestAbove(path), this.newestWithin(pointerOf(path)), this.newestInstance(path)].reduce(laterOf, over);
  }

  newestAbove(path) {
    let newest = ZERO;
    for (let length = 0; length < path.length; length++) {
      const above = this.document.registers.get(pointerOf(path.slice(0, length)));
      if (above) newest = laterOf(newest, above.stamp);
    }
    return newest;
  }

  leastShowing(path, over) {
    const own = this.document.registers.get(pointerOf(path));
    const newest = laterOf(laterOf(this.newestAbove(path), own?.stamp ?? ZERO), over);
    return newest === ZERO && !own ? ZERO : successor(newest, this.actor);
  }
}

// What no document can show.
function refuse({ path, value }) {
  if (path[0] === BLOCK_KEY || (path.length === 0 && value?.type === 'object' && value.members.has(BLOCK_KEY))) throw new Refused('reserved');
  if (path.length === 0 && value !== null && value.type !== 'object') throw new Refused('root');
}

const isSame = (a, b) => a === b || (a !== null && b !== null && equal(a, b));

const isDeepEqual = (a, b) => a.length === b.length && a.every((item, i) => item === b[i]);

// The elements of an array, if it is one, by the keys that they get where these show.
function elementsOf(kind, { type, items }, shown) {
  if (type !== 'array') return new Map();
  const named = keyed(kind, items, shown.map(({ key, register }) => ({ ...key, register })), (key, item) => equal(key.register.value, item));
  return new Map(named.map(({ key, value }) => [key, value]));
}

// The order for a writer who had and wants these keys (3.9 rule 9).
function rearranged(shown, had, wanted) {
  const present = shown.map(({ key }) => key.text);
  if (!isDeepEqual(had.filter((key) => wanted.includes(key)), wanted.filter((key) => had.includes(key)))) return reordered(shown, wanted);
  const order = present.filter((key) => had.includes(key) || !wanted.includes(key));
  const last = wanted.findLastIndex((key) => had.includes(key));
  for (const [i, key] of wanted.entries()) {
    if (had.includes(key) || !present.includes(key)) continue;
    const before = wanted.slice(0, i).findLast((other) => order.includes(other));
    order.splice(i < last ? order.indexOf(before) + 1 : order.length, 0, key);
  }
  return order;
}

// An element with the members changed that differ between two others.
function patched(now, old, value) {
  if ([now, old, value].some(({ type }) => type !== 'object')) return value;
  return parseLiteral(textOf(patchedMembers(now, old, value)));
}

function patchedMembers(now, old, value) {
  const members = new Map(now?.type === 'object' ? now.members : []);
  for (const key of [...new Set([...old.members.keys(), ...value.members.keys()])].sort(compareText)) {
    const [was, wants, is] = [old, value, now].map((from) => from?.members?.get(key) ?? null);
    if (isSame(was, wants)) continue;
    if (was?.type === 'object' && wants?.type === 'object') members.set(key, patchedMembers(is, was, wants));
    else if (wants === null) members.delete(key);
    else if (!is || !equal(is, wants)) members.set(key, wants);
  }
  return objectOf(members);
}

// Members in their order, unlike in a literal.
function textOf(value) {
  if (value.text !== undefined) return value.text;
  return `{${[...value.members].map(([key, member]) => `${canonicalString(key)}:${textOf(member)}`)}}`;
}

function reordered(shown, keys) {
  const present = shown.map(({ key }) => key.text);
  const named = keys.filter((key) => present.includes(key));
  return present.map((key) => (keys.includes(key) ? named.shift() : key));
}

// What a write has to supersede of a register: a new era must be later than the old one.
const ownStamp = (register) => (register ? laterOf(register.stamp, register.era) : ZERO);

// The members that a tuple keeps stay as they are spelled.
function respelled(old, { members }) {
  const kept = ([key, member]) => [key, old.members.has(key) && remarshalled(old.members.get(key), member) ? old.members.get(key) : member];
  return objectOf(new Map([...members].map(kept)));
}

// Programs whose types leave nothing out log out by writing empty texts.
function isAbsent({ access, refresh }, tuple) {
  if (isEmptyObject(tuple)) return true;
  const named = [access, refresh].filter(Boolean);
  return named.length > 0 && named.map((member) => tuple.members.get(member)).every((value) => !value || isNone(value));
}

function isAnother(identity, a, b) {
  const [one, other] = [a, b].map(({ members }) => members.get(identity));
  return (one && canonical(one)) !== (other && canonical(other));
}

// The units at and below a place that show anything.
function specialOf({ path, register, shows, groups, below }) {
  const own = register && !isPlain(register) && shows !== null ? [{ key: pointerOf(path), path, kind: register.kind, id: register.id }] : [];
  const full = groups.filter(({ tuple }) => tuple.members.size > 0).map(({ instance, policy }) => ({ key: instance, path, kind: policy.kind, policy }));
  return [...own, ...full, ...[...below.values()].flatMap(specialOf)];
}

// The value with what stands at a path in it replaced, or taken out if null.
function replaced(value, path, part) {
  if (path.length === 0) return part;
  const [key, ...rest] = path;
  const members = new Map(value?.type === 'object' ? value.members : []);
  const member = replaced(members.get(key), rest, part);
  if (member === null) members.delete(key);
  else members.set(key, member);
  return objectOf(members);
}
