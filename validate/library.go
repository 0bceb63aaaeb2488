package validate

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/cfgmerge/cfgmerge/strictjson"
)

// This file is the only one that knows the library. What it keeps away:
//   - Its messages quote values. None of them gets out.
//   - It compiles in time quadratic in the number of subschemas.
//   - 1e999999999 is a few bytes, and a number of a gigabyte.
//   - It validates a place once for each way that leads there, of which a small
//     schema can make very many. A vocabulary without keywords, which it calls
//     in each schema that it validates with, counts.

// The most that is taken for a schema, so that compiling takes a second at worst.
const (
	maxSchemaSize = 4 << 20
	maxParts      = 20_000
	maxPattern    = 4_000

	// maxWork is for the largest files: some ten seconds.
	maxWork = 20_000_000
)

// rootURI is where the schema is said to lie. What it refers to beside itself
// has no loader.
const rootURI = "cfgmerge:///schema"

// Schema is a JSON Schema, compiled. It is for one goroutine at a time.
type Schema struct {
	compiled *jsonschema.Schema
	named    []string // members of the root
	work     *meter
}

// Compile reads a schema. The errors are [*strictjson.SyntaxError], for a text
// that is not JSON or larger than 4 MiB, and [*SchemaError].
func Compile(text []byte) (*Schema, error) {
	tree, err := strictjson.Parse(text, strictjson.Limits{MaxSize: maxSchemaSize})
	if err != nil {
		return nil, err
	}
	if parts := countObjects(tree.Root()); parts > maxParts {
		return nil, &SchemaError{Reason: fmt.Sprintf("it has more than %d parts", maxParts)}
	}
	doc, err := valueOf(tree.Root(), nil, nil)
	if long := (*longNumber)(nil); errors.As(err, &long) {
		return nil, &SchemaError{At: strictjson.JoinPointer(long.path...), Reason: "the number is too long"}
	}
	s := &Schema{named: namedIn(tree.Root()), work: &meter{}}
	if s.compiled, err = compile(doc, s.work); err != nil {
		return nil, explain(err, tree.Root())
	}
	return s, nil
}

func compile(doc any, work *meter) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.AssertVocabs()
	c.RegisterVocabulary(&jsonschema.Vocabulary{
		URL:     "cfgmerge:///work",
		Compile: func(*jsonschema.CompilerContext, map[string]any) (jsonschema.SchemaExt, error) { return work, nil },
	})
	c.UseLoader(noLoader{})
	c.UseRegexpEngine(work.pattern)
	if err := c.AddResource(rootURI, doc); err != nil {
		return nil, err
	}
	return c.Compile(rootURI)
}

var errOutside = errors.New("a reference leads out of the text, and nothing is fetched: bundle the schemas into one")

type noLoader struct{}

func (noLoader) Load(string) (any, error) { return nil, errOutside }

func countObjects(n strictjson.Node) int {
	count := 0
	if n.Kind() == strictjson.Object {
		count++
	}
	for _, kid := range n.Members() {
		count += countObjects(kid)
	}
	for kid := range n.Elements() {
		count += countObjects(kid)
	}
	return count
}

// namedIn are the members that the schema itself says something of.
func namedIn(root strictjson.Node) (keys []string) {
	if root.Kind() != strictjson.Object {
		return nil
	}
	properties, _ := root.Get("properties")
	if properties == (strictjson.Node{}) {
		return nil
	}
	for key := range properties.Members() {
		keys = append(keys, key)
	}
	return keys
}

// meter counts the work, and ends it by a panic when it is too much: the library
// can't be stopped otherwise.
type meter struct{ left int }

type tooMuch struct{}

func (m *meter) spend(n int) {
	if m.left -= n; m.left < 0 {
		panic(tooMuch{})
	}
}

// Validate is called by the library in each schema, for each value.
func (m *meter) Validate(*jsonschema.ValidatorContext, any) { m.spend(1) }

