// Policies: what the block says of them, which one a place has, and the
// instances of groups (SPEC sections 3.4 and 4.2).

import { canonicalString } from './canonical.js';
import { escaped, isPointer, placeOf, pointerOf, unescaped } from './pointer.js';
import { compareKinds, isGroupKind, isKind, rank } from './register.js';
import { compareText } from './unicode.js';

const GROUP_NAME = /^[a-z][a-z0-9_-]*$/;
const ROLES = ['access', 'refresh', 'expiry', 'identity'];
const FORMS = ['rfc3339', 's', 'ms'];
const FLAGS = ['secret', 'local'];

// A table from the block's JSON; what makes no sense is left out.
export function readPolicies(json) {
  const policies = isObject(json) ? Object.entries(json).map(([name, entry]) => isObject(entry) && readPolicy(name, entry)) : [];
  return new Map(policies.filter(Boolean).map((policy) => [policy.name, policy]));
}

const isObject = (json) => typeof json === 'object' && json !== null && !Array.isArray(json);

function readPolicy(name, entry) {
  if (!isKind(entry.kind)) return null;
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, entry[flag] === true]));
  const policy = GROUP_NAME.test(name) ? readGroup(entry) : readField(name, entry);
  return policy && { name, kind: entry.kind, form: '', id: '', roles: {}, members: new Set(), ...policy, ...flags };
}

function readGroup(entry) {
  if (!isGroupKind(entry.kind) || !isPattern(entry.at)) return null;
  const roles = Object.fromEntries(ROLES.filter((role) => role in entry).map((role) => [role, entry[role]]));
  const members = entry.members ?? [];
  if (!isStrings(Object.values(roles)) || !Array.isArray(members) || !isStrings(members)) return null;
  const form = entry.form ?? '';
  if (form !== '' && !FORMS.includes(form)) return null;
  const all = new Set([...Object.values(roles), ...members]);
  return all.size > 0 && { pattern: entry.at, roles, form, members: all };
}

function readField(name, entry) {
  const pattern = fieldPattern(name);
  if (!pattern?.length || isGroupKind(entry.kind)) return null;
  if (entry.kind !== 'keyed') return { pattern };
  return typeof entry.id === 'string' && entry.id !== '' && { pattern, id: entry.id };
}

const isStrings = (list) => list.every((item) => typeof item === 'string');

const isPattern = (at) => Array.isArray(at) && isStrings(at.filter((key) => key !== null));

// A field's pattern is named by its pointer or, if it has a null, by its JSON.
function fieldPattern(name) {
  if (isPointer(name)) return placeOf(name);
  try {
    const pattern = JSON.parse(name);
    return isPattern(pattern) && pattern.includes(null) && patternText(pattern) === name ? pattern : null;
  } catch {
    return null;
  }
}

export const patternText = (pattern) => `[${pattern.map((key) => (key === null ? 'null' : canonicalString(key)))}]`;

// The table as the block has it, members in the block's order.
export function writePolicies(table) {
  const sorted = [...table.values()].sort((a, b) => compareText(a.name, b.name));
  return Object.fromEntries(sorted.map((policy) => [policy.name, written(policy)]));
}

function written(policy) {
  const { kind, pattern, roles, form, members, id } = policy;
  const entry = { kind };
  if (isGroupKind(kind)) {
    const others = [...members].filter((key) => !Object.values(roles).includes(key)).sort(compareText);
    Object.assign(entry, { at: pattern }, roles);
    if (form) entry.form = form;
    if (others.length > 0) entry.members = others;
  }
  if (id) entry.id = id;
  for (const flag of FLAGS) if (policy[flag]) entry[flag] = true;
  return entry;
}

// Of two policies of one name the greater stays, with the members of both and
// the flags of either (3.3 rule 3).
export function mergePolicies(a, b) {
  const stays = comparePolicies(a, b) >= 0 ? a : b;
  const flags = Object.fromEntries(FLAGS.map((flag) => [flag, a[flag] || b[flag]]));
  return { ...stays, ...flags, members: new Set([...a.members, ...b.members]) };
}

