// The units of a text under a table of policies: leaves, fields with a policy of
// their own, tuples, and the elements and the order of arrays by element (SPEC
// sections 1, 3.4 and 5 rule 6).

import { keyed, nameOf } from './element.js';
import { pointerOf } from './pointer.js';
import { fieldPolicy, groupsAt } from './policy.js';
import { isByElement } from './register.js';
import { isEmptyObject, objectOf } from './view.js';

// Elements as they get their keys where none are known.
const unknown = (path, { items }, policy) => ({ array: policy, elements: keyed(policy, items, [], () => false) });

// A unit has a key, a path (of a tuple: of its object; of an element: of its
// array) and a value; kind is lww for leaves, a tuple has its policy, an element
// is marked, and an array has the keys of its elements as its order. ElementsOf
// gives the elements at a path their keys.
export function* unitsOf(policies, value, elementsOf = unknown, path = []) {
  const taken = new Set();
  for (const { policy, owned, instance } of groupsAt(policies, path)) {
    const members = new Map([...value.members].filter(([key]) => owned.has(key)));
    for (const key of owned) taken.add(key);
    if (members.size > 0) yield { key: instance, path, value: objectOf(members), kind: policy.kind, policy };
  }
  for (const [key, member] of value.members) if (!taken.has(key)) yield* unitsAt(policies, member, elementsOf, [...path, key]);
}

function* unitsAt(policies, value, elementsOf, path) {
  const policy = fieldPolicy(policies, path);
  if (policy.kind === 'lww' && value.type === 'object' && !isEmptyObject(value)) yield* unitsOf(policies, value, elementsOf, path);
  else if (isByElement(policy) && value.type === 'array') yield* unitsIn(path, value, elementsOf(path, value, policy));
  else yield { key: pointerOf(path), path, value, ...policy };
}

function* unitsIn(path, value, { array: { kind, id }, elements }) {
  const pointer = pointerOf(path);
  for (const element of elements) yield { key: nameOf(pointer, element.key), path, value: element.value, kind, id, isElement: true };
  yield { key: pointer, path, value, kind, id, order: elements.map(({ key }) => key) };
}
