// Package strictjson reads JSON text through one strict gate and edits it without touching the bytes that stay.
//
// Start with [ParseObject], which either explains in one word what is wrong with a file or returns a [Tree] over
// its text, and with [Apply], which writes changes back into that text.
//
// # Guarantees
//
// What [Parse] accepts is JSON (RFC 8259) in strict UTF-8 without a byte order mark, within the size and depth
// limits, and without a repeated key in any object; keys are compared after unescaping. Everything else is refused
// with a [*SyntaxError], which names a [Class] and a position and never holds a byte of the text.
//
// Equal values have equal canonical bytes and no others do; see [Canonical]. Numbers are compared exactly as
// decimals, however large; see [CompareNumbers].
//
// [Apply] keeps every byte that the edits don't concern: order, indentation, line endings, number literals, the
// spelling of keys. What it returns parses under the same limits to exactly the document that the edits describe.
//
// # Strings
//
// A lone surrogate escape such as "\ud83d" is legal JSON and must survive a round trip, but no Go string of valid
// UTF-8 can hold it. Keys and strings are therefore decoded to WTF-8: a lone surrogate becomes its three-byte form
// (ED A0..BF xx), which strict UTF-8 forbids and which can't be mistaken for anything else. [Quote] turns it back
// into the escape.
//
// # What it is not
//
// It does not guess: [Salvage] reads what is whole in a damaged text, and no more. It does not stream, reads no
// comments, and knows nothing of files.
package strictjson
