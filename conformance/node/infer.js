// A file without a block, and a state that is known: which of its values are
// edits, and which were only old (SPEC sections 5 and 5.1).

import { canonical, remarshalled } from './canonical.js';
import { digest, spentDigest } from './digest.js';
import { NEVER, digestAt, readHistory } from './history.js';
import { unitsOf } from './units.js';
import { treeOf } from './view.js';

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
    this.present = new Map([...unitsOf(ours.policies, treeOf(ours).shows)].map((unit) => [unit.key, unit]));
    this.found = [...unitsOf(ours.policies, shown)].map((unit) => this.compared(unit));
  }

  // A unit of the file beside what ours has and had in its place.
  compared(unit) {
    const now = this.present.get(unit.key);
    const same = now !== undefined && remarshalledWhole(now.value, unit.value);
    const remembered = this.history.past.get(unit.key) ?? NEVER;
    const current = now ? this.digest(now) : '';
    return { ...unit, now, same, remembered, current, digest: same ? current : this.digest(unit), known: now !== undefined || this.history.past.has(unit.key) };
  }

  digest({ key, value }) {
    return digest(this.ours.salt, key, canonical(value));
  }

  verdict() {
    const base = this.base();
    const [edits, refused] = [[], []];
    for (const unit of this.found) {
      if (unit.same) continue;
      if (this.isOld(unit, base) || this.holdsSpent(unit)) refused.push(unit.key);
      else edits.push(unit);
    }
    return { edits, refused, removals: this.removals(base) };
  }

  isOld({ remembered, current, digest, known, policy }, base) {
    if (!known) return false;
    const then = digestAt(remembered, current, base);
    if (then !== undefined) return then === digest;
    return policy !== undefined || remembered.versions.some((version) => version.digest === digest);
  }

  holdsSpent({ value, now, policy }) {
    if (!policy) return false;
    return [...value.members].some(([key, member]) => {
      const present = now?.value.members.get(key);
      const isPresent = present !== undefined && canonical(present) === canonical(member);
      return !isPresent && this.history.spent.has(spentDigest(this.ours.salt, canonical(member)));
    });
  }

  // The step with the smallest distance, the newest of several.
  base() {
    const known = this.found.filter((unit) => unit.known).map((unit) => ({ ...unit, weight: weight(unit) }));
    const steps = stepsThatCount(known);
    let [best, least] = [this.history.now, Infinity];
    for (const step of [this.history.now, ...steps.map((end) => end - 1)]) {
      const distance = this.distance(known, step, steps);
      if (distance < least) [best, least] = [step, distance];
    }
    return best;
  }

  distance(known, step, steps) {
    const differing = known.filter(({ remembered, current, digest }) => digestAt(remembered, current, step) !== digest);
    const newer = Math.min(NEWER_STEPS, steps.filter((end) => end > step).length);
    const unchanged = differing.length === 0 && known.length === this.found.length;
    return differing.reduce((sum, unit) => sum + unit.weight, 0) + NEWER_STEP * newer + (unchanged ? UNCHANGED : 0);
  }

  // What the file lacks, and an earlier file of the same leaves had (rule 5).
  removals(base) {
    const words = this.found.filter(({ policy }) => !policy).map(({ key }) => digest(this.ours.salt, key, ''));
    const earlier = this.history.vocabularies.filter((vocabulary) => words.every((word) => vocabulary.has(word)) && vocabulary.size > words.length);
    const had = ({ key }) => earlier.some((vocabulary) => vocabulary.has(digest(this.ours.salt, key, '')));
    const keys = new Set(this.found.map(({ key }) => key));
    return [...this.present.values()].filter((unit) => !keys.has(unit.key) && had(unit));
  }
}

const remarshalledWhole = (ours, theirs) =>
  ours.type !== 'object' || theirs.type !== 'object'
    ? remarshalled(ours, theirs)
    : ours.members.size === theirs.members.size && [...ours.members].every(([key, member]) => theirs.members.has(key) && remarshalledWhole(member, theirs.members.get(key)));

// How much it says that a leaf differs: an old value that was there once is
// hardly made up, a switch is easily set back.
function weight({ remembered, current, digest }) {
  const all = [...remembered.versions.map((version) => version.digest), current];
  const hits = all.filter((version) => version === digest).length;
  if (hits === 0) return 0;
  return hits === 1 ? ONCE : Math.floor((SEVERAL * all.length) / hits);
}

// The steps at which a unit of the file was superseded, newest first.
function stepsThatCount(known) {
  const ends = new Set(known.flatMap(({ remembered }) => remembered.versions.map(({ end }) => end)));
  return [...ends].sort((a, b) => b - a);
}
