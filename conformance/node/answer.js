// The answers to the questions of conformance/README.md, op by op.

import { adopt } from './adopt.js';
import { check } from './check.js';
import { Damage } from './damage.js';
import { decode, takeApart } from './decode.js';
import { merge } from './document.js';
import { encode } from './encode.js';
import { parseFile, parseLiteral } from './parse.js';
import { bytesFrom, documentFrom, documentOut, sorted } from './shapes.js';
import { compareStamps, fieldsOf, isStamp, stampOf, successor, writeStamp } from './stamp.js';
import { literal } from './canonical.js';
import { forget } from './forget.js';
import { placeOf } from './pointer.js';
import { view } from './view.js';
import { Refused, write } from './write.js';

const STAMPS = {
  parse: ({ parse }) => (isStamp(parse) ? fieldsOf(parse) : fail('malformed')),
  format: ({ format }) => ({ stamp: stampOf(format) }),
  compare: ({ compare: [a, b] }) => ({ order: compareStamps(a, b) }),
  next: ({ next, actor }) => ({ stamp: successor(next, actor) }),
  supersede: ({ supersede, actor, clock }) => ({ stamp: writeStamp(supersede, actor, clock) }),
};

const ANSWERS = {
  stamp: (input) => STAMPS[Object.keys(STAMPS).find((question) => question in input)](input),
  parse: ({ text, limits }) => parse(bytesFrom(text), limits),
  merge: ({ documents }) => ({ document: documentOut(documents.map(documentFrom).reduce(merge)) }),
  view: ({ document }) => ({ view: literal(view(documentFrom(document))) }),
  encode: ({ document }) => ({ text: encode(documentFrom(document)) }),
  adopt: ({ ours, history, file }) => adopted(adopt(ours && documentFrom(ours), history, bytesFrom(file))),
  write: ({ document, actor, clock, changes }) => ({ document: documentOut(write(documentFrom(document), actor, clock, changes.map(changeFrom))) }),
  forget: ({ document, horizon }) => ({ document: documentOut(forget(documentFrom(document), horizon)) }),
  check: ({ text, limits }) => ({ findings: check(bytesFrom(text), limits) }),
};

export function answer({ id, op, input }) {
  if (!Object.hasOwn(ANSWERS, op)) return { id, skip: `no such operation: ${op}` };
  try {
    return { id, result: ANSWERS[op](input) };
  } catch (error) {
    if (error instanceof Damage || error instanceof Refused) return { id, error: { class: error.code } };
    throw error;
  }
}

function changeFrom({ at, value, was }) {
  const [wanted, taken] = [value, was].map((text) => (text === undefined ? null : parseLiteral(text)));
  return { path: placeOf(at), value: wanted, was: taken };
}

function fail(code) {
  throw new Damage(code);
}

function parse(bytes, limits) {
  const { shown, found, block } = takeApart(parseFile(bytes, limits));
  const { document, malformed, edits, removed, removedObjects } = decode(shown, block);
  return {
    block: block ? 'intact' : found ? 'damaged' : 'absent',
    document: documentOut(document),
    view: literal(shown),
    malformed: sorted(malformed),
    edits: block ? sorted(edits.filter(({ order }) => !order).map(({ key }) => key)) : [],
    removed: sorted([...removed.map(({ key }) => key), ...removedObjects.keys()]),
  };
}

// The new state is told as its own encoding says it.
function adopted({ document, adopted, rejected }) {
  const { shown, block } = takeApart(parseFile(Buffer.from(encode(document))));
  return { document: documentOut(decode(shown, block).document), adopted: sorted(adopted), rejected: sorted(rejected) };
}
