// The laws that SPEC.md states, on random documents.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { literal } from './canonical.js';
import { decode, takeApart } from './decode.js';
import { merge } from './document.js';
import { encode } from './encode.js';
import { parseFile } from './parse.js';
import { Random, withoutGreater } from './random.js';
import { documentFrom, documentOut } from './shapes.js';
import { lift, view } from './view.js';

const CASES = Number(process.env.CASES ?? 500);

function forAll(claim) {
  for (let seed = 0; seed < CASES; seed++) {
    const random = new Random(seed);
    const policy = random.policies();
    const documents = [1, 2, 3].map(() => documentFrom(withoutGreater(random.document(policy))));
    claim(documents, `seed ${seed}`);
  }
}

const reread = (document) => {
  const { shown, block } = takeApart(parseFile(Buffer.from(encode(document))));
  return decode(shown, block);
};

test('merging is commutative, associative and idempotent', () => {
  forAll(([a, b, c], seed) => {
    assert.deepEqual(documentOut(merge(a, b)), documentOut(merge(b, a)), seed);
    assert.deepEqual(documentOut(merge(merge(a, b), c)), documentOut(merge(a, merge(b, c))), seed);
    assert.deepEqual(documentOut(merge(a, a)), documentOut(a), seed);
  });
});

test('a file says as much as the state that it was written from', () => {
  forAll(([unlifted, b], seed) => {
    const a = lift(unlifted);
    const shown = literal(view(merge(a, b)));
    assert.equal(literal(view(merge(reread(a).document, b))), shown, seed);
  });
});

test('a block vouches for all that its own text shows', () => {
  forAll(([a], seed) => {
    const { edits, removed, lost, malformed } = reread(a);
    assert.deepEqual({ edits, removed, lost, malformed }, { edits: [], removed: [], lost: [], malformed: [] }, seed);
  });
});

test('encoding what was decoded changes nothing', () => {
  forAll(([a], seed) => assert.equal(encode(reread(a).document), encode(a), seed));
});
