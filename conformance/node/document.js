// Documents and their merge (SPEC sections 3 and 3.3).

import { readName } from './element.js';
import { mergePolicies } from './policy.js';
import { compareKinds, greater } from './register.js';
import { compareText } from './unicode.js';

export function newDocument(id = '', salt = '') {
  return { id, salt, policies: new Map(), registers: new Map() };
}

export function copyOf(document) {
  return { ...document, policies: new Map(document.policies), registers: new Map(document.registers) };
}

export function merge(a, b) {
  return settled({
    ...identity(a, b),
    policies: united(a.policies, b.policies, mergePolicies),
    registers: united(a.registers, b.registers, greater),
  });
}

// The document without registers that stand where elements make the array an
// unwritten one of a greater kind (3.9 rule 4).
export function settled(document) {
  const registers = new Map(document.registers);
  for (const name of document.registers.keys()) {
    const { pointer, key } = readName(name) ?? {};
    const array = registers.get(pointer);
    if (array && compareKinds(array, key) < 0) registers.delete(pointer);
  }
  return { ...document, registers };
}

// No id is greater than any, and so is no salt.
function identity(a, b) {
  const compare = (x, y) => Number(x === '') - Number(y === '') || compareText(x, y);
  const order = compare(a.id, b.id) || compare(a.salt, b.salt);
  const { id, salt } = order <= 0 ? a : b;
  return { id, salt };
}

function united(a, b, choose) {
  const all = new Map(a);
  for (const [key, theirs] of b) all.set(key, all.has(key) ? choose(all.get(key), theirs) : theirs);
  return all;
}
