// What a folder remembers of superseded values (SPEC sections 5.1 and 6).

import { split } from './digest.js';

const KEPT = 16;
const STEP = 7;
const SHOWN = '!';
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const stepOf = (text) => [...text].reduce((step, character) => step * 32 + ALPHABET.indexOf(character), 0);

// Of each key the versions that it had, oldest first: the digest ('' for
// nothing) and the step at which it was superseded. Since says from which step
// on they are known. Shown are values that files only showed, and at which steps.
export function readHistory({ now = 0, past = {}, vocabularies = [], spent = [] } = {}) {
  return {
    now,
    past: new Map(Object.entries(past).map(([key, versions]) => [key, readVersions(versions)])),
    vocabularies: vocabularies.map((digests) => new Set(split(digests))),
    spent: new Set(spent),
  };
}

function readVersions(texts) {
  const isShown = (text) => text.endsWith(SHOWN);
  const shown = texts.filter(isShown).map((text) => ({ step: stepOf(text.slice(0, STEP)), digest: text.slice(STEP, -SHOWN.length) }));
  const versions = texts.filter((text) => !isShown(text)).map((text) => ({ end: stepOf(text.slice(0, STEP)), digest: text.slice(STEP) }));
  if (versions.length <= KEPT) return { since: 0, versions, shown };
  return { since: versions.at(-KEPT - 1).end, versions: versions.slice(-KEPT), shown };
}

export const NEVER = { since: 0, versions: [], shown: [] };

// The version that was current at a step: null for the present one, undefined if
// that is forgotten.
export function versionAt({ since, versions }, step) {
  return step < since ? undefined : versions.find(({ end }) => step < end) ?? null;
}
