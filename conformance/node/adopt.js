// What becomes of the last known state when the file is found with other bytes
// (SPEC section 5). Theirs is what the file holds.

import { orderValue } from './array.js';
import { canonical, remarshalled } from './canonical.js';
import { decode, takeApart } from './decode.js';
import { digest } from './digest.js';
import { copyOf, merge, newDocument } from './document.js';
import { readHistory } from './history.js';
import { judge, putsBackSecret } from './infer.js';
import { parseFile } from './parse.js';
import { isPointer, placeOf, pointerOf } from './pointer.js';
import { instanceOf, unitAt } from './policy.js';
import { isByElement, register } from './register.js';
import { spentIn } from './spent.js';
import { ZERO, laterOf } from './stamp.js';
import { compareText } from './unicode.js';
import { unitsOf } from './units.js';
import { EMPTY, elementsIn, isEmptyObject, lift, treeOf } from './view.js';
import { Refused, Writer, shownAt } from './write.js';

export function adopt(ours, history, bytes) {
  const { shown, block } = takeApart(parseFile(bytes));
  if (block) return adoptIntact(ours, history, decode(shown, block), shown);
  if (!ours || ours.registers.size === 0) return imported(ours ?? newDocument(), shown);
  return adoptBlockless(ours, history, shown);
}

// Rule 3: every leaf at the zero stamp.
function imported(ours, shown) {
  const document = copyOf(ours);
  for (const { key, kind, id, value, order, isElement } of unitsOf(document.policies, shown)) {
    document.registers.set(key, register(kind, ZERO, order ? orderValue(order) : value, ZERO, 0, isElement ? '' : id));
  }
  return { document, adopted: [], rejected: [] };
}

// Rules 1 and 2.
function adoptIntact(ours, history, theirs, shown) {
  const known = ours && ours.id === theirs.document.id ? lift(ours) : newDocument(theirs.document.id, theirs.document.salt);
  const listed = [...listedIn(known, theirs)];
  const adoption = new Adoption(merge(known, theirs.document), shown, readHistory(history).spent);
  const { edits, orders } = inOrder(theirs.edits);
  for (const edit of edits) if (!adoption.onlyEmpties(edit)) adoption.edit(edit);
  adoption.remove([...listed, ...adoption.ofEntries(theirs)]);
  for (const edit of orders) adoption.order(edit);
  return adoption.result();
}

// Rules 4 and 5.
function adoptBlockless(ours, history, shown) {
  const adoption = new Adoption(copyOf(ours), shown);
  const { refused, removals, ...found } = judge(lift(ours), history, shown);
  const { edits, orders } = inOrder(found.edits);
  for (const edit of edits) if (!adoption.removesOnly(edit)) adoption.edit(edit);
  adoption.remove(removals);
  for (const edit of orders) adoption.order(edit);
  adoption.rejected.push(...refused);
  return adoption.result();
}

class Adoption {
  constructor(document, shown, spent = new Set()) {
    this.spent = spent;
    this.writer = new Writer(document);
    this.shown = shown;
    this.adopted = [];
    this.rejected = [];
  }

  result() {
    const { adopted, rejected } = this;
    return { document: this.writer.document, adopted, rejected };
  }

  // Writes what does not show already, counting as equal what a program that
  // re-marshals made of it.
  edit({ key, path, value, over, entry, isElement }) {
    const { writer } = this;
    const unit = isElement ? { key, path, isElement } : unitOf(writer.document.policies, key, path);
    const now = () => (unit ? writer.unitValue(unit) : shownAt(writer.tree, path));
    const isSo = () => now() !== null && (unit?.policy ? agrees : remarshalled)(now(), value);
    if (isSo()) return;
    if (unit?.policy && this.putsBack(unit, value, now(), entry)) return this.refuse(key, entry);
    this.attempt(key, () => (unit ? writer.unit(unit, value, over) : writer.write(path, value, over)), isSo);
  }

  putsBack({ key, policy, path }, value, now, entry) {
    const spent = spentIn(this.spent, this.writer.document.registers.get(key)?.spent, entry?.spent);
    return putsBackSecret(this.writer.document, spent, policy, path, value, now);
  }

  // The list of an instance of which nothing else is known is kept (rule 1).
  refuse(key, entry) {
    const { registers } = this.writer.document;
    if (!registers.has(key) && entry?.spent) registers.set(key, { ...register(entry.kind, entry.stamp, EMPTY, entry.era, entry.gen), spent: entry.spent });
    this.rejected.push(key);
  }

  // Of an order that shows already nothing is written, and nothing refused.
  order({ key, path, order, over = ZERO }) {
    const unit = unitOf(this.writer.document.policies, key, path);
    if (!this.writer.isOrdered(unit, order)) this.attempt(key, () => this.writer.order(unit, order, over));
  }

  // In a file without a block {} removes nothing (rule 5).
  removesOnly({ path, value, policy, isElement }) {
    return !policy && !isElement && isEmptyObject(value) && shownAt(this.writer.tree, path)?.type === 'object';
  }

  // Of an object that the file has emptied, what its block lists is gone (rule 1).
  onlyEmpties(edit) {
    const isPlace = edit.key === pointerOf(edit.path) && unitAt(this.writer.document.policies, edit.path) === null;
    return isPlace && !edit.order && this.removesOnly(edit);
  }

  // A write that can't be done, or does nothing, was refused.
  attempt(key, write, isDone = () => true) {
    const before = new Map(this.writer.document.registers);
    try {
      write();
      if (isChanged(before, this.writer.document.registers) && isDone()) this.adopted.push(key);
      else this.rejected.push(key);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.rejected.push(key);
    }
  }

