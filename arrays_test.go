package cfgmerge

import (
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cfgmerge/cfgmerge/lww"
	"github.com/cfgmerge/cfgmerge/strictjson"
)

// lists has arrays that merge by element.
type lists struct {
	Tags    []string `json:"tags,omitempty" cfgmerge:"set"`
	Servers []server `json:"servers,omitempty" cfgmerge:"keyed=name"`
	Other   int      `json:"other,omitempty"`
}

type server struct {
	Name string `json:"name"`
	Port int    `json:"port,omitempty"`
}

// kube is a kubeconfig as JSON.
type kube struct {
	Current  string        `json:"current-context"`
	Contexts []kubeContext `json:"contexts" cfgmerge:"keyed=name"`
	Users    []kubeUser    `json:"users" cfgmerge:"keyed=name"`
	Clusters []kubeCluster `json:"clusters" cfgmerge:"keyed=name"`
}

type kubeContext struct {
	Name    string            `json:"name"`
	Context map[string]string `json:"context"`
}

type kubeUser struct {
	Name string            `json:"name"`
	User map[string]string `json:"user"`
}

type kubeCluster struct {
	Name    string            `json:"name"`
	Cluster map[string]string `json:"cluster"`
}

// appenderRole loads once, waits for a line, and saves with one more tag and one
// more server.
func appenderRole(args []string) {
	path, name := args[0], args[1]
	var v lists
	snap, err := Load(path, &v)
	fmt.Println("loaded")
	_, _ = os.Stdin.Read(make([]byte, 1))
	v.Tags = append(v.Tags, name)
	v.Servers = append(v.Servers, server{Name: name})
	if err == nil {
		err = snap.Save(&v)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestProcessesThatEachAppendToOneArrayAllKeepTheirElements(t *testing.T) {
	path := temp(t, `{"tags":["first"],"servers":[{"name":"first","port":1}]}`)
	const processes = 4
	want := []string{"first"}
	var finish []func() error
	for i := range processes {
		name := fmt.Sprint("p", i)
		want = append(want, name)
		cmd := exec.Command(os.Args[0], path, name)
		cmd.Env = append(os.Environ(), roleVariable+"=appender")
		cmd.Stderr = os.Stderr
		in, _ := cmd.StdinPipe()
		out, _ := cmd.StdoutPipe()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, len("loaded\n"))); err != nil {
			t.Fatal(err)
		}
		finish = append(finish, func() error { _ = in.Close(); return cmd.Wait() })
	}
	for _, f := range finish { // all have loaded by now
		if err := f(); err != nil {
			t.Error(err)
		}
	}
	_, v := load[lists](t, path)
	var names []string
	for _, s := range v.Servers {
		names = append(names, s.Name)
	}
	slices.Sort(v.Tags)
	slices.Sort(names)
	if !slices.Equal(v.Tags, want) || !slices.Equal(names, want) || v.Servers[0].Port != 1 {
		t.Errorf("the file holds %v and %v", v.Tags, v.Servers)
	}
}

func TestAnElementThatOneProgramRemovesAndOneThatAnotherAddsAreBothAsTheyWant(t *testing.T) {
	path := temp(t, `{"tags":["x","y"]}`)
	s1, v1 := load[lists](t, path)
	s2, v2 := load[lists](t, path)
	v1.Tags = []string{"y"}
	save(t, s1, v1)
	v2.Tags = append(v2.Tags, "z")
	save(t, s2, v2)
	shows(t, path, `{"tags":["y","z"]}`)
}

func TestAProgramThatRemovesAllElementsItKnowsLeavesTheOthers(t *testing.T) {
	path := temp(t, `{"tags":["x"]}`)
	s1, v1 := load[lists](t, path)
	s2, v2 := load[lists](t, path)
	v2.Tags = append(v2.Tags, "y")
	save(t, s2, v2)
	v1.Tags = nil
	save(t, s1, v1)
	shows(t, path, `{"tags":["y"]}`)
}

func TestProgramsThatChangeDifferentElementsOrMembersKeepBoth(t *testing.T) {
	path := temp(t, `{"servers":[{"name":"a","port":1},{"name":"b","port":1}]}`)
	s1, v1 := load[lists](t, path)
	s2, v2 := load[lists](t, path)
	v1.Servers[0].Port = 2
	save(t, s1, v1)
	v2.Servers[1].Port = 3
	save(t, s2, v2)
	shows(t, path, `{"servers":[{"name":"a","port":2},{"name":"b","port":3}]}`)
}

func TestAReorderedArrayKeepsWhatOthersAddedMeanwhile(t *testing.T) {
	path := temp(t, `{"tags":["x","y"]}`)
	s1, v1 := load[lists](t, path)
	s2, v2 := load[lists](t, path)
	v2.Tags = append(v2.Tags, "z")
	save(t, s2, v2)
	slices.Reverse(v1.Tags)
	save(t, s1, v1)
	shows(t, path, `{"tags":["y","x","z"]}`)
}

