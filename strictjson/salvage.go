package strictjson

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Loss is a member that [Salvage] could not bring back as it was. It holds no value.
type Loss struct {
	// Path of the member: the decoded keys from the root on. An object that was cut or damaged is named itself only
	// where no member inside it is.
	Path []string
	// Offset of the member's key in the source, in bytes.
	Offset int
}

// maxLosses bounds what a hostile text, which loses a deep member with every few bytes, costs in paths.
const maxLosses = 1000

// Salvage reads what lies whole in a damaged text. It returns a tree over a text that [ParseObject] accepts under the
// same limits, made of the source's own bytes and the brackets that were missing, and the first 1,000 members known by
// name that were lost, in source order. The tree is nil if there is no object of which anything is whole.
//
// Before the first damage every whole member is kept, at every depth of objects; an array is kept whole or not at all,
// and an object of which nothing is whole is not kept either. A number that ends with the text may be cut, and is lost.
// What follows a whole document is dropped. Of several members with one name the last whole one is kept, as
// encoding/json reads it, and the name is among the losses.
//
// Behind damage, members are only kept where nothing else can have been meant: behind a word that is no value, when
// the text goes on as JSON; behind a string that holds stray bytes, when it goes on so to the end; and behind blocks of lost bytes (NUL, 0xff) if they are
// members of the root, which the brackets up to the end of the text tell. All else is lost. A byte order mark is
// dropped and UTF-16 with one is transcoded. A text with git's conflict markers gives nothing: a person must decide.
//
// It takes time linear in the text. What it keeps is what the text says; that this was ever meant is for a person, or
// a checksum, to say.
func Salvage(src []byte, l Limits) (*Tree, []Loss) {
	l = l.withDefaults()
	if len(src) > l.MaxSize {
		return nil, nil
	}
	text, encoding := transcode(src)
	if t, err := parse(text, l); err == nil {
		if t.Root().Kind() != Object {
			return nil, nil
		}
		return t, nil
	}
	if hasConflict(text) {
		return nil, nil
	}
	s := salvager{parser: parser{Tree: Tree{src: text, limits: l}}, src: text}
	repaired := s.repair()
	slices.SortStableFunc(s.losses, func(a, b Loss) int { return cmp.Compare(a.Offset, b.Offset) })
	encoding.locate(text, s.losses)
	t, err := parse(repaired, l)
	if err != nil {
		return nil, s.losses
	}
	return t, s.losses
}

// encoding is how a source was written.
type encoding uint8

const (
	plain encoding = iota
	marked
	wide
)

// transcode returns src as UTF-8 without a byte order mark.
func transcode(src []byte) (string, encoding) {
	text := string(src)
	switch {
	case strings.HasPrefix(text, "\ufeff"):
		return strings.TrimPrefix(text, "\ufeff"), marked
	case strings.HasPrefix(text, "\xff\xfe"):
		return fromUTF16(src[2:], binary.LittleEndian), wide
	case strings.HasPrefix(text, "\xfe\xff"):
		return fromUTF16(src[2:], binary.BigEndian), wide
	}
	return text, plain
}

// fromUTF16 leaves out half a unit at the end. Half a pair becomes a byte that UTF-8 never has, because any character
// would be an invention.
func fromUTF16(src []byte, order binary.ByteOrder) string {
	out := make([]byte, 0, len(src)/2)
	for len(src) >= 2 {
		r := rune(order.Uint16(src))
		src = src[2:]
		if utf16.IsSurrogate(r) && len(src) >= 2 {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(src))); pair != utf8.RuneError {
				out, src = utf8.AppendRune(out, pair), src[2:]
				continue
			}
		}
		if utf16.IsSurrogate(r) {
			out = append(out, 0xc0)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

// locate turns the offsets, which ascend, from those in the text into those in the source.
func (e encoding) locate(text string, losses []Loss) {
	at, in := 0, 2
	for i := range losses {
		switch e {
		case marked:
			losses[i].Offset += len("\ufeff")
		case wide:
			for at < losses[i].Offset {
				r, size := utf8.DecodeRuneInString(text[at:])
				at, in = at+size, in+2*utf16.RuneLen(r)
			}
			losses[i].Offset = in
		}
	}
}

func hasConflict(text string) bool {
	for at := 0; ; {
		if startsConflict(text, at) {
			return true
		}
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return false
		}
		at += i + 1
	}
}

