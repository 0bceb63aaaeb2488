// A file without a block, and a state that is known: which of its values are
// edits, and which were only old (SPEC sections 5 and 5.1).

import { canonical, equal, remarshalled } from './canonical.js';
import { digest, spentDigest } from './digest.js';
import { keyed } from './element.js';
import { NEVER, readHistory, versionAt } from './history.js';
import { pointerOf } from './pointer.js';
import { isSecretMember } from './policy.js';
import { isNone, spentIn } from './spent.js';
import { unitsOf } from './units.js';
import { elementsIn, placeAt, treeOf } from './view.js';

const ONCE = 192;
const SEVERAL = 12;
const NEWER_STEP = 6;
const NEWER_STEPS = 24;
const UNCHANGED = 110;

// Says which units of the file are edits, the keys of those that are refused,
// and the units of ours that were removed.
export function judge(ours, history, shown) {
  return new Judge(ours, readHistory(history), shown).verdict();
}

class Judge {
  constructor(ours, history, shown) {
    this.ours = ours;
    this.history = history;
    this.leaves = new Set([...unitsOf(new Map(), shown)].map(({ key }) => key));
    const tree = treeOf(ours);
    this.present = new Map([...unitsOf(ours.policies, tree.shows, elementsIn(tree))].map((unit) => [unit.key, unit]));
    const units = [...unitsOf(ours.policies, shown, (path, value, policy) => keyedLike(placeAt(tree, path), value, policy))];
    this.orders = units.filter(({ order }) => order);
    this.found = units.filter(({ order }) => !order).map((unit) => this.compared(unit));
    this.missing = this.missingElements().map((unit) => this.compared({ ...unit, value: null }));
  }

  // The elements of ours that an array of the text lacks (rule 6).
  missingElements() {
    const arrays = new Set(this.orders.map(({ key }) => key));
    const found = new Set(this.found.map(({ key }) => key));
    return [...this.present.values()].filter(({ key, path, isElement }) => isElement && arrays.has(pointerOf(path)) && !found.has(key));
  }

  // A unit of the file beside what ours has and had in its place.
  compared(unit) {
    const now = this.present.get(unit.key);
    const same = now !== undefined && unit.value !== null && (unit.policy ? remarshalledWhole : remarshalled)(now.value, unit.value);
    const remembered = this.history.past.get(unit.key) ?? NEVER;
    const digest = this.digest(unit);
    const current = same ? digest : now ? this.digest(now) : '';
    return { ...unit, now, same, remembered, current, digest, known: now !== undefined || this.history.past.has(unit.key) };
  }

  digest({ key, value }) {
    return value === null ? '' : digest(this.ours.salt, key, canonical(value));
  }

  verdict() {
    const base = this.base();
    const [edits, refused] = [[], []];
    for (const unit of this.found) {
      if (unit.same) continue;
      if (this.isOld(unit, base) || this.holdsSpent(unit)) refused.push(unit.key);
      else edits.push(unit);
    }
    return { edits: [...edits, ...this.orders], refused, removals: [...this.elementsRemoved(base), ...this.removals(base)] };
  }

  // What an array of the text lacks was removed if the base had it, and else unknown to the writer.
  elementsRemoved(base) {
    const had = ({ remembered }) => (versionAt(remembered, base) === undefined ? false : versionAt(remembered, base)?.digest !== '');
    return this.missing.filter(had).map(({ now }) => now);
  }

  isOld({ remembered, digest, known, policy }, base) {
    if (!known) return false;
    if (remembered.shown.some((shown) => shown.step === base && shown.digest === digest)) return true;
    const then = versionAt(remembered, base);
    if (then !== undefined) return then?.digest === digest;
    return policy !== undefined || [...remembered.versions, ...remembered.shown].some((version) => version.digest === digest);
  }

  holdsSpent({ key, value, path, now, policy }) {
    const spent = spentIn(this.history.spent, this.ours.registers.get(key)?.spent);
    return policy !== undefined && putsBackSecret(this.ours, spent, policy, path, value, now?.value);
  }

  // The step with the smallest distance, the newest of several.
  base() {
    const all = [...this.found, ...this.missing];
    const known = all.filter((unit) => unit.known).map((unit) => ({ ...unit, weight: weight(unit) }));
    const steps = stepsThatCount(known);
    const last = Math.max(this.history.now, ...steps);
    let [best, least] = [last, Infinity];
    for (const step of [last, ...steps.map((end) => end - 1)]) {
      const distance = this.distance(known, step, steps, known.length === all.length);
      if (distance < least) [best, least] = [step, distance];
    }
    return best;
  }

