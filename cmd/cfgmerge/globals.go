package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/cfgmerge/cfgmerge"
)

// globals are the flags that every command has.
type globals struct {
	lockTimeout time.Duration
	durability  durability
	inPlace     bool
	anyOwner    bool
	maxSize     size
	noColor     bool
}

func (g *globals) define(flags *pflag.FlagSet) {
	g.lockTimeout = 5 * time.Second
	g.maxSize = 64 << 20
	flags.DurationVar(&g.lockTimeout, "lock-timeout", g.lockTimeout, "longest wait for other processes")
	flags.Var(&g.durability, "durability", "what a change survives")
	flags.BoolVar(&g.inPlace, "in-place", false, "overwrite a file that can't be replaced")
	flags.BoolVar(&g.anyOwner, "any-owner", false, "permit another owner of file or state folder")
	flags.Var(&g.maxSize, "max-size", "largest file and input to read")
	flags.BoolVar(&g.noColor, "no-color", false, "no colours, as with NO_COLOR set")
}

// options are the library's options as the flags have them.
func (g *globals) options() *cfgmerge.Options {
	o := &cfgmerge.Options{
		App: "cfgmerge", Durability: g.durability.level(), LockTimeout: g.lockTimeout,
		InPlace: g.inPlace, AnyOwner: g.anyOwner, MaxSize: int64(g.maxSize),
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = 1 // the library's zero is its default
	}
	return o
}

// open returns the handle for a file.
func (a *app) open(path string) (*cfgmerge.Doc, error) {
	return cfgmerge.OpenDoc(path, a.options())
}

// durability is a flag.
type durability string

func (d *durability) String() string {
	if *d == "" {
		return "full"
	}
	return string(*d)
}

func (d *durability) Type() string { return "full|file|none" }

func (d *durability) Set(s string) error {
	if s != "full" && s != "file" && s != "none" {
		return errors.New("must be full, file or none")
	}
	*d = durability(s)
	return nil
}

func (d *durability) level() cfgmerge.Durability {
	switch *d {
	case "file":
		return cfgmerge.SyncFile
	case "none":
		return cfgmerge.NoSync
	}
	return cfgmerge.Full
}

// size is a flag: a number of bytes.
type size int64

// maxMaxSize is the most that the strict scanner reads.
const maxMaxSize = 1<<31 - 1

// sizeUnits are the units from the largest to none, each a power of two.
func sizeUnits() []sizeUnit {
	return []sizeUnit{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}}
}

type sizeUnit struct {
	suffix string
	shift  int
}

func (s *size) String() string {
	units := sizeUnits()
	i := slices.IndexFunc(units, func(u sizeUnit) bool { return *s%(1<<u.shift) == 0 })
	return strconv.FormatInt(int64(*s)>>units[i].shift, 10) + units[i].suffix
}

func (s *size) Type() string { return "size" }

func (s *size) Set(text string) error {
	for _, u := range sizeUnits() {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n <= 0 || n > maxMaxSize>>u.shift {
			return errors.New("must be a number of bytes from 1 to 2147483647, with KiB, MiB or GiB if you like")
		}
		*s = size(n << u.shift)
		return nil
	}
	return nil
}
