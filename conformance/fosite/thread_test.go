package fosite

import (
	"context"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
)

// strace(1), when it is told which call to hit, counts by thread, and takes the
// first one that comes so far. So in a process that is attacked each kind of
// work has a thread of its own, which is ahead of the others.
const (
	aheadWithFiles       = 50
	aheadWithConnections = 200
)

// lead keeps the goroutine on its thread, and reads, writes and closes what does
// not matter, so many times.
func lead(by int) {
	runtime.LockOSThread()
	for range by {
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
	reads, writes, closes sync.Once
}

func (c *leadingConn) Read(p []byte) (int, error) {
	c.reads.Do(func() { lead(aheadWithConnections) })
	return c.Conn.Read(p)
}

func (c *leadingConn) Close() error {
	c.closes.Do(func() { lead(aheadWithConnections) })
	return c.Conn.Close()
}

func (c *leadingConn) Write(p []byte) (int, error) {
	c.writes.Do(func() { lead(aheadWithConnections) })
	return c.Conn.Write(p)
}
