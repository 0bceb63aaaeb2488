package refresh

import (
	"errors"
	"io"
	"net"
	"testing"

	"github.com/cfgmerge/cfgmerge/fileio"
)

// failing is a store whose state folder fails at a step, from the second time
// on: the first one makes the marker.
type failing struct {
	*FileStore
	path, point string
	count       int
}

func (f *failing) Folder(create bool) (*fileio.Folder, error) {
	return fileio.OpenFolder(f.path, create, fileio.Options{LockTimeout: -1, Fault: func(point string) error {
		if point != f.point {
			return nil
		}
		if f.count++; f.count > 1 {
			return errors.New("injected")
		}
		return nil
	}})
}

// What can't be marked as sent must not go out: the next call, of any process,
// would take the token for unspent.
func TestATokenThatCanNotBeMarkedAsSentDoesNotGoOut(t *testing.T) {
	r := newRig(t)
	arrived := make(chan string)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		text, _ := io.ReadAll(conn) // until the client hangs up
		arrived <- string(text)
	}()
	c := r.over(&failing{FileStore: r.store(), path: r.path, point: "record-write"}, func(o *Options) {
		o.Exchange = (&Endpoint{URL: "http://" + l.Addr().String(), ClientID: "cli"}).Exchange
	})
	_, err = c.Refresh(t.Context(), "AT-1")
	fails[*TransientError](t, err)
	equal(t, "sent", <-arrived, "")
	equal(t, "markers", len(r.folderFiles("refresh-*.marker")), 0)
}
