package refresh

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
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

// With HTTP/2 one connection carries many requests.
func TestATokenThatCanNotBeMarkedAsSentEndsNoOtherRequest(t *testing.T) {
	r := newRig(t)
	began, end := make(chan struct{}), make(chan struct{})
	var forms []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.ProtoMajor != 2 {
			t.Error("it is HTTP ", req.Proto)
		}
		if req.URL.Path == "/slow" {
			close(began)
			<-end
			return
		}
		form, _ := io.ReadAll(req.Body)
		forms = append(forms, string(form))
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	slow := make(chan error, 1)
	go func() {
		resp, err := s.Client().Get(s.URL + "/slow")
		if err == nil {
			err = resp.Body.Close()
		}
		slow <- err
	}()
	<-began
	c := r.over(&failing{FileStore: r.store(), path: r.path, point: "record-write"}, func(o *Options) {
		o.Exchange = (&Endpoint{URL: s.URL, ClientID: "cli", Client: s.Client()}).Exchange
	})
	_, err := c.Refresh(t.Context(), "AT-1")
	fails[*TransientError](t, err)
	close(end)
	must(t, <-slow)
	s.Close() // until its handlers have ended
	equal(t, "sent", strings.Join(forms, " "), "")
	equal(t, "markers", len(r.folderFiles("refresh-*.marker")), 0)
}