// pattern compiles a regular expression whose use is counted.
func (m *meter) pattern(text string) (jsonschema.Regexp, error) {
	if len(text) > maxPattern {
		return nil, errors.New("too long")
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	compiled, err := regexp.Compile(text)
	return &countedPattern{compiled, len(program.Inst), m}, err
}

type countedPattern struct {
	*regexp.Regexp
	size int
	work *meter
}

// MatchString takes up to size steps for each byte, about thirty of which are
// as much as one step of the validation.
func (p *countedPattern) MatchString(s string) bool {
	p.work.spend(1 + len(s)*p.size/30)
	return p.Regexp.MatchString(s)
}

// Validate returns where the value breaks the schema's rules, in the order of
// the text, and how many violations there are beyond MaxViolations. Members of
// the root whose keys are in without are not looked at, unless the schema names
// them among its properties. The errors are ErrCostly and [*SchemaError], which
// some schemas only cause with some values.
func (s *Schema) Validate(root strictjson.Node, without ...string) (found []Violation, more int, err error) {
	without = slices.DeleteFunc(slices.Clone(without), func(key string) bool { return slices.Contains(s.named, key) })
	value, err := valueOf(root, nil, without)
	if long := (*longNumber)(nil); errors.As(err, &long) {
		found = []Violation{{Path: long.path, Rule: "#", Message: "the number is too long to be checked"}}
		return sortViolations(found, root), 0, nil
	}
	start, end := root.Span()
	s.work.left = min(100_000+20*(end-start), maxWork)
	defer func() {
		if p := recover(); p != nil {
			if _, known := p.(tooMuch); !known {
				panic(p)
			}
			found, more, err = nil, 0, ErrCostly
		}
	}()
	var broken *jsonschema.ValidationError
	if !errors.As(s.compiled.Validate(value), &broken) {
		return nil, 0, nil
	}
	var f finder
	f.visit(broken)
	if f.circle != nil {
		return nil, 0, f.circle
	}
	all := sortViolations(f.found, root)
	shown := min(len(all), MaxViolations)
	return all[:shown], len(all) - shown, nil
}

// finder takes the leaves of the library's tree of errors.
type finder struct {
	found  []Violation
	circle error
}

func (f *finder) visit(e *jsonschema.ValidationError) {
	switch k := e.ErrorKind.(type) {
	case nil:
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
		for _, cause := range e.Causes {
			f.visit(cause)
		}
	case *kind.AnyOf:
		f.alternatives(e)
	case *kind.OneOf:
		if k.Subschemas != nil {
			f.add(e, "fits more than one of the alternatives")
			return
		}
		f.alternatives(e)
	case *kind.Required:
		f.missing(e, k.Missing)
	case *kind.Dependency:
		f.missing(e, k.Missing)
	case *kind.DependentRequired:
		f.missing(e, k.Missing)
	case *kind.AdditionalProperties:
		for _, key := range k.Properties {
			f.addBelow(e, key, "the schema allows no member of this name")
		}
	case *kind.PropertyNames:
		f.addBelow(e, k.Property, "the schema allows no member of this name")
	case *kind.RefCycle:
		f.circle = &SchemaError{At: pointerOf(e.SchemaURL), Reason: "it refers to itself in a circle"}
	default:
		f.add(e, messageFor(e.ErrorKind))
	}
}

// alternatives blames the only alternative that is of the right type, if there
// is one: the others are null, or a short form.
func (f *finder) alternatives(e *jsonschema.ValidationError) {
	var near []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		if !offType(cause, len(e.InstanceLocation)) {
			near = append(near, cause)
		}
	}
	if len(near) == 1 {
		f.visit(near[0])
		return
	}
	f.add(e, "fits none of the alternatives")
}

// offType reports whether the value at this depth is of another type than an
// alternative is for.
func offType(e *jsonschema.ValidationError, depth int) bool {
	switch e.ErrorKind.(type) {
	case *kind.Type, *kind.FalseSchema:
		return len(e.InstanceLocation) == depth
	case *kind.Reference, *kind.AllOf, *kind.Group:
		return slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return offType(c, depth) })
	case *kind.AnyOf, *kind.OneOf:
		return len(e.Causes) > 0 && !slices.ContainsFunc(e.Causes, func(c *jsonschema.ValidationError) bool { return !offType(c, depth) })
	}
	return false
}

func (f *finder) missing(e *jsonschema.ValidationError, keys []string) {
	for _, key := range keys {
		f.add(e, "lacks the member "+strictjson.Quote(key))
	}
}