// salvager reads a text once, from the front, as far as it can make sense of it. The offsets that its methods return
// are those behind what they read, or failed: then reading stops.
type salvager struct {
	parser parser // for arrays
	src    string
	path   []string
	losses []Loss
	lost   int  // losses, with those that are not listed
	wrong  int  // where reading stopped
	scar   bool // the last string held lost bytes
	doubt  bool // a string that is not valid was read
	strict bool // stop at one
}

// object is what is left of one.
type object struct {
	members []member
	close   int  // its closing bracket, or failed
	broken  bool // it is not kept as it stands
}

// member is one that is kept.
type member struct {
	name       string
	from, key  int     // behind the comma or bracket in front of it, and its opening quote
	value, end int     // of the value; end means nothing if the object is not whole
	object     *object // nil if the member is kept as it stands
}

func (s *salvager) fail(at int) int {
	s.wrong = at
	return failed
}

// repair returns the text of what is whole, "" if nothing is.
func (s *salvager) repair() string {
	root, end := s.root()
	if s.doubt && (end == failed || skipSpace(s.src, end) < len(s.src)) {
		// A damaged string may have been the end of one and the beginning of another, somewhere deeper or less deep.
		// That the brackets match up to the end would have ruled it out.
		*s = salvager{parser: s.parser, src: s.src, strict: true}
		root, end = s.root()
	}
	if end == failed && s.stoppedAtLostBytes() {
		s.strict = false
		if rest := s.behindLostBytes(); rest != nil {
			root.members, root.close = append(root.members, rest.members...), rest.close
			s.distinct(root)
		}
	}
	if end != failed && !root.broken {
		return s.src[skipSpace(s.src, 0):end]
	}
	if len(root.members) == 0 {
		return ""
	}
	var b strings.Builder
	s.write(&b, root, "")
	return b.String()
}

func (s *salvager) root() (*object, int) {
	start := skipSpace(s.src, 0)
	if byteAt(s.src, start) != '{' {
		return &object{close: failed}, s.fail(start)
	}
	return s.object(start, 1)
}

// object reads an object, which depth counts, from its bracket on. It returns what is whole even if it fails.
func (s *salvager) object(start, depth int) (*object, int) {
	o := &object{close: skipSpace(s.src, start+1)}
	if depth > s.parser.limits.MaxDepth {
		o.broken = true
		return o, s.skip(start)
	}
	if byteAt(s.src, o.close) != '}' {
		o.close = s.members(o, start+1, depth)
		s.distinct(o)
	}
	if o.close == failed {
		o.broken = true
		return o, failed
	}
	return o, o.close + 1
}

// members reads members up to the bracket that closes the object, whose offset it returns.
func (s *salvager) members(o *object, from, depth int) int {
	for {
		i := s.member(o, from, depth)
		if i == failed {
			return failed
		}
		i = skipSpace(s.src, i)
		switch byteAt(s.src, i) {
		case '}':
			return i
		case ',':
			from = i + 1
		default:
			return s.fail(i)
		}
		if i = skipSpace(s.src, from); byteAt(s.src, i) == '}' {
			o.broken = true // the comma was one too many
			return i
		}
	}
}

// member reads a key and the value behind it.
func (s *salvager) member(o *object, from, depth int) int {
	m := member{from: from, key: skipSpace(s.src, from)}
	if byteAt(s.src, m.key) != '"' {
		return s.fail(m.key)
	}
	end, sound := s.str(m.key)
	if end == failed {
		return failed
	}
	colon := skipSpace(s.src, end)
	if byteAt(s.src, colon) != ':' {
		return s.fail(colon)
	}
	m.value = skipSpace(s.src, colon+1)
	if sound {
		m.name = unescape(s.src[m.key+1 : end-1])
		s.keep(o, &m, depth)
		return m.end
	}
	lost, listed := s.lost, len(s.losses)
	s.value(&m, depth)
	// Nobody knows whose value it was.
	o.broken, s.lost, s.losses = true, lost, s.losses[:listed]
	return m.end
}

// keep reads the value of a member and adds to o what is whole of it.
func (s *salvager) keep(o *object, m *member, depth int) {
	s.path = append(s.path, m.name)
	lost := s.lost
	whole := s.value(m, depth)
	if whole || m.object != nil && len(m.object.members) > 0 {
		o.members = append(o.members, *m)
	}
	if !whole && s.lost == lost {
		s.lose(m.key)
	}
	s.path = s.path[:len(s.path)-1]
	o.broken = o.broken || !whole
}

