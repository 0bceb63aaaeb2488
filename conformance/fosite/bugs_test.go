package fosite

import (
	"context"
	"os"
	"path/filepath"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// Bugs that are planted into a process, to see whether an attack would find
// them.
const (
	bugForgets  = "drops the answer"
	bugReplays  = "takes a lost answer for none"
	bugCopies   = "leaves a copy of the token"
	bugTalks    = "shows the token"
	bugUnlocked = "refreshes without the lock"
)

// plant puts it between the coordinator and the server.
func plant(bug, path string, o *refresh.Options) {
	exchange := o.Exchange
	o.Exchange = func(ctx context.Context, t refresh.Token) (refresh.Token, error) {
		next, err := exchange(ctx, t)
		switch {
		case bug == bugForgets && err == nil:
			return refresh.Token{}, &refresh.ResponseError{Status: 429}
		case bug == bugCopies && err == nil:
			return next, os.WriteFile(filepath.Join(filepath.Dir(path), "backup"), []byte(next.Refresh), 0o644)
		}
		return next, err
	}
	if bug == bugReplays {
		o.Classify = func(error) refresh.Class { return refresh.Transient }
	}
}