function comparePolicies(a, b) {
  return (
    rank(a.kind) - rank(b.kind) ||
    comparePatterns(a.pattern, b.pattern) ||
    ROLES.reduce((order, role) => order || compareText(a.roles[role] ?? '', b.roles[role] ?? ''), 0) ||
    compareText(a.form, b.form) ||
    compareText(a.id, b.id)
  );
}

// Key by key, null after any key, and a longer pattern after one that it begins with.
function comparePatterns(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = Number(a[i] === null) - Number(b[i] === null) || compareText(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const matches = (pattern, place) =>
  pattern.length === place.length && pattern.every((key, i) => key === null || key === place[i]);

const LWW = { kind: 'lww', id: '' };

// The policy of a field: that of the highest rank whose pattern matches (3.4 rule 1).
export function fieldPolicy(table, place) {
  let best = LWW;
  for (const policy of table.values()) {
    if (isGroupKind(policy.kind) || !matches(policy.pattern, place)) continue;
    if (compareKinds(policy, best) > 0) best = policy;
  }
  return { kind: best.kind, id: best.id };
}

// Whether a member of a group is a secret: by its role, its group or a policy of
// its own (section 5 rule 4).
export function isSecretMember(table, { kind, secret, roles }, path, key) {
  if (secret || (kind === 'token' && (roles.access === key || roles.refresh === key))) return true;
  return [...table.values()].some((policy) => !isGroupKind(policy.kind) && policy.secret && matches(policy.pattern, [...path, key]));
}

// The groups declared for the object at a place, in the order in which they
// claim members, with what each of them owns (3.4 rules 2 and 3).
export function groupsAt(table, place) {
  const groups = [...table.values()].filter((policy) => isGroupKind(policy.kind) && matches(policy.pattern, place));
  return claims(groups.map((policy) => ({ policy, instance: instanceName(policy, place) })));
}

// Groups of one object, ordered and with what is left to each of them.
export function claims(groups) {
  const claimed = new Set();
  const ordered = [...groups].sort((a, b) => rank(b.policy.kind) - rank(a.policy.kind) || compareText(a.policy.name, b.policy.name));
  return ordered.map((group) => {
    const owned = new Set([...group.policy.members].filter((key) => !claimed.has(key)));
    for (const key of owned) claimed.add(key);
    return { ...group, owned };
  });
}

function instanceName(policy, place) {
  const keys = place.filter((_, i) => policy.pattern[i] === null);
  return policy.name + pointerOf(keys);
}

export const isInstanceName = (key) => GROUP_NAME.test(key.split('/')[0]) && isPointer(key.slice(key.split('/')[0].length));

// The group and the object that an instance's name stands for, or null.
export function instanceOf(table, key) {
  const [name, ...tokens] = key.split('/');
  const policy = table.get(name);
  if (!policy || !isGroupKind(policy.kind)) return null;
  const keys = tokens.map(unescaped);
  if (keys.length !== policy.pattern.filter((part) => part === null).length) return null;
  if (key !== [name, ...keys.map(escaped)].join('/')) return null;
  return { policy, place: policy.pattern.map((part) => (part === null ? keys.shift() : part)) };
}

// The unit that a place is part of: a tuple, or a field with a policy of its own.
// Null if it is neither.
export function unitAt(policies, path) {
  for (let length = 0; length <= path.length; length++) {
    const at = path.slice(0, length);
    const { kind, id } = fieldPolicy(policies, at);
    if (kind !== 'lww') return { key: pointerOf(at), path: at, kind, id };
    const group = groupsAt(policies, at).find(({ owned }) => owned.has(path[length]));
    if (group) return { key: group.instance, path: at, kind: group.policy.kind, policy: group.policy };
  }
  return null;
}