// lose notes the member at the current path.
func (s *salvager) lose(key int) {
	s.lost++
	if len(s.losses) < maxLosses {
		s.losses = append(s.losses, Loss{Path: slices.Clone(s.path), Offset: key})
	}
}

// value reads the value of a member and reports whether it is whole, and proved so by what follows.
func (s *salvager) value(m *member, depth int) (whole bool) {
	switch byteAt(s.src, m.value) {
	case '{':
		m.object, m.end = s.object(m.value, depth+1)
		if m.object.broken {
			return false
		}
		m.object = nil
		return true
	case '[':
		m.end, whole = s.array(m.value, depth+1)
	case '"':
		m.end, whole = s.str(m.value)
		whole = whole && s.endsValue(skipSpace(s.src, m.end))
	default:
		m.end, whole = s.scalar(m.value)
	}
	return whole
}

// endsValue reports whether a string in front of i may be a value. In front of a colon it is the next member's key, and
// in front of anything else a quote is missing or one too many.
func (s *salvager) endsValue(i int) bool {
	return i == len(s.src) || s.src[i] == ',' || s.src[i] == '}' || isLost(s.src[i])
}

// array is all or nothing: the rest of one would be another one.
func (s *salvager) array(start, depth int) (end int, whole bool) {
	s.parser.nodes, s.parser.keys = s.parser.nodes[:0], nil
	end = s.parser.array(start, depth)
	if end != failed && utf8.ValidString(s.src[start:end]) {
		return end, true
	}
	return s.skip(start), false
}

// scalar reads a number, a word, or something else in the place of one.
func (s *salvager) scalar(start int) (end int, whole bool) {
	for end = start; end < len(s.src) && isWordByte(s.src[end]); {
		end++
	}
	switch s.src[start:end] {
	case "true", "false", "null":
		return end, true
	}
	number, ok := skipNumber(s.src, start)
	return end, ok && number == end && end < len(s.src) && (isSpace(s.src[end]) || strings.IndexByte(",]}", s.src[end]) >= 0)
}

// isWordByte leaves out what begins a comment, lest members that somebody has commented out come back.
func isWordByte(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '-' || c == '+' || c == '.' || c == '_'
}

// isLost recognises the bytes that file systems and flash memory leave where data was lost.
func isLost(c byte) bool { return c == 0 || c == 0xff }

// maxStray is how many stray bytes a string may hold and still be one string. The shortest text that leads from one
// string into one of another object at the same depth, `":0},"":{"`, is longer. Programs that write other encodings
// than UTF-8 don't use these bytes, and repeat none so often.
const maxStray = 6

// str reads a string and reports whether it is a valid one. It goes on behind bad escapes and some stray bytes.
func (s *salvager) str(start int) (end int, sound bool) {
	s.scar = false
	clean, stray := true, 0
	for i := start + 1; i < len(s.src) && stray <= maxStray; {
		i = skipPlain(s.src, i)
		switch c := byteAt(s.src, i); {
		case i == len(s.src):
		case c == '"':
			sound = clean && utf8.ValidString(s.src[start:i])
			if !sound && !s.mayBeString(s.src[start:i]) {
				return s.fail(i), false
			}
			return i + 1, sound
		case c == '\\':
			next, ok := skipEscape(s.src, i)
			i, clean = next, clean && ok
		default:
			s.scar, clean = s.scar || isLost(c), false
			if !isSpace(c) {
				stray++
			}
			i++
		}
	}
	s.scar = s.scar || strings.IndexByte(s.src[start:], 0xff) >= 0
	return s.fail(len(s.src)), false
}

// mayBeString judges a string that is not valid.
func (s *salvager) mayBeString(literal string) bool {
	s.doubt = true
	s.scar = s.scar || strings.IndexByte(literal, 0xff) >= 0
	run := 1
	for i := 1; i < len(literal) && run <= maxStray; i++ {
		if literal[i] == literal[i-1] && literal[i] >= 0x80 {
			run++
		} else {
			run = 1
		}
	}
	return !s.strict && run <= maxStray
}

// skip returns the end of an array or object that is lost.
func (s *salvager) skip(start int) int {
	end := s.closing(start+1, false)
	if end != failed && s.src[end] != s.src[start]+2 {
		return s.fail(end)
	}
	if end == failed {
		return failed
	}
	return end + 1
}

