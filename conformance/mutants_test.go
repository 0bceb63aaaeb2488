package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is one rule of SPEC.md turned round in an implementation. The vectors
// have to notice.
type mutant struct {
	spec string // the sentence
	file string // in the directory of the implementation
	old  string // occurs exactly once
	new  string
}

// goMutants are those of package lww.
func goMutants() []mutant {
	return []mutant{
		{"2: the epoch comes first", "stamp.go", "cmp.Compare(s.hi, t.hi), cmp.Compare(s.lo, t.lo)", "cmp.Compare(s.hi&maxMillis, t.hi&maxMillis), cmp.Compare(s.lo, t.lo)"},
		{"2: the epoch z is malformed", "stamp.go", "i == 0 && digit > maxEpoch", "i == 0 && digit > maxEpoch+1"},
		{"2: a full counter carries", "stamp.go", "s.Millis()+1, 0, actor", "s.Millis()+1, 1, actor"},
		{"2: the last stamp is its own successor", "stamp.go", "case s.Epoch() < maxEpoch:", "case s.Epoch() <= maxEpoch:"},
		{"2: the clock only if it is ahead", "stamp.go", "bound.Less(s) {", "bound.Millis() <= s.Millis() {"},
		{"2: a foreign write has no clock", "stamp.go", "if w.Actor != Foreign {", "if w.Actor <= MaxActor {"},

		{"3.2: policy rank", "register.go", "cmp.Compare(r.Policy, s.Policy),", "cmp.Compare(s.Policy, r.Policy),"},
		{"3.2: epoch before era", "register.go", "		r.compareEpoch(s),\n", ""},
		{"3.2: era before the own key", "register.go", "		r.Era.Compare(s.Era),\n		r.compareKey(s),\n", "		r.compareKey(s),\n		r.Era.Compare(s.Era),\n"},
		{"3.2: the policy's own key", "register.go", "		r.compareKey(s),\n", ""},
		{"3.2: the whole stamp", "register.go", "		r.Stamp.Compare(s.Stamp),\n", ""},
		{"3.2: tombstone above value", "register.go", "		return deadValue\n", "		return emptyTuple\n"},
		{"3.2: {} above the tombstone", "register.go", "		return emptyValue\n", "		return someValue\n"},
		{"3.2: the tuple {} below all", "register.go", "		return emptyTuple\n", "		return someValue\n"},
		{"3.2: canonical value", "register.go", "		strings.Compare(strictjson.Canonical(a), strictjson.Canonical(b)),\n", ""},
		{"3.2: literal bytes", "register.go", "		strings.Compare(strictjson.Canonical(a), strictjson.Canonical(b)),\n		strings.Compare(a, b),\n", "		strings.Compare(strictjson.Canonical(a), strictjson.Canonical(b)),\n"},

		{"3.2: the longer list", "register.go", "		cmp.Compare(len(r.Spent), len(s.Spent)),\n", ""},
		{"3.2: lists by bytes", "register.go", "		strings.Compare(r.Spent, s.Spent),\n", ""},

		{"3.3 rule 1: the greater", "document.go", "n.has && n.reg.Compare(r) >= 0 {", "n.has && n.reg.Compare(r) <= 0 {"},
		{"3.3 rule 1: for each instance", "document.go", "ok && mine.Compare(r) >= 0 {", "ok && mine.Compare(r) <= 0 {"},
		{"3.3 rule 2: the smaller id", "document.go", "compareNames(d.ID, other.ID), compare", "-compareNames(d.ID, other.ID), compare"},
		{"3.3 rule 2: the smaller salt", "document.go", ", compareNames(d.Salt, other.Salt)", ", -compareNames(d.Salt, other.Salt)"},
		{"3.3 rule 2: none is greater than any", "document.go", "compareBool(a == \"\", b == \"\"), strings", "0, strings"},
		{"3.3 rule 2: the salt goes with the id", "document.go", "d.ID, d.Salt = other.ID, other.Salt\n	return true", "d.ID = other.ID\n	return true"},
		{"3.3 rule 3: the greater policy", "policy.go", "if p.compare(q) < 0 {", "if p.compare(q) > 0 {"},
		{"3.3 rule 3: members of both", "policy.go", "append(slices.Clone(p.Members), q.Members...)", "slices.Clone(p.Members)"},
		{"3.3 rule 3: a flag if either has it", "policy.go", "p.Local = p.Local || q.Local", "p.Local = p.Local && q.Local"},
		{"3.3 rule 3: null is greater than any key", "policy.go", "			if a.Any {\n				return 1", "			if b.Any {\n				return 1"},
		{"3.3 rule 4: nothing is dropped", "document.go", "	changed := m.has && n.raise(m.reg)\n", "	changed := m.has && !m.reg.Dead && n.raise(m.reg)\n"},
		{"3.4 rule 5: merging does not lift", "document.go", "	changed = d.root.join(&other.root) || changed\n", "	changed = d.root.join(&other.root) || changed\n	changed = d.Lift() || changed\n"},

		{"3.4: first, the earlier stamp", "register.go", "-r.Stamp.Compare(s.Stamp))", "r.Stamp.Compare(s.Stamp))"},
		{"3.4: first, a value above a tombstone", "register.go", "case First:\n		return cmp.Or(compareBool(!r.Dead, !s.Dead),", "case First:\n		return cmp.Or("},
		{"3.4: max, the greater value", "register.go", "compareBool(!r.Dead, !s.Dead), compareValues(r, s))", "compareBool(!r.Dead, !s.Dead), 0)"},
		{"3.4: max, a value above a tombstone", "register.go", "case Max:\n		return cmp.Or(compareBool(!r.Dead, !s.Dead),", "case Max:\n		return cmp.Or("},
		{"3.4: min, the smaller value", "register.go", "-compareValues(r, s))", "compareValues(r, s))"},
		{"3.4: min, a value above a tombstone", "register.go", "case Min:\n		return cmp.Or(compareBool(!r.Dead, !s.Dead),", "case Min:\n		return cmp.Or("},
		{"3.4: token, the generation", "register.go", "return cmp.Compare(r.Gen, s.Gen)", "return 0"},
		{"3.4: values by class", "register.go", "	nullClass = iota\n	falseClass\n	trueClass\n", "	trueClass = iota\n	falseClass\n	nullClass\n"},
		{"3.4: a time below other strings", "register.go", "	timeClass\n	stringClass\n", "	stringClass\n	timeClass\n"},
		{"3.4: numbers exactly", "register.go", "return strictjson.CompareNumbers(r.Value, s.Value)", "return strings.Compare(r.Value, s.Value)"},
		{"3.4: times as instants", "register.go", "return a.time.Compare(b.time)", "return strings.Compare(r.Value, s.Value)"},
		{"3.4 rule 1: the highest rank that matches", "group.go", "best.less(r) && p.At", "(best == rule{} || r.less(best)) && p.At"},
		{"3.4 rule 1: null stands for any key", "policy.go", "if !s.Any && s.Key != path[i] {", "if s.Any || s.Key != path[i] {"},
		{"3.4 rule 2: an instance for each object", "group.go", "len(keys) != len(p.At.Keys(p.At.Path(keys)))", "len(keys) < len(p.At.Keys(p.At.Path(keys)))"},
		{"3.4 rule 3: the higher rank owns", "group.go", "-cmp.Compare(a.Kind, b.Kind), strings", "cmp.Compare(a.Kind, b.Kind), strings"},
		{"3.4 rule 3: then the smaller name", "group.go", "strings.Compare(a.name, b.name)", "-strings.Compare(a.name, b.name)"},
		{"3.4 rule 3: only groups that have a register claim", "group.go", "			if !ok {\n				continue\n			}\n", "			if !ok {\n				for _, m := range s.owned {\n					h.claimed[m] = true\n				}\n				continue\n			}\n"},
		{"3.4 rule 3: a group owns what is left to it", "group.go", "			if !taken[m] {\n", "			if !taken[m] || true {\n"},
		{"3.4 rule 4: members never show by themselves", "group.go", "				h.claimed[m] = true\n", "				h.claimed[m] = false\n"},
		{"3.4 rule 5: lifting groups", "lift.go", "	if any {\n", "	if any && false {\n"},
		{"3.4 rule 5: the newest stamp among the members", "lift.go", "later(newest, stamp), true", "stamp, true"},
		{"3.4 rule 5: only what shows", "lift.go", "p.shown() != nothing {\n		return p.view()", "p != nil && p.opens {\n		return p.view()"},
		{"3.4 rule 5: what a lesser group holds", "lift.go", "return v, r.Stamp, v != nil", "return v, r.Stamp, false"},
		{"3.4 rule 5: fields likewise", "lift.go", "for _, f := range fields {", "for _, f := range fields[:0] {"},
		{"3.4 rule 6: registers of lesser policies", "lift.go", "at.n.typed() && !at.n.reg.rule().less(to) {", "at.n.typed() {"},

		{"3.5 rule 1: less is strict", "view.go", "!n.reg.Stamp.Less(ceiling))", "ceiling.Less(n.reg.Stamp) || n.reg.Policy == LWW && ceiling == Stamp{})"},
		{"3.5 rule 1: hidden below something newer", "view.go", "(n.reg.Policy != LWW || !n.reg.Stamp.Less(ceiling))", "true"},
		{"3.5 rule 1: the greatest, not the nearest", "view.go", "return later(above, n.reg.Stamp)", "return n.reg.Stamp"},
		{"3.5 rule 1: other policies are never hidden", "place.go", "	if n.typed() {\n		p.resolveTyped(n)", "	if n.typed() {\n		if n.reg.Stamp.Less(ceiling) {\n			return false\n		}\n		p.resolveTyped(n)"},
		{"3.5 rule 1: other policies hide nothing", "place.go", "		p.typed = true\n		p.opens = p.opens ||", "		p.typed, ceiling = true, later(ceiling, s.reg.Stamp)\n		p.opens = p.opens ||"},
		{"3.5 rule 2: tombstones open too", "place.go", "	case p.own.Dead, p.typed && p.own.Value != \"{}\":\n", "	case p.own.Dead:\n	case p.typed && p.own.Value != \"{}\":\n"},
		{"3.5 rule 2: of other policies only what shows", "place.go", "p.typed, p.opens = true, !n.reg.Dead\n", "p.typed, p.opens = true, true\n"},
		{"3.5 rule 2: of a tuple any member", "place.go", "p.opens || len(s.members) > 0", "p.opens || len(s.members) >= 0"},
		{"3.5 rule 3: what is below never shows", "view.go", "n.has && n.reg.Policy != LWW }", "n.has && n.reg.Policy != LWW && n.kids.len() == 0 }"},
		{"3.5 rule 4: an object above what opens", "place.go", "	case p.opens:\n		p.shows = object\n	case p.own == nil:\n", "	case p.opens && (p.own == nil || p.own.Dead):\n		p.shows = object\n	case p.own == nil:\n"},
		{"3.5 rule 4: of members of groups", "place.go", "	for _, s := range p.seats {\n		for m, kid := range s.members {", "	for _, s := range p.seats[:0] {\n		for m, kid := range s.members {"},
		{"3.5 rule 5: a tombstone shows nothing", "place.go", "	case p.own.Dead, p.typed && p.own.Value != \"{}\":\n", "	case p.typed && p.own.Value != \"{}\":\n"},
		{"3.5 rule 6: nothing stands above another policy", "place.go", "	case p.own.Dead, p.typed && p.own.Value != \"{}\":\n", "	case p.own.Dead:\n"},
		{"3.5 rule 6: unless it is {}", "place.go", "p.own.Dead, p.typed && p.own.Value != \"{}\"", "p.own.Dead, p.typed"},
		{"3.5 rule 7: the root is an object", "place.go", "!root.view().IsObject() {", "false {"},

		{"3.6 rule 2: one tombstone", "write.go", "Register{Stamp: p.stamp(path), Dead: true}", "Register{Stamp: p.stamp(path), Value: \"null\"}"},
		{"3.6 rule 3: supersedes all below", "write.go", "later(bound, p.d.at(path).newest())", "bound"},
		{"3.6 rule 3: supersedes all above", "write.go", "			bound = later(bound, n.reg.Stamp)\n", "			bound = n.reg.Stamp\n"},
		{"3.6 rule 3: refused above another policy", "write.go", "if p.typedBelow(path) {", "if p.typedBelow(path) && false {"},
		{"3.6 rule 4: member by member", "write.go", "case cur == nil || cur.IsObject():", "case cur == nil:"},
		{"3.6 rule 6: {} over a scalar", "write.go", "	if want.Len() == 0 {\n		p.put", "	if want.Len() == 0 && false {\n		p.put"},
		{"3.6 rule 7: {} takes the least stamp", "write.go", "stamp := Stamp{}\n", "stamp := p.stamp(path)\n"},
		{"3.6 rule 8: the next generation", "write.go", "cur.Era, cur.Gen+1", "cur.Era, cur.Gen"},
		{"3.6 rule 8: a logout begins an era", "write.go", "p.isAbsent(was) || p.isAbsent(is)", "p.isAbsent(was)"},
		{"3.6 rule 8: a login begins an era", "write.go", "p.isAbsent(was) || p.isAbsent(is)", "p.isAbsent(is)"},
		{"3.6 rule 8: another identity begins an era", "write.go", "return p.Identity != \"\" &&", "return false &&"},
		{"3.6 rule 9: removing begins an era", "write.go", "	case next.Dead:\n		next.Era = next.Stamp\n", "	case next.Dead:\n"},
		{"3.6 rule 9: what would not win begins an era", "write.go", "next.Policy != First && next.Compare(cur) < 0:\n		next.Era = next.Stamp", "next.Policy != First && next.Compare(cur) < 0:"},
		{"3.6 rule 9: first over a value is not written", "write.go", "n.has && next.Policy != First && next", "n.has && next"},

		{"3.10 rule 1: an empty text is no secret", "spent.go", "m != \"\" && !v.isBlank() {", "m != \"\" && v != nil {"},
		{"3.10 rule 1: refresh and access alone", "spent.go", "[]string{p.Refresh, p.Access}", "append([]string{p.Refresh, p.Access}, p.Members...)"},
		{"3.10 rule 2: refresh before access", "spent.go", "[]string{p.Refresh, p.Access}", "[]string{p.Access, p.Refresh}"},
		{"3.10 rule 2: without what the tuple holds", "spent.go", "!lists(held, digest) && ", ""},
		{"3.10 rule 2: each once", "spent.go", " && !lists(list, digest) {", " {"},
		{"3.10 rule 2: eight", "spent.go", "maxSpent = 8 * digestLen", "maxSpent = 10 * digestLen"},
		{"3.10 rule 2: in a new era, too", "write.go", "	next.Spent = d.supersede(p, cur, tuple)\n", "	if next.Gen > 0 {\n		next.Spent = d.supersede(p, cur, tuple)\n	}\n"},

		{"4.2: v greater than 1 is refused", "decode.go", "strictjson.CompareNumbers(v.Raw(), \"1\") > 0", "strictjson.CompareNumbers(v.Raw(), \"2\") > 0"},
		{"4.3: anything else is malformed", "entry.go", "e.form == emptyObject && len(parts) > 2 ||", ""},
		{"4.3: a fifth part", "entry.go", "len(parts) > 5 ||", "len(parts) > 4 ||"},
		{"4.3: of an instance only", "decode.go", " || e.spent != \"\" && !isInstance(key) {", " {"},
		{"4.3: digests are base64url", "digest.go", " && strings.Trim(text, alphabet) == \"\"", ""},
		{"4.4: key, zero byte, value", "digest.go", "	d.buf = append(d.buf, 0)\n", ""},
		{"4.6 rule 1: nearest entry", "decode.go", "			inherited = r.coverAt(string(r.at))\n", "			r.coverAt(string(r.at))\n"},
		{"4.6 rule 1: own entry, own digest", "decode.go", "case e.form == values && e.digests == r.of(at, raw):", "case e.form == values:"},
		{"4.6 rule 1: by place from the front", "decode.go", "		c.front++\n", ""},
		{"4.6 rule 1: by place from the back", "decode.go", "back < min(len(leaves), e.count())-front && leaves", "false && leaves"},
		{"4.6 rule 1: by digest in between", "decode.go", "		kept[i] = listed[leaves[i].digest]\n", ""},
		{"4.6 rule 2: a tuple whole", "decode.go", "listed && e.form == values && e.digests == r.of(s.name, value):", "listed && e.form == values && (e.digests == r.of(s.name, value) || len(members) > 0):"},
		{"4.6 rule 3: a tombstone entry is a register", "decode.go", "if e.form == tombstone || e.form == emptyObject {\n		r.Doc", "if e.form == emptyObject {\n		r.Doc"},
		{"4.6 rule 4: tombstones keep open", "decode.go", "(v.Len() > 0 || r.open(string(r.at)))", "v.Len() > 0"},
		{"4.6 rule 5: a missing place is a removal", "decode.go", "	case e.form == values || e.form == emptyObject:\n		r.edits", "	case e.form == values:\n		r.edits"},
		{"4.6 rule 5: lost digests", "decode.go", "	c.lost = lost(c.leaves, kept, rest)\n", "	_ = rest\n"},
		{"4.6 rule 5: objects that tombstones kept open", "decode.go", "	r.hollows()\n", ""},

		{"5: numbers as float64 writes them", "adopt.go", "		strictjson.SameNumber(ours.Leaf, theirs.Leaf)", "		false"},
		{"5 rule 1: theirs is merged", "adopt.go", "	ours.Merge(file.Doc)\n", ""},
		{"5 rule 1: edits that show already", "adopt.go", "	changes = slices.DeleteFunc(changes, a.says)\n", ""},
		{"5 rule 1: by the foreign actor", "adopt.go", "Writer{Actor: Foreign, Over: e.over}", "Writer{Actor: 1, Over: e.over}"},
		{"5 rule 1: superseding what was overwritten", "adopt.go", "Writer{Actor: Foreign, Over: e.over}", "Writer{Actor: Foreign}"},
		{"5 rule 1: spent secrets", "adopt.go", "		case a.putsBack(e):\n			a.reject(e)\n			a.remember(e)\n", ""},
		{"5 rule 1: the list of what is lost", "adopt.go", "			a.remember(e)\n", ""},
		{"5 rule 1: a removal with the entry's stamp", "adopt.go", "!r.Dead && r.Stamp == c.entry.stamp && a.file", "!r.Dead && a.file"},
		{"5 rule 1: a removal with a listed digest", "adopt.go", "				slices.Contains(c.lost, digests.of(at, r.Value)) {\n", "				digests.of(at, r.Value) != \"\" {\n"},
		{"5 rule 1: a removal of a policy's field", "adopt.go", "	return ok && r.Stamp == e.over\n}\n\n// removes", "	return ok\n}\n\n// removes"},
		{"5 rule 1: a removal of what is empty yet", "adopt.go", "return a.doc.At(e.path).Equal(a.file.Doc.At(e.path))", "return true"},
		{"5 rule 1: an object that is gone", "adopt.go", "a.file.View.At(top) == nil && a.allGone(top, gone)", "false"},
		{"5 rule 1: an object that has something yet", "adopt.go", "a.file.View.At(top) == nil && a.allGone(top, gone)", "a.file.View.At(top) == nil"},
		{"5 rule 3: the zero stamp", "adopt.go", "raise(Register{Value: v.JSON()})", "raise(Register{Value: v.JSON(), Stamp: NewStamp(0, 0, 1, Foreign)})"},
		{"5 rule 4: what agrees with the base is old", "adopt.go", "return v == stale || v == unproven", "return v == unproven"},
		{"5 rule 4: what differs from both is an edit", "infer.go", "			v = edited\n", "			v = stale\n"},
		{"5 rule 4: spent secrets", "adopt.go", "known[e.witness].judge(base)), a.putsBack(e):", "known[e.witness].judge(base)):"},
		{"5 rule 4: not the present one", "adopt.go", "!theirs.Equal(ours) && a.isSpent", "theirs != ours && a.isSpent"},
		{"5 rule 4: what our register lists", "adopt.go", "		lists(a.doc.tuples[e.tuple.name].Spent, a.doc.spentDigest(v)) ||\n", ""},
		{"5 rule 4: what the file's entry lists", "adopt.go", "lists(e.entry.spent, a.file.Doc.spentDigest(v))", "false"},
		{"5 rule 4: which members are secrets", "spent.go", "(m == s.policy.Access || m == s.policy.Refresh)", "m == s.policy.Refresh"},
		{"5 rule 5: what is lacking stays", "vocabulary.go", "		if !a[word] {\n			return nil\n		}\n", "		_ = word\n"},
		{"5 rule 5: a removal", "adopt.go", "!r.Dead && missing[digests.of(key, \"\")] && a.file", "false && a.file"},
		{"5 rule 5: of a group, if the base holds the tuple", "adopt.go", "!ok || base < (witness{past: a.past.Past[key]}).since()", "!ok"},
		{"5 rule 5: of a group", "adopt.go", "want: &View{}, over: r.Stamp, tuple: &s}, r.Value != \"{}\"", "want: &View{}, over: r.Stamp, tuple: &s}, false"},
		{"5 rule 5: {} removes nothing", "adopt.go", "e.want.IsObject() && a.doc.At(e.path).IsObject():", "false:"},
		{"5.1: a value had once", "infer.go", "unique = 192", "unique = 12"},
		{"5.1: a value had several times", "infer.go", "recurring = 12", "recurring = 192"},
		{"5.1: 6 for each newer step", "infer.go", "aging  = 6", "aging  = 5"},
		{"5.1: 6 for each newer step, and no more", "infer.go", "aging  = 6", "aging  = 7"},
		{"5.1: up to 24", "infer.go", "maxAge = 24", "maxAge = 64"},
		{"5.1: 110 if nothing differs", "infer.go", "idle = 110", "idle = 0"},
		{"5.1: unless the file has something new", "infer.go", "distance == explained && !changed", "distance == explained"},
		{"5.1: the newest of several", "infer.go", "if d < best {", "if d <= best {"},
		{"5.1: a group that is not proven is old", "adopt.go", "v == unproven && e.tuple != nil", "false"},
		{"5.1: a leaf that is not proven is edited", "adopt.go", "v == unproven && e.tuple != nil", "v == unproven"},
		{"5.1: 16 versions", "history.go", "historyDepth    = 17", "historyDepth    = 16"},
	}
}

