// The shapes of conformance/README.md: texts, documents and lists of keys.

import { literal } from './canonical.js';
import { ordered } from './array.js';
import { decode, takeApart } from './decode.js';
import { settled } from './document.js';
import { readName } from './element.js';
import { parseFile, parseLiteral } from './parse.js';
import { readPolicies, writePolicies } from './policy.js';
import { register } from './register.js';
import { ZERO } from './stamp.js';
import { bytesOf, compareText } from './unicode.js';

export const bytesFrom = (text) => (typeof text === 'string' ? bytesOf(text) : Buffer.from(text.base64, 'base64'));

export function documentFrom({ text, id = '', salt = '', policy = {}, at = {} }) {
  if (text !== undefined) {
    const { shown, block } = takeApart(parseFile(bytesFrom(text)));
    return decode(shown, block).document;
  }
  const registers = new Map(Object.entries(at).map(([key, entry]) => [key, registerFrom(key, entry)]));
  return settled({ id, salt, policies: readPolicies(policy), registers });
}

// The kind of an element's register is what its key tells (3.9 rule 2).
function registerFrom(key, { policy = 'lww', id = '', stamp, era = ZERO, gen = 0, spent, value }) {
  const written = value === undefined ? null : parseLiteral(value);
  const element = readName(key);
  if (element) return register(element.key.kind, stamp, written);
  return ordered({ ...register(policy, stamp, written, era, gen, id), ...(spent && { spent }) });
}

// What has its default is left out.
export function documentOut({ id, salt, policies, registers }) {
  const out = {};
  if (id) out.id = id;
  if (salt) out.salt = salt;
  if (policies.size > 0) out.policy = writePolicies(policies);
  out.at = Object.fromEntries([...registers].map(([key, held]) => [key, registerOut(key, held)]));
  return out;
}

function registerOut(key, { kind, id, stamp, era, gen, spent, value }) {
  const out = { stamp };
  if (kind !== 'lww') out.policy = kind;
  if (id) out.id = id;
  if (era !== ZERO) out.era = era;
  if (gen > 0) out.gen = gen;
  if (spent) out.spent = spent;
  return value === null ? { ...out, dead: true } : { ...out, value: readName(key) ? value.text : literal(value) };
}

export const sorted = (keys) => [...new Set(keys)].sort(compareText);
