// Where bytes stop being strict UTF-8: no overlong forms, no surrogates,
// nothing past U+10FFFF (SPEC sections 1 and 8).

// For each first byte: how many bytes follow, and the range of the first of them.
function following(first) {
  if (first < 0x80) return { count: 0 };
  if (first < 0xc2 || first > 0xf4) return null;
  if (first < 0xe0) return { count: 1, low: 0x80, high: 0xbf };
  if (first < 0xf0) return { count: 2, low: first === 0xe0 ? 0xa0 : 0x80, high: first === 0xed ? 0x9f : 0xbf };
  return { count: 3, low: first === 0xf0 ? 0x90 : 0x80, high: first === 0xf4 ? 0x8f : 0xbf };
}

// The offset of the first sequence that is not UTF-8, and whether it is only
// the beginning of one that the end has cut off; null if there is none.
export function firstBadSequence(bytes) {
  for (let at = 0; at < bytes.length; ) {
    const end = sequenceEnd(bytes, at);
    if (end < 0) return { at, cut: false };
    if (end > bytes.length) return { at, cut: true };
    at = end;
  }
  return null;
}

// Where the sequence ends or, if the bytes end before, would; -1 if it is none.
function sequenceEnd(bytes, at) {
  const rest = following(bytes[at]);
  if (!rest) return -1;
  const end = at + 1 + rest.count;
  for (let i = at + 1; i < Math.min(end, bytes.length); i++) {
    const [low, high] = i === at + 1 ? [rest.low, rest.high] : [0x80, 0xbf];
    if (bytes[i] < low || bytes[i] > high) return -1;
  }
  return end;
}