func (f *finder) add(e *jsonschema.ValidationError, message string) {
	rule := e.SchemaURL
	for _, key := range e.ErrorKind.KeywordPath() {
		if _, old := e.ErrorKind.(*kind.Dependency); old && key == "dependency" {
			key = "dependencies" // the library has it wrong
		}
		if _, names := e.ErrorKind.(*kind.PropertyNames); names {
			break // the URL has it already
		}
		rule += strictjson.AppendSegment("", key)
	}
	f.found = append(f.found, Violation{Path: e.InstanceLocation, Rule: strings.TrimPrefix(rule, rootURI), Message: message})
}

func (f *finder) addBelow(e *jsonschema.ValidationError, key, message string) {
	f.add(e, message)
	last := &f.found[len(f.found)-1]
	last.Path = append(slices.Clone(last.Path), key)
}

// messageFor says what a rule asks for. What it says of sizes and limits is
// from the schema.
func messageFor(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "must be " + strings.Join(k.Want, " or ") + ", and is " + k.Got
	case *kind.Enum:
		return "is none of the values that the schema allows"
	case *kind.Const:
		return "is not the one value that the schema allows"
	case *kind.Format:
		return "is not of the format " + strictjson.Quote(k.Want)
	case *kind.Pattern:
		return "does not match the pattern"
	case *kind.FalseSchema:
		return "must not be here"
	case *kind.Not:
		return "is what the schema excludes"
	case *kind.UniqueItems:
		return "the elements " + strconv.Itoa(k.Duplicates[0]) + " and " + strconv.Itoa(k.Duplicates[1]) + " are equal"
	case *kind.Contains:
		return "no element is as one must be"
	case *kind.AdditionalItems:
		return "has more elements than the schema allows"
	case *kind.ContentEncoding:
		return "is not encoded as " + strictjson.Quote(k.Want)
	}
	return limitMessage(k)
}

func limitMessage(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "must be at least " + decimal(k.Want)
	case *kind.Maximum:
		return "must be at most " + decimal(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be less than " + decimal(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + decimal(k.Want)
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d elements", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d elements", k.Want)
	case *kind.MinProperties:
		return fmt.Sprintf("must have at least %d members", k.Want)
	case *kind.MaxProperties:
		return fmt.Sprintf("must have at most %d members", k.Want)
	case *kind.MinContains:
		return fmt.Sprintf("at least %d elements must be as the schema says", k.Want)
	case *kind.MaxContains:
		return fmt.Sprintf("at most %d elements may be as the schema says", k.Want)
	}
	return "breaks this rule"
}

func decimal(r *big.Rat) string {
	if r.IsInt() && len(r.Num().String()) < 20 {
		return r.Num().String()
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// explain translates the errors of compiling. The library's quote the schema,
// which by mistake may be a file with secrets.
func explain(err error, root strictjson.Node) error {
	var (
		invalid *jsonschema.SchemaValidationError
		broken  *jsonschema.ValidationError
		load    *jsonschema.LoadURLError
		pattern *jsonschema.InvalidRegexError
		pointer *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
	)
	switch {
	case errors.As(err, &invalid) && errors.As(invalid.Err, &broken):
		var f finder
		f.visit(broken)
		first := sortViolations(f.found, root)[0]
		return &SchemaError{At: pointerOf(invalid.URL) + strictjson.JoinPointer(first.Path...), Reason: ofSchema(first.Message)}
	case errors.As(err, &load):
		return &SchemaError{Reason: errOutside.Error()}
	case errors.As(err, &pattern):
		return &SchemaError{At: pointerOf(pattern.URL), Reason: "the pattern is not one that can be matched in linear time (no look-around, no back-references)"}
	case errors.As(err, &pointer), errors.As(err, &anchor):
		return &SchemaError{Reason: "a reference leads nowhere"}
	}
	return &SchemaError{Reason: "it is no valid JSON Schema"}
}

// ofSchema says of a schema what the draft's own schema asks for.
func ofSchema(message string) string {
	if strings.Contains(message, `format "regex"`) {
		return "the pattern is not one that can be matched in linear time (no look-around, no back-references)"
	}
	return message
}

// pointerOf is the fragment of a URI, as a pointer.
func pointerOf(uri string) string {
	_, fragment, _ := strings.Cut(uri, "#")
	return fragment
}