// closing returns the offset of the first bracket that closes something opened in front of start, or of the first
// comma there if that is asked for.
func (s *salvager) closing(start int, comma bool) int {
	var open []byte
	for i := start; i < len(s.src); {
		switch c := s.src[i]; {
		case c == '"':
			if i, _ = s.str(i); i == failed {
				return failed
			}
			continue
		case c == '{' || c == '[':
			open = append(open, c)
		case (c == '}' || c == ']' || c == ',' && comma) && len(open) == 0:
			return i
		case c == '}' || c == ']':
			if c != open[len(open)-1]+2 { // as ASCII has them
				return s.fail(i)
			}
			open = open[:len(open)-1]
		case c == ',' || c == ':' || isSpace(c) || isWordByte(c):
		default:
			return s.fail(i)
		}
		i++
	}
	return s.fail(len(s.src))
}

func (s *salvager) stoppedAtLostBytes() bool {
	return s.scar || s.wrong < len(s.src) && isLost(s.src[s.wrong])
}

// behindLostBytes returns the members of the root that lie behind the last of the lost bytes, or nil. These may end
// outside or inside a string, and there behind a backslash. As each quote opens in one reading what it closes in
// another, only one of them can come to the end of the text outside a string.
func (s *salvager) behindLostBytes() *object {
	start := 1 + max(strings.LastIndexByte(s.src, 0), strings.LastIndexByte(s.src, 0xff))
	inside, _ := s.str(start - 1)
	escaped, _ := s.str(min(start, len(s.src)-1))
	for _, at := range []int{start, inside, escaped} {
		lost, listed := s.lost, len(s.losses)
		if rest := s.rest(at); rest != nil {
			return rest
		}
		s.lost, s.losses = lost, s.losses[:listed]
	}
	return nil
}

// rest returns the members of the root in the text from start on, of which the first may be the end of anything. It
// fails unless the text is whole: how deep it is at start only its end can tell.
func (s *salvager) rest(start int) *object {
	if start == failed {
		return nil
	}
	from, end := start, s.closing(start, false)
	for end != failed && skipSpace(s.src, end+1) < len(s.src) {
		from = end + 1
		end = s.closing(from, false)
	}
	if end == failed {
		return nil
	}
	o := &object{close: end, broken: true}
	comma := s.closing(from, true)
	switch {
	case comma == end:
		return o
	case from > start && comma != skipSpace(s.src, from):
		return nil // something between a value and the comma behind it
	case s.members(o, comma+1, 1) != end:
		return nil
	}
	return o
}

// distinct keeps the last whole member of each name, or the last one.
func (s *salvager) distinct(o *object) {
	kept := make(map[string]int, len(o.members))
	repeated := map[string]int{}
	for i, m := range o.members {
		before, seen := kept[m.name]
		if seen {
			repeated[m.name] = i
		}
		if !seen || m.object == nil || o.members[before].object != nil {
			kept[m.name] = i
		}
	}
	if len(repeated) == 0 {
		return
	}
	o.broken = true
	var members []member
	for i, m := range o.members {
		if kept[m.name] == i {
			members = append(members, m)
		}
		if last, ok := repeated[m.name]; ok && last == i {
			s.path = append(s.path, m.name)
			s.lose(m.key)
			s.path = s.path[:len(s.path)-1]
		}
	}
	o.members = members
}

// write writes an object of which not all is kept; indent is the white space in front of the member that it is.
func (s *salvager) write(b *strings.Builder, o *object, indent string) {
	b.WriteByte('{')
	for i, m := range o.members {
		if i > 0 {
			b.WriteByte(',')
		}
		if m.object == nil {
			b.WriteString(s.src[m.from:m.end])
			continue
		}
		b.WriteString(s.src[m.from:m.value])
		s.write(b, m.object, s.src[m.from:m.key])
	}
	b.WriteString(s.tail(o, indent))
	b.WriteByte('}')
}

// tail returns the white space in front of the closing bracket: that of the source, or a new line if the members have
// lines of their own.
func (s *salvager) tail(o *object, indent string) string {
	if o.close != failed {
		i := o.close
		for isSpace(s.src[i-1]) {
			i--
		}
		return s.src[i:o.close]
	}
	first := o.members[0]
	lead := s.src[first.from:first.key]
	end := strings.IndexByte(lead, '\n')
	return lead[:end+1] + indent[strings.LastIndexByte(indent, '\n')+1:]
}
