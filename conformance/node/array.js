// Arrays by element: what their registers make (SPEC section 3.9).

import { canonical } from './canonical.js';
import { readKey } from './element.js';
import { parseLiteral } from './parse.js';
import { compareKinds, isByElement, unwritten } from './register.js';
import { compareStamps } from './stamp.js';
import { compareText } from './unicode.js';

// Puts together the register of an array, which may be null, and the elements at
// its place. Elements have a key, a name and a register. The result has the
// register that counts (rule 4), the elements that are not hidden (rule 5), those
// of them that show, as they show, and what the place shows.
export function arrayOf(written, elements) {
  const register = registerOf(written, elements);
  const live = elements.filter(({ key, register: { stamp } }) => stamp >= register.era && compareKinds(key, register) === 0);
  const shown = inOrder(live.filter(({ register: { value } }) => value !== null), orderOf(register) ?? []);
  return { register, live, shown, shows: showsOf(register, live, shown) };
}

function registerOf(written, elements) {
  const greatest = elements.reduce((kind, { key }) => (kind && compareKinds(kind, key) >= 0 ? kind : key), null);
  return written && (!greatest || compareKinds(written, greatest) >= 0) ? written : unwritten(greatest);
}

function inOrder(elements, order) {
  const places = new Map(order.map((key, i) => [key.text, i]));
  const placeOf = ({ key }) => places.get(key.text) ?? Infinity;
  const compare = (a, b) => compareStamps(a.register.stamp, b.register.stamp) || compareText(a.key.text, b.key.text);
  return [...elements].sort((a, b) => (placeOf(a) === placeOf(b) ? compare(a, b) : placeOf(a) - placeOf(b)));
}

// Rule 6.
function showsOf(register, live, shown) {
  if (shown.length > 0 || orderOf(register)) return arrayValue(shown.map((element) => element.register.value));
  return live.length > 0 ? null : register.value;
}

export function arrayValue(items) {
  return { type: 'array', items, text: `[${items.map(({ text }) => text)}]` };
}

// The keys in an array's value that count (rule 3), or null if it is no order.
export function orderOf({ kind, id, value }) {
  if (!isByElement({ kind }) || value?.type !== 'array') return null;
  const keys = value.items.map((item) => readKey(canonical(item))).filter((key) => key && compareKinds(key, { kind, id }) === 0);
  return [...new Map(keys.map((key) => [key.text, key])).values()];
}

export const orderValue = (keys) => parseLiteral(`[${keys}]`);

// The register with nothing in its order but what counts.
export function ordered(register) {
  const keys = orderOf(register);
  return keys ? { ...register, value: orderValue(keys.map(({ text }) => text)) } : register;
}
