package fosite

import (
	"context"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// The parts of a trace that are attacked: calls on files, and on connections.
const (
	onFiles       = "files"
	onConnections = "connections"
)

// strace(1), when it is told which call to hit, counts by thread, and takes the
// first one that comes so far. So in a process that is attacked what is to be hit
// has a thread of its own, which is ahead of the others.
const ahead = 50

// The exchange has a goroutine of its own, too, but does little with files: it
// is ahead in these calls, and then what follows it is ahead of it.
const (
	aheadInExchange = 10
	aheadAfterwards = 20
)

// keepAhead makes the calls of a refresh count on the threads that make them.
func keepAhead(o *refresh.Options) {
	exchange := o.Exchange
	o.Exchange = func(ctx context.Context, t refresh.Token) (refresh.Token, error) {
		leadInSyncs(aheadInExchange)
		return exchange(ctx, t)
	}
	o.Fault = func(point string) error {
		if point == "answered" {
			leadInSyncs(aheadAfterwards)
		}
		return nil
	}
}

// leadInSyncs is lead for what is written at a place and synced.
func leadInSyncs(by int) {
	runtime.LockOSThread()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return
	}
	for range by {
		_, _ = null.WriteAt([]byte{0}, 0)
		syncData(null)
	}
	_ = null.Close()
}

// lead keeps the goroutine on its thread, and reads, writes and closes there what
// does not matter.
func lead() {
	runtime.LockOSThread()
	for range ahead {
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			return // then the hit goes elsewhere, and is tried again
		}
		_, _ = null.Write([]byte{0})
		_, _ = null.Read(make([]byte, 1)) // the end of the file
		_ = null.Close()
	}
}

// leading is a transport whose connections are read and written on leading
// threads: net/http has a goroutine for each.
func leading() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &leadingConn{Conn: conn}, nil
	}}
}

type leadingConn struct {
	net.Conn
	reads, writes sync.Once
}

func (c *leadingConn) Read(p []byte) (int, error) {
	c.reads.Do(lead)
	return c.Conn.Read(p)
}

func (c *leadingConn) Write(p []byte) (int, error) {
	c.writes.Do(lead)
	return c.Conn.Write(p)
}