// nodeMutants are those of the implementation in JavaScript.
func nodeMutants() []mutant {
	return []mutant{
		{"2: the epoch z is malformed", "stamp.js", "/^[0-9a-hjkmnp-tv-y]", "/^[0-9a-hjkmnp-tv-z]"},
		{"2: the successor has the actor", "stamp.js", "TIME_CHARACTERS) + actor : stamp", "TIME_CHARACTERS) + actorOf(stamp) : stamp"},
		{"2: the last stamp is its own successor", "stamp.js", "next < FULL.epoch << 60n ?", "next < 32n << 60n ?"},
		{"2: the clock only if it is ahead", "stamp.js", "return now > greatest ? now", "return now >= greatest.slice(0, 13) ? now"},
		{"2: a foreign write has no clock", "stamp.js", "if (actor === FOREIGN) return successor(greatest, FOREIGN);", ""},

		{"3.2: policy rank", "register.js", "    rank(a.kind) - rank(b.kind) ||\n", "    rank(b.kind) - rank(a.kind) ||\n"},
		{"3.2: epoch before era", "register.js", "    compareText(epochOf(a.stamp), epochOf(b.stamp)) ||\n", ""},
		{"3.2: era before the own key", "register.js", "    compareStamps(a.era, b.era) ||\n    compareOwnKeys(a, b) ||\n", "    compareOwnKeys(a, b) ||\n    compareStamps(a.era, b.era) ||\n"},
		{"3.2: the policy's own key", "register.js", "    compareOwnKeys(a, b) ||\n", ""},
		{"3.2: the whole stamp", "register.js", "    compareStamps(a.stamp, b.stamp) ||\n", ""},
		{"3.2: tombstone above value", "register.js", "if (value === null) return 2;", "if (value === null) return 0;"},
		{"3.2: {} above the tombstone", "register.js", "kind === 'lww' ? 3 : 1", "kind === 'lww' ? 1 : 1"},
		{"3.2: the tuple {} below all", "register.js", "if (isEmpty && isGroupKind(kind)) return 0;", ""},
		{"3.2: the longer list", "register.js", "a.length - b.length ||", ""},
		{"3.2: lists by bytes", "register.js", " || compareText(a, b);", ";"},
		{"3.10 rule 1: an empty text is no secret", "spent.js", "value && !['null', '\"\"'].includes(canonical(value))", "value"},
		{"3.10 rule 2: refresh before access", "spent.js", "[refresh, access]", "[access, refresh]"},
		{"3.10 rule 2: without what the tuple holds", "spent.js", ".filter((digest) => !held.has(digest))", ""},
		{"3.10 rule 2: each once", "spent.js", "[...new Set(older)]", "older"},
		{"3.10 rule 2: eight", "spent.js", "MOST = 8", "MOST = 10"},
		{"4.3: of an instance only", "entry.js", "if (shape.spent && !isInstanceName(key)) return null;", ""},
		{"5 rule 1: the list of what is lost", "adopt.js", "if (!registers.has(key) && entry?.spent) registers", "if (false) registers"},
		{"5 rule 4: what our register lists", "adopt.js", "this.writer.document.registers.get(key)?.spent, entry?.spent", "entry?.spent"},
		{"5 rule 4: what the file's entry lists", "adopt.js", ".get(key)?.spent, entry?.spent", ".get(key)?.spent"},
		{"3.2: canonical value", "register.js", "    compareText(canonicalOf(a), canonicalOf(b)) ||\n", ""},
		{"3.2: literal bytes", "register.js", "compareText(literalOf(a), literalOf(b))", "0"},

		{"3.3 rule 1: the greater", "register.js", "compareRegisters(a, b) >= 0 ? a : b", "compareRegisters(a, b) <= 0 ? a : b"},
		{"3.3 rule 2: the smaller id", "document.js", "compare(a.id, b.id) ||", "compare(b.id, a.id) ||"},
		{"3.3 rule 2: none is greater than any", "document.js", "Number(x === '') - Number(y === '') ||", ""},
		{"3.3 rule 2: the smaller salt", "document.js", "compare(a.salt, b.salt)", "compare(b.salt, a.salt)"},
		{"3.3 rule 2: the salt goes with the id", "document.js", "  return { id, salt };", "  return { id, salt: a.salt };"},
		{"3.3 rule 3: the greater policy", "policy.js", "comparePolicies(a, b) >= 0 ? a : b", "comparePolicies(a, b) <= 0 ? a : b"},
		{"3.3 rule 3: members of both", "policy.js", "new Set([...a.members, ...b.members])", "new Set(stays.members)"},
		{"3.3 rule 3: a flag if either has it", "policy.js", "a[flag] || b[flag]", "a[flag] && b[flag]"},
		{"3.3 rule 3: null is greater than any key", "policy.js", "Number(a[i] === null) - Number(b[i] === null) ||", ""},
		{"3.3 rule 4: nothing is dropped", "document.js", "for (const [key, theirs] of b) all", "for (const [key, theirs] of b) if (theirs.value !== null) all"},
		{"3.4 rule 5: merging does not lift", "answer.js", "import { merge } from './document.js';", "import { merge as pure } from './document.js';\nimport { lift } from './view.js';\nconst merge = (a, b) => lift(pure(a, b));"},

		{"3.4: first, the earlier stamp", "register.js", "compareStamps(b.stamp, a.stamp)", "compareStamps(a.stamp, b.stamp)"},
		{"3.4: a value above a tombstone", "register.js", "return Number(b.value === null) - Number(a.value === null);", "return 0;"},
		{"3.4: max, the greater value", "register.js", "a.kind === 'max' ? compareValues(a.value, b.value)", "a.kind === 'max' ? 0"},
		{"3.4: min, the smaller value", "register.js", ": compareValues(b.value, a.value);", ": compareValues(a.value, b.value);"},
		{"3.4: token, the generation", "register.js", "return a.gen - b.gen;", "return 0;"},
		{"3.4: values by class", "order.js", "'null', 'false', 'true',", "'true', 'false', 'null',"},
		{"3.4: a time below other strings", "order.js", "'time', 'string',", "'string', 'time',"},
		{"3.4: numbers exactly", "order.js", "return compareNumbers(exact(a.text), exact(b.text));", "return Number(a.text) - Number(b.text);"},
		{"3.4: times as instants", "order.js", "hour * 3600 + minute * 60 + +second - offset,", "hour * 3600 + minute * 60 + +second,"},
		{"3.4 rule 1: the highest rank that matches", "policy.js", "if (rank(policy.kind) > rank(kind)) kind", "if (kind === 'lww' || rank(policy.kind) < rank(kind)) kind"},
		{"3.4 rule 1: null stands for any key", "policy.js", "key === null || key === place[i]", "key === place[i]"},
		{"3.4 rule 2: an instance for each object", "policy.js", "if (keys.length !== policy.pattern.filter((part) => part === null).length) return null;", ""},
		{"3.4 rule 3: the higher rank owns", "policy.js", "rank(b.policy.kind) - rank(a.policy.kind) ||", "rank(a.policy.kind) - rank(b.policy.kind) ||"},
		{"3.4 rule 3: then the smaller name", "policy.js", "|| compareText(a.policy.name, b.policy.name));", "|| compareText(b.policy.name, a.policy.name));"},
		{"3.4 rule 3: a group owns what is left to it", "policy.js", "filter((key) => !claimed.has(key))", "filter(() => true)"},
		{"3.4 rule 4: members never show by themselves", "view.js", "  for (const { owned } of place.groups) for (const key of owned) place.below.delete(key);\n", ""},
		{"3.4 rule 5: lifting groups", "view.js", "    else liftGroup(document, place, { policy, owned, instance });\n", ""},
		{"3.4 rule 5: the newest stamp among the members", "view.js", "stamps.reduce(laterOf), tuple", "stamps.at(-1), tuple"},
		{"3.4 rule 5: only what shows", "view.js", "(!isOwn && shows === null)", "(!isOwn && held === null && shows === null)"},
		{"3.4 rule 5: fields likewise", "view.js", "kind === 'lww' || (!isOwn && shows === null)", "!isOwn || kind === 'lww'"},

		{"3.5 rule 1: less is strict", "view.js", "own.stamp < ceiling;", "own.stamp <= ceiling && ceiling !== ZERO;"},
		{"3.5 rule 1: hidden below something newer", "view.js", "own.stamp < ceiling;", "false;"},
		{"3.5 rule 1: the greatest, not the nearest", "view.js", "own ? laterOf(ceiling, own.stamp) : ceiling", "own ? own.stamp : ceiling"},
		{"3.5 rule 1: other policies hide nothing", "view.js", "  for (const child of place.below.values()) look(child, ceiling);\n", "  for (const group of place.groups) ceiling = laterOf(ceiling, group.register.stamp);\n  for (const child of place.below.values()) look(child, ceiling);\n"},
		{"3.5 rule 1: other policies are never hidden", "view.js", "if (own && !isPlain(own)) return", "if (own && !isPlain(own) && own.stamp >= ceiling) return"},
		{"3.5 rule 2: tombstones open too", "view.js", "place.opens = place.open || stays;", "place.opens = place.open || (stays && own.value !== null);"},
		{"3.5 rule 2: of other policies only what shows", "view.js", "const opens = shows !== null;", "const opens = true;"},
		{"3.5 rule 2: of a tuple any member", "view.js", "tuple.members.size > 0);", "tuple.members.size >= 0);"},
		{"3.5 rule 3: what is below never shows", "view.js", "if (own && !isPlain(own)) return lookAtField", "if (own && !isPlain(own) && place.below.size === 0) return lookAtField"},
		{"3.5 rule 4: an object above what opens", "view.js", "if (place.open || place.path.length === 0)", "if ((place.open && !own?.value) || place.path.length === 0)"},
		{"3.5 rule 4: of members of groups", "view.js", "  for (const { tuple } of place.groups) for (const [key, value] of tuple.members) members.set(key, value);\n", ""},
		{"3.5 rule 5: a tombstone shows nothing", "view.js", "isEmptyObject(own.value)) ? own.value : null;", "isEmptyObject(own.value)) ? own.value ?? EMPTY : null;"},
		{"3.5 rule 6: nothing stands above another policy", "view.js", "stays && (!place.special || isEmptyObject(own.value))", "stays"},
		{"3.5 rule 6: unless it is {}", "view.js", "(!place.special || isEmptyObject(own.value))", "!place.special"},
		{"3.5 rule 7: the root is an object", "view.js", " || place.path.length === 0", ""},

		{"3.6 rule 2: resets below", "write.js", "    for (const [key, unit] of this.unitsBelow(path)) this.reset(key, unit, stamp);\n", ""},
		{"3.6 rule 3: supersedes all below", "write.js", "    if (place) newest = laterOf(newest, newestOf(place));\n", ""},
		{"3.6 rule 3: supersedes all above", "write.js", "laterOf(over, this.newestAbove(path))", "over"},
		{"3.6 rule 3: refused above another policy", "write.js", "    if (placeAt(this.tree, path)?.special) throw new Refused();\n", ""},
		{"3.6 rule 6: {} over a scalar", "write.js", "    if (shown && shown.type !== 'object' && isEmptyObject(value)) return this.value(path, value, over);\n", ""},
		{"3.6 rule 7: {} takes the least stamp", "write.js", "newest === ZERO && !own ? ZERO", "false ? ZERO"},
		{"3.6 rule 8: the next generation", "write.js", "old.era, old.gen + 1", "old.era, old.gen"},
		{"3.6 rule 8: a logout begins an era", "write.js", " || isAbsent(policy.roles, value) || isAnother", " || isAnother"},
		{"3.6 rule 8: a login begins an era", "write.js", "!old || isAbsent(policy.roles, old.value) ||", "!old ||"},
		{"3.6 rule 8: another identity begins an era", "write.js", "(one && canonical(one)) !== (other && canonical(other))", "false"},
		{"3.6 rule 9: removing begins an era", "write.js", "const wins = value !== null && (", "const wins = value === null || ("},
		{"3.6 rule 9: what would not win begins an era", "write.js", "compareRegisters(same, old) > 0)", "true)"},
		{"3.6 rule 9: first over a value is not written", "write.js", "    if (kind === 'first' && value !== null && old?.kind === kind && old.value !== null) return;\n", ""},

		{"4.2: v greater than 1 is refused", "decode.js", "point > 1n ||", "point > 2n ||"},
		{"4.3: anything else is malformed", "entry.js", "return era ? null : { ...shape, form: 'empty' };", "return { ...shape, form: 'empty' };"},
		{"4.4: key, zero byte, value", "digest.js", ".update('\\0')", ""},
		{"4.6 rule 1: nearest entry", "decode.js", "const nearest = this.entries.get(key) ?? above;", "const nearest = above ?? this.entries.get(key);"},
		{"4.6 rule 1: by place from the back", "decode.js", "agrees(end - 1, last - 1)) [end", "false) [end"},
		{"4.6 rule 1: by digest in between", "decode.js", "|| taken(lost, leaf) ||", "||"},
		{"4.6 rule 2: a tuple whole", "decode.js", "fits(entry) && entry.digests[0] === this.digest(key, value))", "fits(entry))"},
		{"4.6 rule 3: a tombstone entry is a register", "decode.js", "fits(entry) && entry.form !== 'value') this", "fits(entry) && entry.form === 'empty') this"},
		{"4.6 rule 4: tombstones keep open", "decode.js", "!isEmptyObject(value) || !this.kept.has(key)", "true"},
		{"4.6 rule 5: a missing place is a removal", "decode.js", "      else if (!has(shown, entry.place)) this.removed.push(entry);\n", ""},
		{"4.6 rule 5: lost digests", "decode.js", "      for (const digest of lost) this.lost.push({ entry, digest });\n", ""},
		{"4.6 rule 5: objects that tombstones kept open", "decode.js", "if (path) this.removedObjects", "if (false) this.removedObjects"},

		{"5: numbers as float64 writes them", "adopt.js", "    : remarshalled(ours, theirs);", "    : canonical(ours) === canonical(theirs);"},
		{"5 rule 1: theirs is merged", "adopt.js", "new Adoption(merge(known, theirs.document),", "new Adoption(copyOf(known),"},
		{"5 rule 1: spent secrets", "adopt.js", "    if (unit?.policy && this.putsBack(unit, value, now, entry)) return this.refuse(key, entry);\n", ""},
		{"5 rule 1: superseding what was overwritten", "decode.js", "value, over: nearest?.stamp ?? ZERO };", "value, over: ZERO };"},
		{"5 rule 1: a removal with the entry's stamp", "adopt.js", "entry.stamp === stamp && digest(", "digest("},
		{"5 rule 1: a removal with a listed digest", "adopt.js", "canonical(value)) === short)", "canonical(value)) !== null)"},
		{"5 rule 1: a removal of a policy's field", "adopt.js", "entry.key === key && entry.stamp === stamp)", "entry.key === key)"},
		{"5 rule 1: a removal of what is empty yet", "adopt.js", "  isHollow(path) {\n", "  isHollow(path) {\n    return true;\n"},
		{"5 rule 1: an object that is gone", "adopt.js", ".find(isGone) ?? path", ".find(() => false) ?? path"},
		{"5 rule 1: an object that has something yet", "adopt.js", " === null && !stays(path);", " === null;"},
		{"5 rule 2: another id replaces", "adopt.js", "ours && ours.id === theirs.document.id ? ours", "ours ? ours"},
		{"5 rule 3: the zero stamp", "adopt.js", "register(kind, ZERO, value));", "register(kind, '0'.repeat(12) + '1' + '0'.repeat(8), value));"},
		{"5 rule 4: what agrees with the base is old", "infer.js", "return then?.digest === digest;", "return false;"},
		{"5 rule 4: what differs from both is an edit", "infer.js", "return then?.digest === digest;", "return true;"},
		{"5 rule 4: spent secrets", "infer.js", " || this.holdsSpent(unit)) refused", ") refused"},
		{"5 rule 4: not the present one", "infer.js", "return !isPresent && isSecretMember", "return isSecretMember"},
		{"5 rule 4: which members are secrets", "policy.js", "(roles.access === key || roles.refresh === key)", "roles.refresh === key"},
		{"5 rule 5: what is lacking stays", "infer.js", "words.every((word) => vocabulary.has(word)) && vocab", "vocab"},
		{"5 rule 5: a removal", "infer.js", "removals: this.removals(base)", "removals: []"},
		{"5 rule 5: of a group, if the base holds the tuple", "infer.js", "(!unit.policy || this.isCurrent(unit, base))", "true"},
		{"5 rule 5: of a group", "infer.js", "(!unit.policy || this.isCurrent(unit, base))", "!unit.policy"},
		{"5 rule 5: {} removes nothing", "adopt.js", "if (!adoption.removesOnly(edit)) adoption", "adoption"},
		{"5.1: a value had once", "infer.js", "const ONCE = 192;", "const ONCE = 12;"},
		{"5.1: a value had several times", "infer.js", "const SEVERAL = 12;", "const SEVERAL = 192;"},
		{"5.1: 6 for each newer step", "infer.js", "const NEWER_STEP = 6;", "const NEWER_STEP = 5;"},
		{"5.1: 6 for each newer step, and no more", "infer.js", "const NEWER_STEP = 6;", "const NEWER_STEP = 7;"},
		{"5.1: up to 24", "infer.js", "const NEWER_STEPS = 24;", "const NEWER_STEPS = 64;"},
		{"5.1: 110 if nothing differs", "infer.js", "const UNCHANGED = 110;", "const UNCHANGED = 0;"},
		{"5.1: unless the file has something new", "infer.js", "differing.length === 0 && known.length === this.found.length;", "differing.length === 0;"},
		{"5.1: the newest of several", "infer.js", "if (distance < least)", "if (distance <= least)"},
		{"5.1: a group that is not proven is old", "infer.js", "return policy !== undefined || remembered", "return remembered"},
		{"5.1: a leaf that is not proven is edited", "infer.js", "return policy !== undefined || remembered.versions.some((version) => version.digest === digest);", "return true;"},
		{"5.1: 16 versions", "history.js", "const KEPT = 16;", "const KEPT = 15;"},
	}
}

// occurrences says how often the snippet is in the file of the implementation.
func (m mutant) occurrences(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, m.file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), m.old)
}

func TestEachMutantHasItsPlaceInTheCode(t *testing.T) {
	for dir, all := range map[string][]mutant{"../lww": goMutants(), "node": nodeMutants()} {
		seen := map[mutant]bool{}
		for _, m := range all {
			if n := m.occurrences(t, dir); n != 1 {
				t.Errorf("%s: its snippet occurs %d times in %s", m.spec, n, m.file)
			}
			if m.old == m.new || seen[m] {
				t.Errorf("%s: it changes nothing, or is there twice", m.spec)
			}
			seen[m] = true
		}
	}
}
