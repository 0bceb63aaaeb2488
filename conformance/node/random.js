// Random questions, the same ones for the same seed. Domains are tiny, so that
// ties, type changes and registers above each other are common.

import { LENGTH, digest, spentDigest } from './digest.js';
import { canonical, literal } from './canonical.js';
import { callOf, nameOf, numbered, readName } from './element.js';
import { encode } from './encode.js';
import { parseLiteral } from './parse.js';
import { isPointer, placeOf, pointerOf } from './pointer.js';
import { fieldPolicy, readPolicies } from './policy.js';
import { compareKinds, hasEra, isByElement, isFieldKind, isGroupKind } from './register.js';
import { documentFrom } from './shapes.js';
import { LAST, ZERO } from './stamp.js';
import { view } from './view.js';
import { shownAt } from './write.js';

const KEYS = ['a', 'b', 'c', 'a', 'b', '', 'x/y', '~', 'é', '\ud800', '\uffff', '\ud83d\ude00', '10', '9'];
const NUMBERS = ['0', '-0', '1', '1.0', '10e-1', '1.5', '15e-1', '1e21', '1e22', '9007199254740993', '9007199254740992', '0.1000000000000000055', '0.1', '-3', '1e400', '1.5e-400', '123456789.25'];
const TIMES = ['"2026-01-02T03:04:05Z"', '"2026-01-02T04:04:05+01:00"', '"2026-01-02T03:04:05.50Z"', '"2026-01-02T03:04:05.5Z"', '"2026-02-30T00:00:00Z"', '"2026-01-02t03:04:05z"', '"2016-12-31T23:59:60Z"', '"2026-01-02T03:04:05-00:00"', '"2026-01-02 03:04:05Z"'];
const STRINGS = ['"x"', '"y"', '"\\u0078"', '""', '"\\ud800"', '"é"', '"\\u00e9"', '"<&>"', '"\\u007f\\u001f"', '"\\ud83d\\ude00"'];
const LEAVES = ['null', 'true', 'false', '{}', '{}', '[]', '[1]', '[1.0]', '[ 1 ]', '[{"b":1,"a":[]}]', '[0.1000000000000000055]'];
const ELEMENTS = ['1', '2', '"x"', '"y"', '1.0', '{}', '[]', 'null', '{"b":1}', '{"b":1.0}', '{"b":1,"c":2}', '{"b":"1"}', '{"b":"x"}', '{"b":"x","c":1}', '{"b":"x","c":2}', '{"b":"x"}', '{"c":"x"}', '{"":1}', '{ "c":2, "b":1 }', '{"b":9007199254740993}', '{"b":9007199254740992}', '{"b":1.5}', '{"b":null}', '{"b":"/~"}', '{"b":""}', '{"b":"\\ud800"}', '0.1', '0.1000000000000000055', '{"b":"x","c":0.1}', '{"b":"x","c":0.1000000000000000055}'];
const FIELD_KINDS = ['first', 'max', 'min', 'lww'];
const TABLES = [
  {},
  {},
  { g: { kind: 'group', at: ['a'], members: ['b', 'c'] } },
  { t: { kind: 'token', at: [], access: 'a', refresh: 'b', identity: 'c', secret: true } },
  { t: { kind: 'token', at: ['a', null], access: 'a', refresh: 'b', expiry: 'c', form: 's' } },
  { g: { kind: 'group', at: ['a'], members: ['b', 'c'] }, t: { kind: 'token', at: ['a'], access: 'a', members: ['b'] } },
  { '/a': { kind: 'max' }, '/b/c': { kind: 'first' } },
  { '[null,"b"]': { kind: 'min' }, '/a/b': { kind: 'max' }, '/c': { kind: 'lww', secret: true } },
  { '/b/b': { kind: 'first', local: true }, g: { kind: 'group', at: [null], members: ['a'] } },
  { '/a': { kind: 'set' } },
  { '/a': { kind: 'keyed', id: 'b' } },
  { '/a': { kind: 'keyed', id: 'c' }, '/b/c': { kind: 'keyed', id: 'b' } },
  { '/a/b': { kind: 'keyed', id: 'b' }, '/c': { kind: 'set' } },
  { '[null,"b"]': { kind: 'set' }, '/a/b': { kind: 'keyed', id: 'b' }, '/c/c': { kind: 'max' } },
];