  // What the text lacks and has entries of its own, where ours has the same (rule
  // 1). An array may have other elements.
  *ofEntries({ document, removed, removedObjects }) {
    const { tree } = this.writer;
    const vouchedFor = treeOf(document);
    const isAsSeen = (path) => isSame(shownAt(tree, path), shownAt(vouchedFor, path));
    const units = new Map([...unitsShown(this.writer.document)].map((unit) => [unit.key, unit]));
    for (const { key, place, stamp, form } of removed) {
      const unit = units.get(key);
      const held = this.writer.document.registers.get(key);
      if (unit && unit.kind !== 'lww' && (unit.order || unit.stamp === stamp)) yield { ...unit, mayStay: unit.order !== undefined, over: stamp };
      else if (form === 'empty' && held?.kind === 'lww' && held.stamp === stamp && isAsSeen(place)) yield { key, path: place, over: stamp };
    }
    for (const [key, { path, over }] of removedObjects) if (isAsSeen(path)) yield { key, path, over };
  }

  // Removes units and what is at places and, where all of an object goes that the
  // text lacks, the object.
  remove(all) {
    const lacking = all.filter(({ path, isElement, policy }) => isElement || policy || this.lacks(path));
    for (const { key, path } of lacking.filter(({ isElement }) => isElement)) this.attempt(key, () => this.writer.element(key, path, null, ZERO));
    const { tree } = this.writer;
    const going = lacking.filter(({ path, isElement, mayStay }) => !isElement && !(mayStay && shownAt(tree, path)?.items?.length > 0));
    const gone = new Set(going.flatMap(({ path, policy, value }) => (policy ? [...value.members.keys()].map((key) => pointerOf([...path, key])) : [pointerOf(path)])));
    const isEmptied = (path) => path.length > 0 && this.lacks(path) && leavesOf(shownAt(tree, path), path).every((leaf) => isWithin(leaf, gone));
    for (const removal of wholes(going, isEmptied)) this.removeOne(removal);
  }

  removeOne({ key, path, policy, over = ZERO }) {
    const { writer } = this;
    const isGone = () => shownAt(writer.tree, path) === null;
    if (policy) this.attempt(key, () => writer.unit({ key, path, policy, kind: policy.kind }, EMPTY, over));
    else if (!isGone()) this.attempt(key, () => writer.write(path, null, over), isGone);
  }

  lacks(path) {
    return shownAt({ shows: this.shown }, path) === null;
  }
}

// The leaves and elements that the text lacks and that ours, before the merge, has
// with the stamp of an entry and a digest that it lists (rule 1).
function* listedIn(ours, { document, lost, seen }) {
  const isListed = (key, value, stamp) =>
    lost.some(({ entry, digest: short }) => entry.stamp === stamp && digest(document.salt, key, canonical(value)) === short);
  for (const [key, { kind, stamp, value }] of ours.registers) {
    if (isPointer(key) && !isByElement({ kind }) && value !== null && isListed(key, value, stamp)) yield { key, path: placeOf(key), over: stamp };
  }
  for (const unit of unitsShown(ours)) if (unit.isElement && !seen.has(unit.key) && isListed(unit.key, unit.value, unit.stamp)) yield unit;
}

// The removals, those by which an object was emptied as one of the topmost such object.
function wholes(going, isEmptied) {
  const found = new Map();
  for (const one of going) {
    const above = one.policy ? [...prefixes(one.path), one.path] : prefixes(one.path);
    const top = above.find(isEmptied);
    const whole = top ? { key: pointerOf(top), path: top, over: one.over } : one;
    const other = found.get(whole.key);
    found.set(whole.key, other ? { ...other, over: laterOf(other.over ?? ZERO, whole.over ?? ZERO) } : whole);
  }
  return [...found.values()];
}

const prefixes = (path) => path.map((_, length) => path.slice(0, length));

// The pointers of the leaves of a value, whatever their policies.
const leavesOf = (value, path) =>
  value?.type === 'object' && value.members.size > 0 ? [...value.members].flatMap(([key, member]) => leavesOf(member, [...path, key])) : value ? [pointerOf(path)] : [];

const isWithin = (pointer, pointers) => [...prefixes(placeOf(pointer)), placeOf(pointer)].some((place) => pointers.has(pointerOf(place)));

const isSame = (a, b) => (a && canonical(a)) === (b && canonical(b));

// The unit that an edit is of, or part of, under the present policies.
function unitOf(policies, key, path) {
  const instance = instanceOf(policies, key);
  if (instance) return { key, path: instance.place, kind: instance.policy.kind, policy: instance.policy };
  const unit = unitAt(policies, path);
  return unit?.key === key ? unit : null;
}

// What the state shows, by unit, with the stamps.
function* unitsShown(document) {
  const tree = treeOf(document);
  for (const unit of unitsOf(document.policies, tree.shows, elementsIn(tree))) {
    const stamp = document.registers.get(unit.key)?.stamp;
    yield { ...unit, stamp, isUnwritten: unit.order && stamp === undefined };
  }
}

// Tuples member by member, since they are leaves each.
const agrees = (ours, theirs) =>
  ours.type === 'object' && theirs.type === 'object'
    ? ours.members.size === theirs.members.size && [...ours.members].every(([key, member]) => theirs.members.has(key) && agrees(member, theirs.members.get(key)))
    : remarshalled(ours, theirs);

// The orders of arrays are written last, when their elements are what they will be.
function inOrder(edits) {
  const sorted = [...edits].sort((a, b) => compareText(a.key, b.key));
  return { edits: sorted.filter(({ order }) => !order), orders: sorted.filter(({ order }) => order) };
}

const isChanged = (a, b) => a.size !== b.size || [...b].some(([key, register]) => a.get(key) !== register);
