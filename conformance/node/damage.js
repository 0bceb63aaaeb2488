// What is wrong with a text that can't be read, and where (SPEC section 8).

export class Damage extends Error {
  constructor(code, offset = null) {
    super(code);
    this.code = code;
    this.offset = offset; // in bytes
  }
}

// Line and column of an offset, from 1 and in bytes.
export function position(bytes, offset) {
  const before = bytes.subarray(0, offset);
  let line = 1;
  for (const byte of before) if (byte === 0x0a) line++;
  return { line, column: offset - before.lastIndexOf(0x0a) };
}

// Damage of the text as a whole, in the order of section 8.
export function refuseWhole(bytes, sizeLimit) {
  if (bytes.length === 0) throw new Damage('empty', 0);
  if (bytes.length > sizeLimit) throw new Damage('too-large');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new Damage('bom', 0);
  if (isUTF16(bytes)) throw new Damage('utf-16', 0);
  if (bytes.every(isSpace)) throw new Damage('whitespace-only', 0);
}

const isSpace = (byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

function isUTF16(bytes) {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  return bytes.length > 1 && (a === 0) !== (b === 0) && bytes.subarray(2).some((byte) => byte !== 0);
}
