package cfgmerge

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestAProgramThatNeverReadsTheFileAgainPutsNothingBack(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"mine":0,"theirs":0}`)
		d := open(t, path, o)
		for n := 1; n <= 60; n++ {
			update(t, d, "/mine", fmt.Sprint(n))
			if n%8 == 0 {
				replaceFile(t, path, fmt.Sprintf(`{"mine":0,"theirs":%d}`, n))
				shows(t, path, fmt.Sprintf(`{"mine":%d,"theirs":%d}`, n, n))
			}
		}
	})
}

// overtakenRole saves, is overtaken by a program that writes args[1], adopts
// that, and is killed before it can say that it has.
func overtakenRole(args []string) {
	path := args[0]
	o := at(&Options{}, "exchange", func() error {
		if err := os.WriteFile(path+".new", []byte(args[1]), 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	})
	exchange := o.fault
	o.fault = func(point string) error {
		if point == "unlink" {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
		return exchange(point)
	}
	doc, err := OpenDoc(path, o)
	if err == nil {
		err = doc.Update(context0(), setField("/victim", "1"))
	}
	fmt.Println("survived", err)
}

func TestWhatAKilledSaveHadAdoptedIsNoEditTheSecondTime(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"mine":0,"theirs":0}`)
		d := open(t, path, o)
		for n := 1; n <= 5; n++ {
			update(t, d, "/mine", fmt.Sprint(n))
		}
		victim := exec.Command(os.Args[0], path, `{"mine":1,"theirs":1}`)
		victim.Env = append(os.Environ(), roleVariable+"=overtaken")
		if out, err := victim.Output(); len(out) > 0 {
			t.Fatalf("%s%v", out, err)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.cfgmerge", ".*-*-*")); err != nil || len(left) < 2 {
			t.Fatalf("nothing was left: %v", left)
		}
		shows(t, path, `{"mine":5,"theirs":1,"victim":1}`)
		update(t, d, "/after", "1")
		shows(t, path, `{"after":1,"mine":5,"theirs":1,"victim":1}`)
	})
}

func TestAWriterThatNeverClosesTheFileIsAdoptedOnce(t *testing.T) {
	layouts(t, func(t *testing.T, o *Options) {
		path := temp(t, `{"mine":0,"theirs":0}`)
		d := open(t, path, o)
		for n := 1; n <= 5; n++ {
			update(t, d, "/mine", fmt.Sprint(n))
		}
		var writer *os.File
		overtaken := open(t, path, at(o, "exchange", func() (err error) {
			if writer, err = os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0); err == nil {
				_, err = writer.WriteString(`{"mine":1,"theirs":1}`)
			}
			return err
		}))
		soon, cancel := context.WithTimeout(context0(), 50*time.Millisecond) // the patience with the writer
		defer cancel()
		if err := overtaken.Update(soon, setField("/mine", "6")); err != nil {
			t.Fatal(err)
		}
		for n := 7; n <= 40; n++ {
			update(t, d, "/mine", fmt.Sprint(n))
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		update(t, d, "/after", "1")
		shows(t, path, `{"after":1,"mine":40,"theirs":1}`)
		checkFolder(t, path)
	})
}
