package scenarios

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cfgmerge/cfgmerge"
	"github.com/cfgmerge/cfgmerge/examples/proctest"
)

// kubeconfig is that of kubectl, as JSON.
type kubeconfig struct {
	Kind     string    `json:"kind"`
	Clusters []cluster `json:"clusters"`
	Users    []user    `json:"users"    cfgmerge:"secret"`
	Contexts []struct {
		Name    string `json:"name"`
		Context struct {
			Cluster string `json:"cluster"`
			User    string `json:"user"`
		} `json:"context"`
	} `json:"contexts"`
	CurrentContext string `json:"current-context"`
}

type cluster struct {
	Name    string `json:"name"`
	Cluster struct {
		Server string `json:"server"`
	} `json:"cluster"`
}

type user struct {
	Name string   `json:"name"`
	User userInfo `json:"user"`
}

type userInfo struct {
	Token string `json:"token,omitempty"`
}

const kube = `{
  "kind": "Config",
  "clusters": [
    {"name": "prod", "cluster": {"server": "https://prod.example.com", "certificate-authority-data": "AAAA"}},
    {"name": "test", "cluster": {"server": "https://test.example.com"}}
  ],
  "users": [
    {"name": "alice", "user": {"token": "T-1", "exec": {"command": "helper"}}}
  ],
  "contexts": [
    {"name": "prod", "context": {"cluster": "prod", "user": "alice"}},
    {"name": "test", "context": {"cluster": "test", "user": "alice", "namespace": "qa"}}
  ],
  "current-context": "prod"
}
`

// useContext is kubectl config use-context, overtaken between load and save.
// Its arguments are the file, the context and the way.
func useContext(args []string) int {
	var k kubeconfig
	save, err := loadKube(args[2], args[0], &k)
	if err == nil {
		err = proctest.Meet(bufio.NewReader(os.Stdin), "loaded")
	}
	if err == nil {
		k.CurrentContext = args[1]
		err = save()
	}
	return report(err)
}

func loadKube(way, path string, k *kubeconfig) (save func() error, err error) {
	if way == "cfgmerge" {
		snap, err := cfgmerge.Load(path, k)
		return func() error { return snap.Save(k) }, err
	}
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, k)
	}
	return func() error {
		data, _ := json.MarshalIndent(k, "", "  ")
		return os.WriteFile(path, data, 0o600)
	}, err
}

// Scenario 10.
func TestAStaleProcessThatChangesTheContextChangesNothingElse(t *testing.T) {
	for _, row := range []struct {
		way, token string
		users      []string
	}{
		{"cfgmerge", "T-2", []string{"alice", "bob"}},
		{"naive", "T-1", []string{"alice"}}, // the bug
	} {
		t.Run(row.way, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config")
			write(t, path, kube)
			stale := proctest.Start(t, "use-context", path, "test", row.way)
			stale.Expect("loaded")

			var k kubeconfig
			save, err := loadKube(row.way, path, &k)
			must(t, err)
			k.Users[0].User.Token = "T-2"
			k.Users = append(k.Users, user{Name: "bob", User: userInfo{Token: "B-1"}})
			must(t, save())
			stale.Finish()

			var now kubeconfig
			must(t, json.Unmarshal([]byte(read(t, path)), &now))
			if now.CurrentContext != "test" || now.Users[0].User.Token != row.token || !slices.Equal(names(now.Users), row.users) {
				t.Errorf("context %s, token %s, users %v", now.CurrentContext, now.Users[0].User.Token, names(now.Users))
			}
		})
	}
}

func names(users []user) (out []string) {
	for _, u := range users {
		out = append(out, u.Name)
	}
	return out
}

// Scenario 10: nor does it drop what its type does not know, or touch the text
// of what it did not change.
func TestChangingTheContextChangesItsBytesOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, kube)
	p := proctest.Start(t, "use-context", path, "test", "cfgmerge")
	p.Expect("loaded")
	p.Finish()
	wantTextOf(t, path, replace(t, kube, `"current-context": "prod"`, `"current-context": "test"`))
}
