package fosite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/refresh"
)

// config is the file that the processes share.
type config struct {
	Auth struct {
		Access  string `json:"access_token" cfgmerge:"token=auth,access"`
		Refresh string `json:"refresh_token" cfgmerge:"token=auth,refresh"`
		Expires int64  `json:"expires_ms,omitempty" cfgmerge:"token=auth,expiry"`
	} `json:"auth"`
	Saves int `json:"saves,omitempty"`
}

// coordinated is the wallet that is tested.
type coordinated struct {
	*refresh.Coordinator
	worker *worker
}

// coordinate opens the file, and what goes with it if there is no place beside
// it.
func coordinate(w *worker, path string, o refresh.Options) (*coordinated, io.Closer, error) {
	file, err := cfgmerge.Open[config](path, &cfgmerge.Options{App: "fleet", StateHome: filepath.Join(filepath.Dir(path), "state")})
	if err != nil {
		return nil, nil, err
	}
	store := refresh.NewFileStore(file.Doc(), cfgmerge.GroupRef{Name: "auth"})
	o.Exchange, o.ClientID = w.endpoint().Exchange, clientID
	o.LockTimeout = cmp.Or(o.LockTimeout, -1)
	if w.bug != "" {
		plant(w.bug, path, &o)
	}
	if w.aimed == onFiles {
		keepAhead(&o)
	}
	c, err := refresh.New(store, o)
	return &coordinated{c, w}, file, err
}

// What a process says of its token, a line each.
const (
	eventRejected    = "rejected"    // the resource wants another access token
	eventInterrupted = "interrupted" // it is not known whether the refresh token is spent
	eventResumed     = "resumed"     // it was not, or the server did not mind
	eventLogout      = "logout"      // the user has to log in
	eventError       = "error"
)

func (c *coordinated) token(ctx context.Context) (string, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return c.recover(ctx, err)
	}
	return t.Access, nil
}

func (c *coordinated) refresh(ctx context.Context, rejected string) (string, error) {
	t, err := c.Refresh(ctx, rejected)
	if err != nil {
		return c.recover(ctx, err)
	}
	return t.Access, nil
}

// recover does what the user would: take the risk, and if that goes wrong log
// in.
func (c *coordinated) recover(ctx context.Context, err error) (string, error) {
	var interrupted *refresh.InterruptedError
	if errors.As(err, &interrupted) {
		fmt.Println(eventInterrupted, interrupted.PID)
		c.worker.resumes = true
		t, resumeErr := c.Resume(ctx)
		c.worker.resumes = false
		if resumeErr == nil {
			fmt.Println(eventResumed)
			return t.Access, nil
		}
		err = resumeErr
	}
	var superseded *refresh.SupersededError
	if errors.As(err, &superseded) { // by the login of another process
		t, err := c.Refresh(ctx, superseded.Discarded.Access)
		return t.Access, err
	}
	var refused *refresh.PermanentError
	if !errors.As(err, &refused) {
		return "", err
	}
	fmt.Println(eventLogout, refused.Code)
	t, err := c.worker.login(ctx)
	if err == nil {
		err = c.Login(ctx, t)
	}
	return t.Access, err
}
