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
import { pointerOf } from './pointer.js';
import { instanceOf, unitAt } from './policy.js';
import { register } from './register.js';
import { spentIn } from './spent.js';
import { ZERO } from './stamp.js';
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
  const adoption = new Adoption(merge(known, theirs.document), shown, readHistory(history).spent);
  const { edits, orders } = inOrder(theirs.edits);
  for (const edit of edits) if (!adoption.onlyEmpties(edit)) adoption.edit(edit);
  adoption.remove(adoption.missing(known, theirs), theirs.removedObjects.values());
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

  // The units that the text lacks and the block accounts for: leaves of ours
  // before the merge, with the entry's stamp and a listed digest, and fields and
  // {} that have the entry's stamp (rule 1).
  missing(ours, { document, removed, lost, seen }) {
    const isMissing = ({ key, path, isElement }) => (isElement ? !seen.has(key) : shownAt({ shows: this.shown }, path) === null);
    const isListed = ({ key, value, stamp }) =>
      lost.some(({ entry, digest: short }) => entry.stamp === stamp && digest(document.salt, key, canonical(value)) === short);
    const leaves = new Set([...unitsShown(ours)].filter((unit) => (unit.kind === 'lww' || unit.isElement) && isListed(unit)).map(({ key }) => key));
    const isRemoved = ({ key, kind, value, stamp, order }) =>
      (kind !== 'lww' || isEmptyObject(value)) && removed.some((entry) => entry.key === key && (order || entry.stamp === stamp));
    const gone = [...unitsShown(this.writer.document)].filter((unit) => isMissing(unit) && (leaves.has(unit.key) || isRemoved(unit)));
    return gone.map((unit) => ({ ...unit, mayStay: unit.order !== undefined }));
  }

  // Removes units, the objects at places and, where all of an object goes that
  // the text lacks, the object.
  remove(units, places = []) {
    const going = new Set(units.map(({ key }) => key));
    const all = [...unitsShown(this.writer.document)];
    const stays = (path) => all.some(({ key, path: at, isUnwritten }) => !going.has(key) && !isUnwritten && isAt(path, at));
    const isGone = (path) => shownAt({ shows: this.shown }, path) === null && !stays(path);
    for (const { key, path } of units.filter(({ isElement }) => isElement)) this.attempt(key, () => this.writer.element(key, path, null, ZERO));
    for (const unit of units) this.removeOne(unit, isGone);
    for (const path of places) if (this.isHollow(path)) this.removeOne({ key: pointerOf(path), path }, isGone);
  }

  // Whether tombstones alone keep the object at a place open.
  isHollow(path) {
    if (shownAt(this.writer.tree, path)?.type !== 'object') return false;
    const below = [...unitsShown(this.writer.document)].filter(({ path: at }) => isAt(path, at));
    return below.every(({ value, stamp }) => isEmptyObject(value) && stamp === undefined);
  }

  // Of elements, which are gone by now, only the object whose last they were. An
  // array may stay, if it has others.
  removeOne({ key, path, policy, isElement, mayStay }, isGone) {
    const { writer } = this;
    const above = path.map((_, i) => path.slice(0, i)).slice(1).find(isGone);
    if (isElement && !above) return;
    if (mayStay && !above && shownAt(writer.tree, path)?.items?.length > 0) return;
    if (policy) return this.attempt(key, () => writer.unit({ key, path, policy, kind: policy.kind }, EMPTY));
    const whole = path.map((_, i) => path.slice(0, i + 1)).find(isGone) ?? path;
    if (shownAt(writer.tree, whole) !== null) this.attempt(pointerOf(whole), () => writer.write(whole, null), () => shownAt(writer.tree, whole) === null);
  }
}

const isAt = (path, below) => path.every((key, i) => key === below[i]);

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
