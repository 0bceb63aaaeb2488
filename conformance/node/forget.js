// What a writer may forget (SPEC sections 3.7 and 3.9 rule 11).

import { arrayOf } from './array.js';
import { readName } from './element.js';
import { placeOf, pointerOf, isPointer } from './pointer.js';
import { isPlain, register } from './register.js';
import { ZERO, laterOf } from './stamp.js';
import { EMPTY, lift, placeAt, treeOf } from './view.js';

export function forget(document, horizon) {
  const forgetful = new Forgetful(lift(document), horizon);
  forgetful.hidden();
  forgetful.elements();
  forgetful.tombstones([]);
  return forgetful.document;
}

class Forgetful {
  constructor(document, horizon) {
    this.document = document;
    this.registers = document.registers;
    this.horizon = horizon;
  }

  hidden() {
    const hidden = [...this.registers].filter(([key, held]) => isPointer(key) && isPlain(held) && held.stamp < this.ceiling(placeOf(key)));
    for (const [key] of hidden) this.registers.delete(key);
  }

  // Of lww registers strictly above.
  ceiling(path) {
    const above = path.map((_, length) => this.registers.get(pointerOf(path.slice(0, length))));
    return above.filter((held) => held && isPlain(held)).map(({ stamp }) => stamp).reduce(laterOf, ZERO);
  }

  // Also those of arrays that never show.
  elements() {
    const names = [...this.registers.keys()].map((name) => ({ name, ...readName(name) })).filter(({ key }) => key);
    for (const pointer of new Set(names.map((name) => name.pointer))) {
      const elements = names.filter((name) => name.pointer === pointer).map(({ name, key }) => ({ name, key, register: this.registers.get(name) }));
      this.array(pointer, elements);
    }
  }

  array(pointer, elements) {
    const { register: array, live, shows } = arrayOf(this.registers.get(pointer) ?? null, elements);
    const isOld = ({ register: { value, stamp } }) => value === null && stamp < this.horizon && !array.isUnwritten;
    for (const element of elements) if (!live.includes(element) || isOld(element)) this.registers.delete(element.name);
    const isKept = array.value !== null && array.value.type !== 'array' && shows !== array.value;
    if (isKept) this.registers.set(pointer, { ...array, value: null });
  }

  // Drops those below a place, from the bottom up. An object that only they kept
  // open gets {}.
  tombstones(path) {
    const before = this.shows(path);
    const dropped = [];
    for (const key of this.keysBelow(path)) {
      const at = [...path, key];
      this.tombstones(at);
      if (this.isForgotten(at)) dropped.push(this.registers.get(pointerOf(at)).stamp), this.registers.delete(pointerOf(at));
    }
    const isHollow = dropped.length > 0 && path.length > 0 && before === 'object' && !placeAt(treeOf(this.document), path)?.open;
    if (isHollow) this.registers.set(pointerOf(path), register('lww', dropped.reduce(laterOf), EMPTY));
  }

  shows(path) {
    const place = placeAt(treeOf(this.document), path);
    return place?.open ? 'object' : null;
  }

  isForgotten(path) {
    const held = this.registers.get(pointerOf(path));
    return held && isPlain(held) && held.value === null && held.stamp < this.horizon && this.keysBelow(path).size === 0;
  }

  // The keys below a place with registers at or below them.
  keysBelow(path) {
    const places = [...this.registers.keys()].map((key) => readName(key)?.pointer ?? key).filter(isPointer).map(placeOf);
    return new Set(places.filter((place) => place.length > path.length && path.every((key, i) => place[i] === key)).map((place) => place[path.length]));
  }
}
