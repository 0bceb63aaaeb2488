// The entries of a block's at (SPEC section 4.3).

import { LENGTH } from './digest.js';
import { readName } from './element.js';
import { isPointer, placeOf } from './pointer.js';
import { fieldPolicy, instanceOf, isInstanceName } from './policy.js';
import { compareKinds, isByElement } from './register.js';
import { MOST } from './spent.js';
import { ZERO, isStamp } from './stamp.js';

const DIGESTS = /^(?:[A-Za-z0-9_-]{4})+$/;
const GENERATION = /^(?:0|[1-9][0-9]*)$/;

// An entry has a form (dead, empty, value, or misfit), the place it is about, whether it
// is a group's instance or an element, the kind of register there, stamp, digests, era, gen and order.
// Null if it is malformed. One with parts that its kind has no use for vouches for
// nothing: policies come and go.
export function readEntry(policies, key, node) {
  const entry = parsed(policies, key, node);
  return !entry || entry.form !== 'value' || hasUse(entry) ? entry : { ...entry, form: 'misfit', era: null };
}

function parsed(policies, key, node) {
  const shape = node.type === 'array' ? shapeOf(node.items) : null;
  if (!shape) return null;
  if (shape.spent && !isInstanceName(key)) return null;
  if (isPointer(key)) return { key, place: placeOf(key), ...fieldPolicy(policies, placeOf(key)), instance: false, element: null, ...shape };
  const name = readName(key);
  if (name) return { key, ...arrayOf(policies, name), instance: false, element: name.key, ...shape };
  if (!isInstanceName(key)) return null;
  const found = instanceOf(policies, key);
  return { key, place: found?.place ?? null, kind: found?.policy.kind ?? null, instance: true, element: null, ...shape };
}

// An element counts only in an array of the kind that its key tells.
function arrayOf(policies, { pointer, key }) {
  const place = placeOf(pointer);
  const policy = fieldPolicy(policies, place);
  return compareKinds(policy, key) === 0 ? { place, ...policy } : { place: null, kind: null };
}

function shapeOf([stamp, digests, era, gen, spent, ...more]) {
  if (more.length > 0 || !isStampNode(stamp) || (era && !isStampNode(era))) return null;
  const shape = { stamp: stamp.value, era: era?.value ?? null, gen: 0, order: null };
  if (!digests) return { ...shape, form: 'dead' };
  if (digests.type === 'null') return era && !gen ? { ...shape, form: 'dead' } : null;
  if (digests.type !== 'string') return null;
  if (digests.value === '{}') return era ? null : { ...shape, form: 'empty' };
  if (!DIGESTS.test(digests.value)) return null;
  const value = { ...shape, form: 'value', digests: digests.value.match(/.{4}/g) };
  if (gen?.type === 'array') return spent ? null : { ...value, order: gen.items };
  if ((gen && !isGeneration(gen)) || (spent && !isList(spent))) return null;
  return { ...value, gen: Number(gen?.text ?? 0), spent: (spent?.value ?? '').slice(0, MOST * LENGTH) };
}

const isList = (node) => node.type === 'string' && DIGESTS.test(node.value);

const isStampNode = (node) => node?.type === 'string' && isStamp(node.value);

const isGeneration = (node) => node.type === 'number' && GENERATION.test(node.text) && Number.isSafeInteger(Number(node.text));

// Whether a register of its kind has all parts that a value entry has.
function hasUse({ kind, element, digests, era, gen, order, spent }) {
  const isLater = (era ?? ZERO) !== ZERO;
  if (!element && isByElement({ kind })) return gen === 0;
  if (digests.length > 1 && (element || kind !== 'lww')) return false;
  if (element || kind === 'lww' || kind === 'group') return !isLater && gen === 0 && !order && !spent;
  return !order && (gen === 0 || kind === 'token');
}

// Whether a register of its kind can have an entry of that form. A field with a
// policy of its own has an lww register for as long as that shows nothing.
export function fits({ kind, instance, element, form, era }) {
  if (form === 'misfit' || kind === null || (instance && form !== 'value')) return false;
  if (element) return form !== 'empty';
  return form === 'value' || kind !== 'lww' || era === null;
}
