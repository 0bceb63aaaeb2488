// What is wrong with a text, as far as the text alone shows it (SPEC section 8).

import { Damage, position } from './damage.js';
import { decode, takeApart } from './decode.js';
import { BLOCK_KEY } from './encode.js';
import { parseFile } from './parse.js';
import { compareText } from './unicode.js';

export function check(bytes, limits) {
  try {
    return findingsIn(parseFile(bytes, limits), bytes);
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    return [finding(error.code, bytes, error.offset)];
  }
}

function findingsIn(root, bytes) {
  const found = root.members.get(BLOCK_KEY);
  if (!found) return [{ code: 'block-missing' }];
  const at = (node) => Buffer.byteLength(bytes.toString().slice(0, node.keyAt));
  try {
    const { shown, block } = takeApart(root);
    if (!block) return [finding('block-damaged', bytes, at(found))];
    const { malformed } = decode(shown, block);
    return malformed.map((key) => ({ ...finding('block-entry-malformed', bytes, at(block.at.get(key))), field: key })).sort(compareFindings);
  } catch (error) {
    if (error.code !== 'block-newer') throw error;
    return [finding(error.code, bytes, at(found))];
  }
}

function finding(code, bytes, offset) {
  return offset === null ? { code } : { code, ...position(bytes, offset) };
}

function compareFindings(a, b) {
  return a.line - b.line || a.column - b.column || compareText(a.code, b.code) || compareText(a.field, b.field);
}
