package faults

import (
	"slices"
	"testing"
)

// recorded is what strace prints for a save, shortened.
const recorded = `10 execve("/bin/cfgmerge", ["cfgmerge", "set", "/w/app.json"], 0x1 /* 5 vars */) = 0
10 openat(AT_FDCWD</>, "/etc/passwd", O_RDONLY) = 3</etc/passwd>
10 openat(AT_FDCWD</>, "/w/.app.json.cfgmerge/lock", O_RDWR|O_CREAT, 0600 <unfinished ...>
11 openat(AT_FDCWD</>, "/proc/self/maps", O_RDONLY <unfinished ...>
10 <... openat resumed>)             = 4</w/.app.json.cfgmerge/lock>
11 <... openat resumed>) = 5</proc/10/maps>
10 epoll_ctl(5<anon_inode:[eventpoll]>, EPOLL_CTL_ADD, 4</w/.app.json.cfgmerge/lock>, {}) = -1 EPERM (Operation not permitted)
10 flock(4</w/.app.json.cfgmerge/lock>, LOCK_EX|LOCK_NB) = 0
10 write(6</w/.app.json.cfgmerge/.00112233445566778899aabbccddeeff-00112233445566778899aabbccddeeff-42>, ""..., 20) = -1 ENOSPC (No space left on device) (INJECTED)
10 flock(4</w/.app.json.cfgmerge/lock>, LOCK_UN) = 0
10 --- SIGCHLD {si_signo=SIGCHLD} ---
10 +++ exited with 2 +++
`

func TestCallsAreCountedPerThreadAndName(t *testing.T) {
	var opened []int
	for _, c := range Trace(recorded) {
		if c.Name == "openat" {
			opened = append(opened, c.Thread, c.N)
		}
	}
	if want := []int{10, 1, 10, 2, 11, 1}; !slices.Equal(opened, want) {
		t.Errorf("got %v, want %v", opened, want)
	}
}

func TestACallThatWasInterruptedInTheTraceIsPutTogether(t *testing.T) {
	c := Trace(recorded)[2]
	if c.Args != `AT_FDCWD</>, "/w/.app.json.cfgmerge/lock", O_RDWR|O_CREAT, 0600` || c.Result != "4</w/.app.json.cfgmerge/lock>" {
		t.Errorf("%+v", c)
	}
}

func TestPointsAreTheCallsThatTouchTheFiles(t *testing.T) {
	var got []string
	for _, p := range Points(Trace(recorded), "/w") {
		got = append(got, p.What)
	}
	want := []string{
		`openat(AT_FDCWD</>, ".app.json.cfgmerge/lock", O_RDWR|O_CREAT, 0600)`,
		`flock(<.app.json.cfgmerge/lock>, LOCK_EX|LOCK_NB)`,
		`write(<.app.json.cfgmerge/TEMP>)`,
		`flock(<.app.json.cfgmerge/lock>, LOCK_UN)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestPointsKnowWhetherTheLockIsHeld(t *testing.T) {
	var got []bool
	for _, p := range Points(Trace(recorded), "/w") {
		got = append(got, p.Locked)
	}
	if want := []bool{false, true, true, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestARunIsOnTargetIfTheErrorCameWhereItShould(t *testing.T) {
	clean := Points(Trace(recorded), "/w")
	f := Fault{Kind: "ENOSPC"}
	if !f.Hit(clean, clean[2], clean) {
		t.Error("a hit is not recognised")
	}
	if f.Hit(clean, clean[1], clean) {
		t.Error("an error at another call counts as a hit")
	}
	if f.Hit(clean, clean[2], clean[1:]) {
		t.Error("a run that went another way counts as hit")
	}
}

func TestAKilledRunIsOnTargetIfItGotThatFar(t *testing.T) {
	clean := Points(Trace(recorded), "/w")
	f := Fault{Kind: "KILL"}
	if !f.Hit(clean, clean[2], clean[:2]) || !f.Hit(clean, clean[2], clean[:3]) {
		t.Error("a hit is not recognised")
	}
	if f.Hit(clean, clean[2], clean) || f.Hit(clean, clean[2], clean[:1]) {
		t.Error("a run that ended elsewhere counts as hit")
	}
}

func TestAStoppedRunIsOnTargetIfItGotExactlyThatFar(t *testing.T) {
	clean := Points(Trace(recorded), "/w")
	f := Fault{Kind: "STOP"}
	if !f.Hit(clean, clean[2], clean[:3]) {
		t.Error("a hit is not recognised")
	}
	if f.Hit(clean, clean[2], clean) || f.Hit(clean, clean[2], clean[:2]) {
		t.Error("a run that stopped elsewhere counts as hit")
	}
}

func TestWhereARunWasHitIsKnownThoughItShouldHaveBeenElsewhere(t *testing.T) {
	clean := Points(Trace(recorded), "/w")
	for name, row := range map[string]struct {
		fault Fault
		run   []Point
		want  int
	}{
		"an error":       {Fault{Kind: "ENOSPC"}, clean, 2},
		"no error":       {Fault{Kind: "ENOSPC"}, clean[:2], -1},
		"a kill":         {Fault{Kind: "KILL"}, clean[:2], 1},
		"nothing at all": {Fault{Kind: "KILL"}, nil, -1},
		"another way":    {Fault{Kind: "KILL"}, clean[1:3], -1},
	} {
		if got := row.fault.Landed(clean, row.run); got != row.want {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestFaultsAreAKillAndEachErrorOnceAndForGood(t *testing.T) {
	if n := len(Faults("write")); n != 1+7*2 {
		t.Errorf("%d faults of a write", n)
	}
	if n := len(Faults("flock")); n != 1+8*2 {
		t.Errorf("%d faults of a lock", n)
	}
	p := Point{Call: Call{Name: "write", N: 3}}
	for fault, want := range map[Fault]string{
		{Kind: "KILL"}:                 "--inject=write:signal=KILL:when=3",
		{Kind: "EIO"}:                  "--inject=write:error=EIO:when=3",
		{Kind: "EIO", Lasting: true}:   "--inject=write:error=EIO:when=3+",
		{Kind: "EINTR", Lasting: true}: "--inject=write:error=EINTR:when=3..23",
	} {
		if got := fault.Injection(p); got != want {
			t.Errorf("%v: %s, want %s", fault, got, want)
		}
	}
}
