package refresh

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// Tests that need several processes start this binary again, with the name of
// a role in the environment.
const roleVariable = "CFGMERGE_TEST_ROLE"

func TestMain(m *testing.M) {
	if role, ok := roles()[os.Getenv(roleVariable)]; ok {
		if err := role(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func roles() map[string]func([]string) error {
	return map[string]func([]string) error{"token": tokenRole, "saver": saverRole, "minter": minterRole, "exec": execRole, "program": programRole}
}

// tokenRole asks for a token, and prints its access token. At the named point
// of the refresh it does what it is told: die, or wait for its standard input
// to end. A fifth argument bounds its own wait for others.
func tokenRole(args []string) error {
	path, url, point, what := args[0], args[1], args[2], args[3]
	patience := time.Duration(-1)
	if len(args) > 4 {
		var err error
		if patience, err = time.ParseDuration(args[4]); err != nil {
			return err
		}
	}
	file, err := cfgmerge.Open[config](path, nil)
	if err != nil {
		return err
	}
	endpoint := &Endpoint{URL: url, ClientID: "cli"}
	c, err := New(NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "auth"}), Options{
		Exchange: endpoint.Exchange, ClientID: "cli", LockTimeout: patience,
		Fault: func(p string) error {
			if p == point {
				misbehave(what)
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	token, err := c.Token(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(token.Access)
	return nil
}

func misbehave(what string) {
	switch what {
	case "die":
		self, _ := os.FindProcess(os.Getpid())
		_ = self.Kill()
		select {}
	case "wait":
		fmt.Println("waiting")
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

// saverRole saves a field many times.
func saverRole(args []string) error {
	doc, err := cfgmerge.OpenDoc(args[0], &cfgmerge.Options{LockTimeout: -1, Durability: cfgmerge.NoSync})
	if err != nil {
		return err
	}
	for n := range 50 {
		err := doc.Update(context.Background(), func(d *lww.Document, w lww.Writer) error {
			return d.Write(w, lww.Change{Path: []string{args[1]}, Want: &lww.View{Leaf: strictjson.Quote(fmt.Sprint(n))}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// minterRole gets a value that is made once, in 8 goroutines, and prints what
// each of them got. With a value to discard, each does that first.
func minterRole(args []string) error {
	path, url, discard := args[0], args[1], args[2]
	file, err := cfgmerge.Open[config](path, &cfgmerge.Options{LockTimeout: -1, Durability: cfgmerge.NoSync})
	if err != nil {
		return err
	}
	once, err := NewOnce(file.Doc(), "/anon_token", func(ctx context.Context) (string, error) {
		resp, err := http.Get(url)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}, OnceOptions{LockTimeout: -1})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		wg.Go(func() {
			if discard != "" {
				if err := once.Discard(context.Background(), discard); err != nil {
					fmt.Fprintln(os.Stderr, err)
				}
			}
			value, err := once.Get(context.Background())
			mu.Lock()
			defer mu.Unlock()
			fmt.Println(value, err)
		})
	}
	wg.Wait()
	return nil
}

// child is a process in one of the roles.
type child struct {
	*exec.Cmd
	t      *testing.T
	in     io.WriteCloser
	out    *bufio.Reader
	stderr *bytes.Buffer
}

func start(t *testing.T, role string, args ...string) *child {
	t.Helper()
	return startIn(t, "", role, args...)
}

// startIn starts it in a directory; empty is that of the test.
func startIn(t *testing.T, dir, role string, args ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0], args...), t: t, stderr: &bytes.Buffer{}}
	c.Dir = dir
	c.Env = append(os.Environ(), roleVariable+"="+role)
	c.Cmd.Stderr = c.stderr
	var err error
	c.in, err = c.StdinPipe()
	must(t, err)
	out, err := c.StdoutPipe()
	must(t, err)
	c.out = bufio.NewReader(out)
	must(t, c.Start())
	t.Cleanup(func() { _, _ = c.Process.Kill(), c.Wait() })
	return c
}

// expect waits for a line.
func (c *child) expect(want string) {
	c.t.Helper()
	line, err := c.out.ReadString('\n')
	if strings.TrimSpace(line) != want {
		c.t.Fatalf("the child said %q, not %q: %v %s", line, want, err, c.stderr)
	}
}

// finish returns what else it prints, and whether it ended well.
func (c *child) finish() (string, error) {
	out, _ := io.ReadAll(c.out)
	return strings.TrimSpace(string(out)), c.Wait()
}

// wait returns all that the child says.
func (c *child) wait() (string, error) {
	out, err := c.finish()
	return strings.TrimSpace(out + "\n" + c.stderr.String()), err
}
