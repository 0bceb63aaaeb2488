// Writes by programs that know nothing of the format (SPEC sections 3.6 and 5).

import { canonical, equal, remarshalled } from './canonical.js';
import { orderOf, orderValue } from './array.js';
import { keyed, nameOf, readName } from './element.js';
import { pointerOf } from './pointer.js';
import { fieldPolicy, instanceOf, unitAt } from './policy.js';
import { compareKinds, compareRegisters, isByElement, isGroupKind, isPlain, register } from './register.js';
import { superseded } from './spent.js';
import { FOREIGN, ZERO, laterOf, successor } from './stamp.js';
import { EMPTY, isEmptyObject, lift, objectOf, placeAt, treeOf } from './view.js';

// A write that section 3.6 refuses.
export class Refused extends Error {}

// What a tree shows at a place, or in the tuple of an instance; null if nothing.
export function shownAt(tree, path) {
  return path.reduce((value, key) => (value?.type === 'object' ? value.members.get(key) ?? null : null), tree.shows);
}

export class Writer {
  constructor(document) {
    this.document = lift(document);
  }

  get tree() {
    return treeOf(this.document);
  }

  // A token lists what it supersedes, whatever the write (3.10).
  set(key, written) {
    const { salt, policies, registers } = this.document;
    const held = registers.get(key);
    const spent = written.kind === 'token' && superseded(salt, instanceOf(policies, key).policy.roles, held, written.value);
    registers.set(key, spent ? { ...written, spent } : written);
  }

  // Makes a place show a value, or nothing (null); over is a further stamp to supersede.
  write(path, value, over = ZERO) {
    const unit = unitAt(this.document.policies, path);
    if (unit) return this.inUnit(unit, path, value, over);
    const tree = this.tree;
    const shown = shownAt(tree, path);
    if (shown === value || (shown && value && equal(shown, value))) return;
    if (value === null) this.remove(path, over);
    else if (value.type === 'object') this.object(path, value, shown, over);
    else this.value(path, value, over);
  }

  inUnit(unit, path, value, over) {
    const now = this.unitValue(unit);
    const wanted = replaced(now, path.slice(unit.path.length), value);
    this.unit(unit, wanted, over);
  }

  // What a unit shows, or null; of an array by element the whole.
  unitValue({ key, kind, path, policy, isElement }) {
    if (isElement) return placeAt(this.tree, path)?.shown?.find(({ name }) => name === key)?.register.value ?? null;
    if (isByElement({ kind })) return placeAt(this.tree, path)?.shows ?? null;
    return this.document.registers.get(key)?.value ?? (policy ? EMPTY : null);
  }

  unit(unit, value, over = ZERO) {
    if (unit.policy) this.tuple(unit, value, over);
    else if (unit.isElement) this.element(unit.key, unit.path, value, over);
    else if (isByElement(unit)) this.array(unit, value, over);
    else this.field(unit, value, over);
  }

  // An array by element: what is wanted, element by element, or else a reset (3.9 rules 7 and 8).
  array(unit, value, over) {
    if (value?.type !== 'array') return this.resetArray(unit, value, over);
    const { kind, shown } = this.arrayAt(unit);
    const wanted = keyed(kind, value.items, shown.map(({ key, register }) => ({ ...key, register })), (key, item) => equal(key.register.value, item));
    const keys = new Set(wanted.map(({ key }) => key));
    for (const { name, key } of shown) if (!keys.has(key.text)) this.element(name, unit.path, null, over);
    for (const element of wanted) this.element(nameOf(unit.key, element.key), unit.path, element.value, over);
    if (orderOf(this.arrayAt(unit).register) === null || !this.isOrdered(unit, [...keys])) this.order(unit, [...keys], over);
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
    if (now === value || (now && value && equal(now, value))) return;
    const declared = fieldPolicy(this.document.policies, path);
    if ([kind, declared].some((other) => compareKinds(other, key) > 0)) throw new Refused(); // hidden, whatever its stamp
    const old = this.document.registers.get(name);
    this.set(name, register(key.kind, successor([old?.stamp ?? ZERO, array.era].reduce(laterOf, over), FOREIGN), value));
  }

  // Puts the elements that keys name into their order, at the places that they
  // have among the others (section 5 rule 6).
  order(unit, keys, over) {
    const { kind, register: array, shown } = this.arrayAt(unit);
    const stamp = successor(laterOf(ownStamp(array), over), FOREIGN);
    this.set(unit.key, register(kind.kind, stamp, orderValue(reordered(shown, keys)), array.era, 0, kind.id));
  }

  isOrdered(unit, keys) {
    const { shown, shows } = this.arrayAt(unit);
    return shows?.type === 'array' && reordered(shown, keys).every((key, i) => key === shown[i].key.text);
  }

