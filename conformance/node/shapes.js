// The shapes of conformance/README.md: texts, documents and lists of keys.

import { literal } from './canonical.js';
import { decode, takeApart } from './decode.js';
import { parseFile, parseLiteral } from './parse.js';
import { hasPolicyByElement, readPolicies, writePolicies } from './policy.js';
import { isByElement, register } from './register.js';
import { ZERO } from './stamp.js';
import { bytesOf, compareText } from './unicode.js';
import { unitsOf } from './units.js';
import { EMPTY } from './view.js';

export class Unsupported extends Error {}

// Arrays by element (SPEC sections 3.9 and 4.8) are not implemented. What shows
// is looked through for them; tables with such policies are like all others.
export function supported(document, shown = EMPTY) {
  const { policies, registers } = document;
  const isArray = ({ path, value }) => value.type === 'array' && hasPolicyByElement(policies, path);
  if ([...registers.values()].some(isByElement) || [...unitsOf(policies, shown)].some(isArray)) {
    throw new Unsupported('arrays by element are not implemented');
  }
  return document;
}

export const bytesFrom = (text) => (typeof text === 'string' ? bytesOf(text) : Buffer.from(text.base64, 'base64'));

export function documentFrom({ text, id = '', salt = '', policy = {}, at = {} }) {
  if (text !== undefined) {
    const { shown, block } = takeApart(parseFile(bytesFrom(text)));
    return decode(shown, block).document;
  }
  const registers = new Map(Object.entries(at).map(([key, entry]) => [key, registerFrom(entry)]));
  return supported({ id, salt, policies: readPolicies(policy), registers });
}

function registerFrom({ policy = 'lww', stamp, era = ZERO, gen = 0, spent, value }) {
  return { ...register(policy, stamp, value === undefined ? null : parseLiteral(value), era, gen), ...(spent && { spent }) };
}

// What has its default is left out.
export function documentOut({ id, salt, policies, registers }) {
  const out = {};
  if (id) out.id = id;
  if (salt) out.salt = salt;
  if (policies.size > 0) out.policy = writePolicies(policies);
  out.at = Object.fromEntries([...registers].map(([key, held]) => [key, registerOut(held)]));
  return out;
}

function registerOut({ kind, stamp, era, gen, spent, value }) {
  const out = { stamp };
  if (kind !== 'lww') out.policy = kind;
  if (era !== ZERO) out.era = era;
  if (gen > 0) out.gen = gen;
  if (spent) out.spent = spent;
  return value === null ? { ...out, dead: true } : { ...out, value: literal(value) };
}

export const sorted = (keys) => [...new Set(keys)].sort(compareText);