func TestAStaleProgramThatSwitchesTheContextTakesNoUserAway(t *testing.T) {
	path := temp(t, `{"current-context":"a","contexts":[{"name":"a","context":{"user":"u"}}],"users":[{"name":"u","user":{"token":"T-1"}}],"clusters":[]}`)
	stale, v := load[kube](t, path)
	peer, w := load[kube](t, path)
	w.Users[0].User["token"] = "T-2"
	w.Users = append(w.Users, kubeUser{Name: "new", User: map[string]string{"token": "N"}})
	w.Contexts = append(w.Contexts, kubeContext{Name: "b", Context: map[string]string{"user": "new"}})
	save(t, peer, w)
	v.Current = "b"
	v.Contexts[0].Context["namespace"] = "web"
	save(t, stale, v)
	_, now := load[kube](t, path)
	if now.Current != "b" || len(now.Contexts) != 2 || now.Contexts[0].Context["namespace"] != "web" || len(now.Users) != 2 || now.Users[0].User["token"] != "T-2" {
		t.Errorf("%+v", now)
	}
}

func TestMembersOfElementsThatAnOlderBinaryDoesNotKnowSurviveItsSave(t *testing.T) {
	path := temp(t, `{"servers":[{"name":"a","new":{"k":1},"port":1},{"name":"b","new":2}]}`)
	s, v := load[lists](t, path)
	for port := range 3 { // a process that saves for long
		v.Servers[0].Port = 10 + port
		v.Servers = append(v.Servers, server{Name: fmt.Sprint("n", port)})
		save(t, s, v)
	}
	v.Servers = v.Servers[:2]
	save(t, s, v)
	shows(t, path, `{"servers":[{"name":"a","new":{"k":1},"port":12},{"name":"b","new":2}]}`)
}

func TestElementsWhoseMembersTheFileSpellsOtherwiseStayTheSame(t *testing.T) {
	path := temp(t, `{"Servers":[{"Name":"a","Port":1},{"Name":"b","Port":1}]}`)
	s, v := load[lists](t, path)
	v.Servers[1].Port = 2
	save(t, s, v)
	shows(t, path, `{"Servers":[{"Name":"a","Port":1},{"Name":"b","Port":2}]}`)
}

func TestAnUpdateChangesElementsOfWhatIsThere(t *testing.T) {
	path := temp(t, `{"tags":["x"]}`)
	f, err := Open[lists](path, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, tag := range []string{"y", "z"} {
		err := f.Update(context0(), func(v *lists) error { v.Tags = append(v.Tags, tag); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	err = f.Update(context0(), func(v *lists) error { v.Tags = v.Tags[1:]; return nil })
	if err != nil {
		t.Fatal(err)
	}
	shows(t, path, `{"tags":["y","z"]}`)
}

func TestAnEditBelowAnArrayChangesOneElement(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"servers":[{"name":"a","port":1},{"name":"b","port":1}]}`)
		s, v := load[lists](t, path)
		v.Other = 1
		save(t, s, v) // the policy is stored
		d := open(t, path, o)
		set := func(pointer, raw string) {
			t.Helper()
			at, _ := strictjson.SplitPointer(pointer)
			edit := UnsetField(at)
			if raw != "" {
				edit, _ = SetField(at, raw)
			}
			if err := d.Update(context0(), edit); err != nil {
				t.Fatal(err)
			}
		}
		set("/servers/1/port", "2")
		if got := d.Report().Changed; !reflect.DeepEqual(got, []string{`/servers~["name","b"]`}) {
			t.Errorf("changed %v", got)
		}
		set("/servers/-", `{"name":"c"}`)
		set("/servers/0", "")
		shows(t, path, `{"other":1,"servers":[{"name":"b","port":2},{"name":"c"}]}`)
	})
}

func TestAnEditorAndAProgramThatAddElementsKeepBoth(t *testing.T) {
	path := temp(t, `{"tags":["x"],"other":1}`)
	s, v := load[lists](t, path)
	v.Other = 2
	save(t, s, v)
	rewrite(t, path, `["x"]`, `["x","by hand"]`)
	v.Tags = append(v.Tags, "by program")
	r := save(t, s, v)
	_, now := load[lists](t, path)
	if slices.Sort(now.Tags); !slices.Equal(now.Tags, []string{"by hand", "by program", "x"}) || len(r.Rejected) > 0 {
		t.Errorf("%v, rejected %v", now.Tags, r.Rejected)
	}
}

func TestBlameNamesTheWriterOfEachElement(t *testing.T) {
	path := temp(t, `{"servers":[{"name":"a"}]}`)
	s, v := load[lists](t, path)
	v.Servers = append(v.Servers, server{Name: "b"})
	save(t, s, v)
	found, err := open(t, path, nil).Blame(context0())
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]bool{}
	for _, a := range found {
		by[a.Field] = a.By != nil && a.By.Kind == KindSave
	}
	if a, known := by[`/servers~["name","a"]`]; a || !known || !by[`/servers~["name","b"]`] {
		t.Errorf("%v", by)
	}
}

func TestNoJournalOrErrorHoldsAnElementOfASet(t *testing.T) {
	path := temp(t, `{"tags":["CANARY-1"]}`)
	s, v := load[lists](t, path)
	v.Tags = []string{"CANARY-2"}
	r := save(t, s, v)
	journal := text(t, strings.TrimSuffix(stateFolder(path), "/")+"/journal.jsonl")
	if strings.Contains(journal, "CANARY") || strings.Contains(fmt.Sprint(r), "CANARY") {
		t.Errorf("%s\n%v", journal, r)
	}
	if _, ok := lww.ArrayOf(r.Changed[0]); !ok && len(r.Changed) < 2 {
		t.Errorf("changed %v", r.Changed)
	}
}