  resetArray(unit, value, over) {
    const now = this.unitValue(unit);
    if (now === value || (now && value && equal(now, value))) return;
    const { kind } = this.arrayAt(unit);
    const place = placeAt(this.tree, unit.path);
    const stamp = successor([place ? newestOf(place) : ZERO, this.newestBelow(unit.key)].reduce(laterOf, over), FOREIGN);
    this.set(unit.key, register(kind.kind, stamp, value, stamp, 0, kind.id));
  }

  tuple({ key, kind, policy }, wanted, over) {
    const old = this.document.registers.get(key);
    const value = old ? respelled(old.value, wanted) : wanted;
    if (old && equal(old.value, value)) return;
    const stamp = successor(laterOf(ownStamp(old), over), FOREIGN);
    if (kind === 'group') return this.set(key, register(kind, stamp, value));
    const begins = !old || isAbsent(policy.roles, old.value) || isAbsent(policy.roles, value) || isAnother(policy.roles.identity, old.value, value)
      || old.gen === Number.MAX_SAFE_INTEGER;
    this.set(key, begins ? register(kind, stamp, value, stamp) : register(kind, stamp, value, old.era, old.gen + 1));
  }

  field({ key, kind }, value, over) {
    const old = this.document.registers.get(key);
    if ((old?.value ?? null) === value || (old?.value && value && equal(old.value, value))) return;
    if (kind === 'first' && value !== null && old?.kind === kind && old.value !== null) return;
    const stamp = successor([ownStamp(old), this.newestBelow(key)].reduce(laterOf, over), FOREIGN);
    const same = register(kind, stamp, value, old?.era ?? ZERO);
    const wins = value !== null && (old?.kind !== kind || compareRegisters(same, old) > 0);
    this.set(key, wins ? same : { ...same, era: stamp });
  }

  // Of registers that never show, too.
  newestBelow(key) {
    const below = [...this.document.registers].filter(([other]) => other.startsWith(key + '/'));
    return below.map(([, found]) => ownStamp(found)).reduce(laterOf, ZERO);
  }

  remove(path, over) {
    const stamp = this.superseding(path, over);
    for (const [key, unit] of this.unitsBelow(path)) this.reset(key, unit, stamp);
    this.set(pointerOf(path), register('lww', stamp, null));
  }

  // A group loses its members, a field its value; both begin a new era.
  reset(key, { kind, id, value }, stamp) {
    if (value === null || (isGroupKind(kind) && isEmptyObject(value))) return;
    if (kind === 'group') this.set(key, register(kind, stamp, EMPTY));
    else this.set(key, register(kind, stamp, kind === 'token' ? EMPTY : null, stamp, 0, id));
  }

  unitsBelow(path) {
    const place = placeAt(this.tree, path);
    return place ? specialOf(place) : [];
  }

  value(path, value, over) {
    if (placeAt(this.tree, path)?.special) throw new Refused();
    this.set(pointerOf(path), register('lww', this.superseding(path, over), value));
  }

  object(path, value, shown, over) {
    if (shown && shown.type !== 'object' && isEmptyObject(value)) return this.value(path, value, over);
    this.members(path, value, shown, over);
    if (shownAt(this.tree, path) === null) this.set(pointerOf(path), register('lww', this.leastShowing(path, over), EMPTY));
  }

  members(path, value, shown, over) {
    for (const key of shown?.members?.keys() ?? []) if (!value.members.has(key)) this.write([...path, key], null, over);
    for (const [key, member] of value.members) this.write([...path, key], member, over);
  }

  // The successor of the newest register at, above and below a place.
  superseding(path, over) {
    let newest = laterOf(over, this.newestAbove(path));
    const place = placeAt(this.tree, path);
    if (place) newest = laterOf(newest, newestOf(place));
    return successor(newest, FOREIGN);
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
    return newest === ZERO && !own ? ZERO : successor(newest, FOREIGN);
  }
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
  return named.length > 0 && named.map((member) => tuple.members.get(member)).every((value) => !value || ['null', '""'].includes(canonical(value)));
}

function isAnother(identity, a, b) {
  const [one, other] = [a, b].map(({ members }) => members.get(identity));
  return (one && canonical(one)) !== (other && canonical(other));
}

function newestOf(place) {
  let newest = ownStamp(place.register);
  for (const { register } of [...place.groups, ...place.elements]) newest = laterOf(newest, ownStamp(register));
  for (const child of place.below.values()) newest = laterOf(newest, newestOf(child));
  return newest;
}

// The registers that are not lww at and below a place, by key.
function specialOf(place) {
  const own = place.register && !isPlain(place.register) ? [[pointerOf(place.path), { ...place.register, value: place.shows }]] : [];
  const groups = place.groups.map(({ instance, register }) => [instance, register]);
  return [...own, ...groups, ...[...place.below.values()].flatMap(specialOf)];
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
