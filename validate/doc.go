// Package validate says where a settings file breaks the rules of a JSON
// Schema, without saying what it holds.
//
// Start with [Compile] and [Schema.Validate].
//
// # Guarantees
//
// Schemas of the drafts 4, 6, 7, 2019-09 and 2020-12 are understood; one that
// does not say is of the last. Formats are checked, which drafts since 2019-09
// leave open.
//
// A [Violation] names the place in the file, the rule in the schema, and what
// the rule asks for. No error or violation holds a value of the file.
//
// Nothing is fetched: a reference that leads out of the schema's text is an
// error.
//
// Patterns are matched in linear time. The work is counted, and what takes far
// more than the sizes of file and schema explain ends with ErrCostly: schemas can
// be small and double the work at each level.
//
// # Not guaranteed
//
// Patterns with look-around or back-references can't be matched in linear time,
// and are errors. Within the bounds, time grows with the product of the sizes of
// both texts: let a process of its own do it where nobody may wait. [Serve] is
// that process. It also spares other programs what the library costs when they
// start, which is more than all else that cfgmerge does to read a field.
//
// # Compatibility
//
// Messages may change, fields don't.
package validate
