// The units of a text under a table of policies: leaves, fields with a policy of
// their own, and tuples (SPEC sections 1 and 3.4).

import { pointerOf } from './pointer.js';
import { fieldKind, groupsAt } from './policy.js';
import { isEmptyObject, objectOf } from './view.js';

// A unit has a key, a path (of a tuple: of its object) and a value; kind is lww
// for leaves, and a tuple has its policy.
export function* unitsOf(policies, value, path = []) {
  const taken = new Set();
  for (const { policy, owned, instance } of groupsAt(policies, path)) {
    const members = new Map([...value.members].filter(([key]) => owned.has(key)));
    for (const key of owned) taken.add(key);
    if (members.size > 0) yield { key: instance, path, value: objectOf(members), kind: policy.kind, policy };
  }
  for (const [key, member] of value.members) if (!taken.has(key)) yield* unitsAt(policies, member, [...path, key]);
}

function* unitsAt(policies, value, path) {
  const kind = fieldKind(policies, path);
  if (kind === 'lww' && value.type === 'object' && !isEmptyObject(value)) yield* unitsOf(policies, value, path);
  else yield { key: pointerOf(path), path, value, kind };
}
