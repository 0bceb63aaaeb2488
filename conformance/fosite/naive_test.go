package fosite

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"github.com/cfgmerge/cfgmerge/refresh"
)

// naive is the BUG, as it was found in the wild: load, refresh, save. It is at
// its best here: it loads immediately before it refreshes, and replaces the file
// in one step.
type naive struct {
	path   string
	server *refresh.Endpoint
}

func (n *naive) token(context.Context) (string, error) {
	c, err := n.load()
	return c.Auth.Access, err
}

func (n *naive) refresh(ctx context.Context, _ string) (string, error) {
	c, err := n.load()
	if err != nil {
		return "", err
	}
	next, err := n.server.Exchange(ctx, refresh.Token{Refresh: c.Auth.Refresh})
	if err != nil {
		return "", err
	}
	c.Auth.Access, c.Auth.Refresh = next.Access, next.Refresh
	return c.Auth.Access, n.save(c)
}

func (n *naive) load() (c config, err error) {
	data, err := os.ReadFile(n.path)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	return c, err
}

// save tears nothing, and keeps nobody out.
func (n *naive) save(c config) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	temp := n.path + strconv.Itoa(os.Getpid())
	if err := os.WriteFile(temp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temp, n.path)
}