  distance(known, step, steps, isAllKnown) {
    const differing = known.filter((unit) => !hadAt(unit, step));
    const newer = Math.min(NEWER_STEPS, steps.filter((end) => end > step).length);
    const unchanged = differing.length === 0 && isAllKnown;
    return differing.reduce((sum, unit) => sum + unit.weight, 0) + NEWER_STEP * newer + (unchanged ? UNCHANGED : 0);
  }

  // What the file lacks, and an earlier file of the same leaves had (rule 5).
  removals(base) {
    if (this.leaves.size === 0) return [];
    const words = [...this.leaves].map((key) => this.word(key));
    const earlier = this.history.vocabularies.findLast((vocabulary) => words.every((word) => vocabulary.has(word)) && vocabulary.size > words.length);
    const had = (keys) => earlier !== undefined && keys.every((key) => earlier.has(this.word(key)));
    const found = new Set([...this.found, ...this.orders].map(({ key }) => key));
    const missing = [...this.present.values()].filter(({ key, isElement }) => !isElement && !found.has(key));
    return missing.filter((unit) => had(leavesOf(unit)) && (!unit.policy || this.isCurrent(unit, base)));
  }

  word(key) {
    return digest(this.ours.salt, key, '');
  }

  // Whether a state that the writer may have loaded had the present tuple.
  isCurrent({ key }, step) {
    return versionAt(this.history.past.get(key) ?? NEVER, step) === null;
  }
}

// The elements of a text's array, with the keys that ours have (3.9 rule 7).
function keyedLike(place, { items }, policy) {
  const array = place?.live ? place.register : policy;
  const keys = (place?.shown ?? []).map(({ key, register }) => ({ ...key, register }));
  return { array, elements: keyed(array, items, keys, (key, item) => equal(key.register.value, item)) };
}

// The pointers of the leaves that a unit is, whatever their policies.
const leavesOf = ({ path, value, policy }) =>
  policy || (value.type === 'object' && value.members.size > 0) ? [...unitsOf(new Map(), value, undefined, path)].map(({ key }) => key) : [pointerOf(path)];

// Whether what the file has was there at a step, in ours or in another file.
const hadAt = (unit, step) => isVersion(unit, versionAt(unit.remembered, step)) || showings(unit).includes(step);

const showings = ({ remembered, digest }) => remembered.shown.filter((shown) => shown.digest === digest).map(({ step }) => step);

// Whether a version, null being the present one, is what the file has.
const isVersion = ({ digest, current }, version) => (version === null ? current : version?.digest) === digest;

const remarshalledWhole = (ours, theirs) =>
  ours.type !== 'object' || theirs.type !== 'object'
    ? remarshalled(ours, theirs)
    : ours.members.size === theirs.members.size && [...ours.members].every(([key, member]) => theirs.members.has(key) && remarshalledWhole(member, theirs.members.get(key)));

// How much it says that a leaf differs: an old value that was there once is
// hardly made up, a switch is easily set back.
function weight(unit) {
  const { remembered } = unit;
  const all = [...remembered.versions, null];
  const hits = all.filter((version) => (version === null ? unit.current : version.digest) === unit.digest).length;
  if (hits === 0 && showings(unit).length === 0) return 0;
  return hits <= 1 ? ONCE : Math.floor((SEVERAL * all.length) / hits);
}

// The steps at which a unit of the file was superseded, that of the first version
// that is remembered included, or the file's value of it shown and written over,
// newest first.
function stepsThatCount(known) {
  const ends = new Set(known.flatMap(({ remembered: { since, versions } }) => [...(since > 0 ? [since] : []), ...versions.map(({ end }) => end)]));
  for (const unit of known) {
    for (const step of showings(unit)) {
      if (!isVersion(unit, versionAt(unit.remembered, step))) ends.add(step).add(step + 1);
    }
  }
  return [...ends].sort((a, b) => b - a);
}

// Whether a tuple holds a secret that was superseded before and is not the present one.
export function putsBackSecret({ salt, policies }, spent, policy, path, tuple, present) {
  return [...tuple.members].some(([key, member]) => {
    const now = present?.members.get(key);
    const isPresent = now !== undefined && equal(now, member);
    return !isPresent && !isNone(member) && isSecretMember(policies, policy, path, key) && spent.has(spentDigest(salt, canonical(member)));
  });
}
