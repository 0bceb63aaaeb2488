package main

import (
	"bufio"
	"encoding/json"
	"io"
	"math/rand/v2"
	"time"

	"github.com/spf13/cobra"
)

// demoWorkerName is the hidden command by which the demo starts itself again.
const demoWorkerName = "demo-worker"

// demoDaemon is the name of the process that rotates the tokens.
const demoDaemon = "daemon"

// newDemoWorkerCommand is one process of the demo. It loads the file and says
// so; at the first byte on its stdin it begins to save, and says so each time;
// at the end of its stdin it saves once more, as programs do on exit. It ends
// too when the demo is killed, because that closes its stdin.
func newDemoWorkerCommand() *cobra.Command {
	var way, name string
	cmd := &cobra.Command{
		Use:    demoWorkerName + " FILE",
		Short:  "One process of the demo",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			w, err := demoWayNamed(way)
			if err != nil {
				return err
			}
			return runDemoWorker(w, name, args[0], cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&way, "way", "", "how to save")
	cmd.Flags().StringVar(&name, "name", "", "whose field to save")
	return cmd
}

// demoWord is a line that a worker writes.
type demoWord struct {
	// Loaded: the file was loaded.
	Loaded bool `json:"loaded,omitempty"`
	// Saved is the number that a save wrote, once it has returned.
	Saved int `json:"saved,omitempty"`
}

func runDemoWorker(way demoWay, name, path string, stdin io.Reader, stdout io.Writer) error {
	var c demoConfig
	save, err := way.load(path, &c)
	if err != nil {
		return err
	}
	say := json.NewEncoder(stdout)
	if err := say.Encode(demoWord{Loaded: true}); err != nil {
		return err
	}
	in := bufio.NewReader(stdin)
	if _, err := in.ReadByte(); err != nil {
		return nil // called off
	}
	ended := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, in)
		close(ended)
	}()
	for number := 1; ; number++ {
		last := isClosed(ended)
		c.change(name, number)
		if err := save(); err != nil {
			return err
		}
		if err := say.Encode(demoWord{Saved: number}); err != nil || last {
			return err
		}
		select {
		case <-ended:
		case <-time.After(demoPause(name)):
		}
	}
}

// change makes the process's own change, and no other. The daemon's first
// save rotates away from the pair that the file began with.
func (c *demoConfig) change(name string, number int) {
	if name == demoDaemon {
		c.rotate(demoPair(number))
		return
	}
	c.Saves[name] = number
}

// demoPair is the number of the pair that the daemon's save wrote, the zeroth
// save being the file as it began.
func demoPair(save int) int { return save + 1 }

// demoPause is the time to think between two saves, random so that the
// processes meet in every order.
func demoPause(name string) time.Duration {
	if name == demoDaemon {
		return 5*time.Millisecond + rand.N(20*time.Millisecond)
	}
	return time.Millisecond + rand.N(9*time.Millisecond)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
