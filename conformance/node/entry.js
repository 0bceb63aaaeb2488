// The entries of a block's at (SPEC section 4.3).

import { LENGTH } from './digest.js';
import { isPointer, placeOf } from './pointer.js';
import { fieldKind, instanceOf, isInstanceName } from './policy.js';
import { MOST } from './spent.js';
import { isStamp } from './stamp.js';

const DIGESTS = /^(?:[A-Za-z0-9_-]{4})+$/;
const GENERATION = /^(?:0|[1-9][0-9]*)$/;

// An entry has a form (dead, empty, or value), the place it is about, whether it
// is a group's instance, the kind of register there, stamp, digests, era and gen.
// Null if it is malformed. Whether the kind fits the form is another question:
// policies come and go.
export function readEntry(policies, key, node) {
  const shape = node.type === 'array' ? shapeOf(node.items) : null;
  if (!shape) return null;
  if (shape.spent && !isInstanceName(key)) return null;
  if (isPointer(key)) return { key, place: placeOf(key), kind: fieldKind(policies, placeOf(key)), instance: false, ...shape };
  if (!isInstanceName(key)) return null;
  const found = instanceOf(policies, key);
  return { key, place: found?.place ?? null, kind: found?.policy.kind ?? null, instance: true, ...shape };
}

function shapeOf([stamp, digests, era, gen, spent, ...more]) {
  if (more.length > 0 || !isStampNode(stamp) || (era && !isStampNode(era))) return null;
  const shape = { stamp: stamp.value, era: era?.value ?? null, gen: 0 };
  if (!digests) return { ...shape, form: 'dead' };
  if (digests.type === 'null') return era && !gen ? { ...shape, form: 'dead' } : null;
  if (digests.type !== 'string') return null;
  if (digests.value === '{}') return era ? null : { ...shape, form: 'empty' };
  if (!DIGESTS.test(digests.value) || (gen && !isGeneration(gen))) return null;
  if (spent && !isList(spent)) return null;
  return { ...shape, form: 'value', digests: digests.value.match(/.{4}/g), gen: Number(gen?.text ?? 0), spent: (spent?.value ?? '').slice(0, MOST * LENGTH) };
}

const isList = (node) => node.type === 'string' && DIGESTS.test(node.value);

const isStampNode = (node) => node?.type === 'string' && isStamp(node.value);

const isGeneration = (node) => node.type === 'number' && GENERATION.test(node.text) && Number.isSafeInteger(Number(node.text));

// Whether a register of its kind can have such an entry. A field with a policy
// of its own has an lww register for as long as that shows nothing.
export function fits({ kind, instance, form, digests, era, gen }) {
  if (kind === null || (instance && form !== 'value')) return false;
  if (gen > 0 && kind !== 'token') return false;
  if (kind === 'lww' || kind === 'group') return era === null && (kind === 'lww' || digests.length === 1);
  return form !== 'value' || digests.length === 1;
}