export class Random {
  constructor(seed) {
    this.state = BigInt.asUintN(64, BigInt(seed));
  }

  // splitmix64, by Steele, Lea and Flood.
  next() {
    this.state = BigInt.asUintN(64, this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return Number((z ^ (z >> 31n)) & 0xffffffffn);
  }

  below = (n) => this.next() % n;
  chance = (percent) => this.below(100) < percent;
  pick = (list) => list[this.below(list.length)];
  times = (n, make) => Array.from({ length: this.below(n + 1) }, make);

  question() {
    const op = this.pick(['parse', 'parse', 'merge', 'view', 'view', 'encode', 'encode', 'adopt', 'adopt', 'adopt', 'write', 'write', 'write', 'forget', 'check', 'stamp']);
    return { op, input: op === 'stamp' ? this.stampQuestion() : this[op]() };
  }

  stamp = () => {
    if (this.chance(3)) return this.pick([ZERO, LAST, 'yzzzzzzzzzzzz00000001', '0zzzzzzzzzzzz00000002']);
    return `${this.pick('00001')}0000000000${this.below(4)}0${this.pick(['00000000', '00000001', '00000002'])}`.slice(0, 21);
  };

  // The op stamp shares its name with the stamps that it asks about.
  stampQuestion() {
    const [stamp, actor] = [this.stamp(), this.pick(['00000000', '00000001', 'zzzzzzzz'])];
    const broken = this.pick([stamp, stamp.slice(1), 'z' + stamp.slice(1), stamp.replace('0', 'I'), stamp.replace('0', 'u')]);
    return this.pick([{ parse: broken }, { compare: [stamp, this.stamp()] }, { next: stamp, actor }, { supersede: stamp, actor, clock: this.below(2 ** 31) }]);
  }

  key = () => this.pick(this.chance(80) ? KEYS.slice(0, 5) : KEYS);
  path = (depth = 3) => this.times(depth, this.key);
  leaf = () => this.pick(this.pick([NUMBERS, TIMES, STRINGS, LEAVES, ['1', '2']]));
  members = (make, n = 3) => `{${[...new Set(this.times(n, this.key))].map((key) => `${JSON.stringify(key)}:${make()}`)}}`;
  tuple = (keys) => `{${keys.filter(() => this.chance(60)).map((key) => `${JSON.stringify(key)}:${this.chance(90) ? this.leaf() : this.members(this.leaf)}`)}}`;

  // Policies must not be nested (SPEC section 9).
  policies = () => {
    const [one, other] = [this.pick(TABLES), this.pick(TABLES)];
    const both = { ...one, ...other };
    return this.chance(30) && !isNested(both) ? both : one;
  };

  document = (policy = this.policies(), n = 6) => {
    const at = {};
    this.times(n, () => this.register(policy, at));
    return { id: 'id', salt: 'salt', policy, at };
  };

  register(policy, at) {
    const groups = Object.keys(policy).filter((name) => isGroupKind(policy[name].kind));
    if (groups.length > 0 && this.chance(40)) return this.instance(this.pick(groups), policy, at);
    const fields = Object.keys(policy).filter((name) => isFieldKind(policy[name].kind));
    if (fields.length > 0 && this.chance(40)) return this.field(this.pick(fields), policy, at);
    const arrays = Object.keys(policy).filter((name) => isByElement(policy[name]));
    if (arrays.length > 0 && this.chance(60)) return this.array(arrays[0], policy, at);
    at[pointerOf(this.path())] = this.value('lww', this.leaf);
  }

  pointerFor(name) {
    return name.startsWith('[') ? pointerOf(JSON.parse(name).map((key) => key ?? this.key())) : name;
  }

  field(name, policy, at) {
    at[this.pointerFor(name)] = this.value(this.chance(90) ? policy[name].kind : this.pick(FIELD_KINDS), () => (this.chance(90) ? this.leaf() : this.members(this.leaf)));
  }

  // An array by element, with some elements that its order lists and some that it does not.
  array(name, policy, at) {
    const pointer = this.pointerFor(name);
    const { kind, id = '' } = this.chance(90) ? policy[name] : this.pick([{ kind: 'set' }, { kind: 'keyed', id: 'b' }, { kind: 'keyed', id: 'c' }]);
    const held = isByElement(at[pointer] ?? { kind: '' }) ? at[pointer] : null;
    const elements = this.times(4, () => parseLiteral(this.pick(ELEMENTS))).map((value) => ({ value, key: this.keyOf({ kind, id }, value) }));
    for (const { value, key } of elements) if (this.chance(85)) at[nameOf(pointer, key)] = this.element(kind, value);
    if (held === null && this.chance(80)) at[pointer] = this.arrayRegister(kind, id, elements.map(({ key }) => key));
  }

  keyOf(policy, value) {
    return numbered(callOf(policy, value), policy.kind === 'keyed' && this.chance(20) ? 1 + this.below(2) : 0);
  }

  element(kind, value) {
    const register = { policy: kind, stamp: this.stamp() };
    return this.chance(20) ? { ...register, dead: true } : { ...register, value: value.text };
  }

  arrayRegister(kind, id, keys) {
    const order = [...new Set(keys)].filter(() => this.chance(80));
    if (this.chance(10)) order.push(this.pick(['"x"', '["AAAAAAAAAAAAAAAA"]', '["b",1]', '["c",1]', '["b","x",1]', '[]', '["b",1.0]', '[ "b", 1 ]', order[0] ?? '7']));
    const register = this.value('max', () => (this.chance(80) ? `[${order}]` : this.pick(['7', '"x"', '{}', '{"a":1}', 'null'])));
    return { ...register, policy: kind, stamp: this.stamp(), ...(kind === 'keyed' && id ? { id } : {}) };
  }

  instance(name, policy, at) {
    const { kind, at: pattern, members = [], access, refresh, expiry, identity } = policy[name];
    const keys = [access, refresh, expiry, identity, ...members].filter(Boolean);
    at[name + pointerOf(pattern.filter((key) => key === null).map(this.key))] = this.value(kind, () => this.tuple(keys));
  }

  value(kind, make) {
    const register = { stamp: this.stamp() };
    if (kind !== 'lww') register.policy = kind;
    if (hasEra(kind) && this.chance(40)) register.era = this.stamp();
    if (kind === 'token') register.gen = this.below(3);
    if (kind === 'token' && this.chance(30)) register.spent = this.spent(() => this.leaf());
    for (const name of ['era', 'gen']) if (register[name] === 0 || register[name] === ZERO) delete register[name];
    return !isGroupKind(kind) && this.chance(30) ? { ...register, dead: true } : { ...register, value: make() };
  }

  // The list of what a token has superseded (3.10), or of what it might have.
  spent(secret) {
    const digests = this.times(8, () => spentDigest('salt', canonical(parseLiteral(secret()))).slice(0, LENGTH));
    return digests.join('') || undefined;
  }

  // What a document's file says, with edits by hand.
  file = (document) => this.edited(encode(documentFrom(document)));

  edited = (text) => {
    const root = JSON.parse(text);
    const { $cfgmerge: block, ...shown } = root;
    const steps = this.chance(50) ? this.times(3, () => 0).length : 0;
    let value = steps === 0 ? text.slice(1, text.lastIndexOf('"$cfgmerge"')).replace(/,$/, '') : null;
    if (value === null) value = this.rewritten(parseLiteral(text), steps).replace(/^\{|\}$/g, '');
    return `{${[value, `"$cfgmerge":${JSON.stringify(this.mangled(block))}`].filter(Boolean)}}`;
  };

  // The members of an object without the block, some changed, removed or added.
  rewritten(value, changes) {
    const rate = Math.min(60, 12 * changes);
    const parts = [];
    for (const [key, member] of value.members) {
      if (key === '$cfgmerge' || this.chance(rate / 3)) continue;
      const nested = member.type === 'object' && member.members.size > 0 && !this.chance(5);
      if (member.type === 'array' && this.chance(2 * rate)) parts.push(`${JSON.stringify(key)}:${this.rewrittenArray(member)}`);
      else parts.push(`${JSON.stringify(key)}:${nested ? this.rewritten(member, changes) : this.chance(rate) ? this.leaf() : member.text}`);
    }
    const key = this.key();
    if (this.chance(rate) && !value.members.has(key)) parts.push(`${JSON.stringify(key)}:${this.chance(70) ? this.leaf() : this.members(this.leaf)}`);
    return `{${parts}}`;
  }

  // An array with elements moved, removed, added or changed.
  rewrittenArray({ items }) {
    const texts = items.map(({ text }) => text);
    for (let n = 1 + this.below(2); n > 0; n--) {
      const at = this.below(texts.length + 1);
      const [moved] = this.chance(70) ? texts.splice(at, 1) : [];
      if (moved === undefined || this.chance(30)) texts.splice(this.below(texts.length + 1), 0, this.pick(ELEMENTS));
      else if (this.chance(60)) texts.splice(this.below(texts.length + 1), 0, moved);
    }
    return `[${texts}]`;
  }

  mangled(block) {
    if (this.chance(85)) return block;
    const key = this.pick([...Object.keys(block.at), pointerOf(this.path()), this.pick(['/a~["b",1]', '/a~["b",1.0]', '~["b",1]', '/a/b~["b","x",1]', '/c~["AAAAAAAAAAAAAAAA"]', '/a~["b",1,0]'])]);
    const stamp = this.stamp();
    const entry = this.pick([[stamp], [stamp, '{}'], [stamp, 'abcd'], [stamp, 'abcdefgh'], [stamp, ''], [stamp, 'abc'], [stamp, null, stamp], [stamp, null], [stamp, 'abcd', stamp], [stamp, 'abcd', stamp, 1], [stamp, 'abcd', stamp, 0], [stamp, 'abcd', stamp, 1.5], [], 'x', null, [stamp, '{}', stamp], [stamp.toUpperCase() + 'z'], [stamp, 'abcd', stamp, [1]], [stamp, 'abcdabcd', stamp, [['b', 1], 1, 'x', -1, ['c', 1]]], [stamp, null, stamp, []], [stamp, 'abcd', stamp, [], 1]]);
    return { ...block, at: { ...block.at, [key]: entry } };
  }


  parse = () => ({ text: this.chance(60) ? this.file(this.document()) : this.text() });
  view = () => ({ document: this.document() });
  encode = () => ({ document: this.document() });
  check = () => ({ text: this.chance(20) ? this.file(this.document()) : this.text() });

  merge() {
    const documents = [this.document(), ...this.times(2, () => this.document())];
    if (this.chance(10)) documents[0].id = this.pick(['', 'other']);
    if (this.chance(10)) documents[0].salt = this.pick(['', 'pepper']);
    return { documents };
  }

  // A text that may be damaged, in bytes.
  text() {
    const bytes = Buffer.from(this.members(() => this.nested(3)));
    for (let n = this.below(3); n > 0 && bytes.length > 0; n--) bytes[this.below(bytes.length)] = this.pick([...Buffer.from('{}[]":,\\/u0e-+.1 \n<tfn'), 0, 0xff, 0xc3, 0xed, 0xa0, 0x80]);
    const parts = [bytes, ...this.times(1, () => Buffer.from(this.pick(['', ' ', '\n', '}', '\0\0', 'x', '\n<<<<<<< a', '\n=======\n', ',']))), ];
    let all = Buffer.concat(parts);
    if (this.chance(20)) all = all.subarray(0, this.below(all.length + 1));
    return { base64: all.toString('base64') };
  }

  nested(depth) {
    if (depth === 0 || this.chance(40)) return this.leaf();
    return this.chance(60) ? this.members(() => this.nested(depth - 1)) : `[${this.times(3, () => this.nested(depth - 1))}]`;
  }

  adopt() {
    return this.chance(40) ? this.stale() : this.found();
  }

  // A program without a block rewrites what it had loaded some steps ago.
  stale() {
    const policy = this.chance(50) ? {} : { t: { kind: 'token', at: ['t'], access: 'a', refresh: 'b', identity: 'c' }, '/m': { kind: 'max' } };
    const now = 1 + this.below(40);
    const leaves = ['/a', '/b', '/c', '/o/d', '/o/e', ...(policy.t ? ['t', '/m'] : [])].map((key) => this.life(key, policy, now));
    const at = Object.fromEntries(leaves.filter(({ current }) => current !== null).map(({ key, kind, current }) => [key, { stamp: this.stamp(), ...(kind === 'lww' ? {} : { policy: kind }), value: current }]));
    const past = Object.fromEntries(leaves.filter(({ versions }) => versions.length > 0).map((life) => [life.key, remembered(life)]));
    const vocabularies = this.times(2, () => leaves.filter(this.chance(60) ? () => true : () => this.chance(85)).flatMap(({ key }) => (key === 't' ? ['/t/a', '/t/b'] : [key])).map((key) => digest('salt', key, '')).join(''));
    const spent = policy.t ? this.times(2, () => spentDigest('salt', canonical(parseLiteral(this.token())))) : [];
    if (at.t && this.chance(50)) at.t.spent = this.spent(this.token);
    return { ours: { id: 'id', salt: 'salt', policy, at }, history: { now, past, vocabularies, spent }, file: this.rewrite(leaves, this.below(now + 1)) };
  }

  token = () => this.pick(['"t1"', '"t2"', '"t3"', '"t4"', '"t5"', '"t6"']);

  // What a key had, with the steps at which that was superseded.
  life(key, policy, now) {
    const kind = key === 't' ? 'token' : key === '/m' ? 'max' : 'lww';
    const make = kind === 'token' ? () => `{"a":${this.token()},"b":${this.token()}}` : () => (this.chance(10) ? null : this.pick(['1', '2', '3', '"x"', '"y"', '{}', '0.1', '0.1000000000000000055']));
    const ends = Array.from({ length: now }, (_, step) => step + 1).filter(() => this.chance(30));
    return { key, kind, versions: ends.map((end) => ({ end, value: make() })), current: kind === 'lww' ? make() : make() ?? '1' };
  }

  rewrite(leaves, step) {
    const members = { o: {} };
    for (const { key, versions, current } of leaves) {
      const value = this.chance(15) ? this.pick(['1', '2', '"new"']) : versions.find(({ end }) => step < end)?.value ?? current;
      if (value === null || this.chance(10)) continue;
      if (key.startsWith('/o/')) members.o[key.slice(3)] = value;
      else members[key.replace('/', '')] = value;
    }
    if (Object.keys(members.o).length === 0 && this.chance(60)) delete members.o;
    const object = (all) => `{${Object.entries(all).map(([key, value]) => `"${key}":${typeof value === 'string' ? value : object(value)}`)}}`;
    return object(members);
  }

  write() {
    const policy = this.policies();
    const document = this.stateOf(policy);
    const shown = { shows: view(documentFrom(document)) };
    const places = [this.place(policy), ...this.times(2, () => this.place(policy))].filter((place, i, all) => all.every((other, j) => j >= i || !isAtOrAbove(place, other)));
    return { document, actor: this.pick(['00000000', '00000001', '00000001', 'zzzzzzzz']), clock: this.pick([0, 1, 5, 2 ** 31]), changes: places.map((place) => this.change(place, shownAt(shown, place))) };
  }

  // Elements that change in part have no white space.
  stateOf(policy) {
    const document = this.document(policy, 8);
    for (const held of Object.values(document.at)) if (held.value) held.value = held.value.replaceAll('{ "c":2, "b":1 }', '{"c":2,"b":1}');
    return this.chance(90) ? withoutGreater(document) : document;
  }

  place(policy) {
    const names = Object.keys(policy).filter((name) => !policy[name].at);
    if (names.length > 0 && this.chance(50)) return placeOf(this.pointerFor(this.pick(names)));
    return this.chance(5) ? ['$cfgmerge'] : this.path();
  }

  change(place, shown) {
    const change = { at: pointerOf(place) };
    if (this.chance(75)) change.value = this.chance(50) ? this.varied(shown) : this.wanted(2);
    if (this.chance(40)) change.was = this.varied(shown);
    return change;
  }

  wanted(depth) {
    if (depth > 0 && this.chance(40)) return this.members(() => this.wanted(depth - 1));
    return this.chance(40) ? `[${this.times(3, () => this.pick(ELEMENTS).replaceAll(' ', ''))}]` : this.leaf();
  }

  // What a place shows, or something like it.
  varied(shown) {
    if (shown === null || this.chance(5)) return this.wanted(1);
    if (shown.type === 'array') return this.chance(70) ? this.rewrittenArray(shown).replaceAll(' ', '') : shown.text;
    if (shown.type !== 'object') return this.chance(50) ? this.leaf() : literal(shown);
    const kept = [...shown.members].filter(() => this.chance(85)).map(([key, member]) => `${JSON.stringify(key)}:${this.varied(member)}`);
    const key = this.key();
    if (this.chance(30) && !shown.members.has(key)) kept.push(`${JSON.stringify(key)}:${this.wanted(1)}`);
    return `{${kept}}`;
  }

  forget() {
    return { document: this.stateOf(this.policies()), horizon: this.pick([LAST, this.stamp(), '0000000000020000000001']).slice(0, 21) };
  }

  found() {
    const policy = this.policies();
    const ours = withoutGreater(this.document(policy));
    delete ours.at['']; // what is written to the root is no question of adoption
    const input = { file: this.fileBeside(ours, policy) };
    if (this.chance(90)) input.ours = ours;
    if (this.chance(60)) input.history = this.history(ours);
    return input;
  }

  // What another program may declare: not of groups, which claim each other's members.
  besides(policy) {
    const other = this.policies();
    const isGroup = Object.values({ ...policy, ...other }).some(({ kind }) => isGroupKind(kind));
    return isGroup || isNested({ ...policy, ...other }) ? policy : other;
  }

  fileBeside(ours, policy) {
    const other = withoutGreater(this.document(this.chance(90) ? policy : this.besides(policy), 3));
    if (this.chance(5)) other.id = 'jd';
    const theirs = withoutGreater({ ...other, at: this.chance(70) ? { ...(this.chance(80) ? ours.at : {}), ...other.at } : ours.at });
    const text = this.file(theirs);
    return this.chance(50) ? text : this.withoutBlock(text);
  }

  withoutBlock(text) {
    const root = parseLiteral(text);
    return `{${[...root.members].filter(([key]) => key !== '$cfgmerge').map(([key, member]) => `${JSON.stringify(key)}:${member.text}`)}}`;
  }

  // Superseded versions of what a document has, with steps that ascend.
  history({ salt, policy, at }) {
    const now = this.below(6);
    const past = {};
    for (const key of Object.keys(at)) if (this.chance(70)) past[key] = this.versions(salt, key, now);
    return { now, past, vocabularies: [] };
  }

  versions(salt, key, now) {
    const steps = Array.from({ length: now }, (_, step) => step + 1).filter(() => this.chance(60));
    return steps.map((step) => `000000${step}` + (this.chance(20) ? '' : digest(salt, key, canonical(parseLiteral(isPointer(key) ? this.leaf() : this.pick([...ELEMENTS, ...NUMBERS]))))));
  }
}

const isAtOrAbove = (a, b) => a.every((key, i) => i >= b.length || key === b[i]);

// A file tells the kinds of registers by its policies: no writer makes one of a
// greater kind.
export function withoutGreater(document) {
  const policies = readPolicies(document.policy);
  const isGreater = ([name, { policy, id = '' }]) => {
    const { pointer, key } = readName(name) ?? { pointer: name, key: { kind: policy ?? 'lww', id } };
    return isPointer(pointer) && compareKinds(key, fieldPolicy(policies, placeOf(pointer))) > 0;
  };
  return { ...document, at: Object.fromEntries(Object.entries(document.at).filter((entry) => !isGreater(entry))) };
}

// The last 16 versions, and when the one before was superseded (SPEC section 6).
function remembered({ key, versions }) {
  return versions.slice(-17).map(({ end, value }) => stepText(end) + (value === null ? '' : digest('salt', key, canonical(parseLiteral(value)))));
}

function stepText(step) {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  return `00000${digits[step >> 5]}${digits[step & 31]}`;
}

// Whether the places of two policies may be above, below or at each other.
function isNested(policies) {
  const places = Object.entries(policies).flatMap(([name, policy]) => placesOf(name, policy).map((place) => ({ name, place })));
  return places.some((a) => places.some((b) => a.name !== b.name && overlaps(a, b, policies)));
}

function placesOf(name, { at, members = [], access, refresh, expiry, identity }) {
  if (!at) return [name.startsWith('[') ? JSON.parse(name) : name.split('/').slice(1)];
  return [access, refresh, expiry, identity, ...members].filter(Boolean).map((key) => [...at, key]);
}

// Members of two groups of one object, and fields of one place, may be the same.
function overlaps(a, b, policies) {
  const together = (policies[a.name].at && policies[b.name].at) || (!policies[a.name].at && !policies[b.name].at);
  if (a.place.length === b.place.length && together) return false;
  return a.place.every((key, i) => i >= b.place.length || key === null || b.place[i] === null || key === b.place[i]);
}
