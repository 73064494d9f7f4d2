package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"patchbay/store"
	"patchbay/store/pgtest"
)

// server is the PostgreSQL of this binary's tests.
var server *pgtest.Server

// childVar names the part that a child process of a test plays: it is this binary again.
const childVar = "PATCHBAY_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if part := os.Getenv(childVar); part != "" {
		if err := playChild(context.Background(), part, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := pgtest.Main(m, &server)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// playChild does what a test wants another process to do. Those that are to be killed never return.
func playChild(ctx context.Context, part string, args []string) error {
	switch part {
	case "migrate":
		s, err := store.Open(ctx, args[0], store.Config{})
		if err != nil {
			return err
		}
		s.Close()
		return nil
	case "private":
		p, err := store.StartPrivate(ctx, store.PrivateConfig{DataDir: args[0]})
		if err != nil {
			return err
		}
		fmt.Println(p.URL())
		select {}
	case "journal": // hand over lines, one print each, until killed
		s, err := store.Open(ctx, args[0], store.Config{})
		if err != nil {
			return err
		}
		j, err := store.NewJournal(store.JournalConfig{Dir: args[1], Store: s})
		if err != nil {
			return err
		}
		if args[2] == "applied" {
			go func() { _ = j.Run(ctx) }()
		}
		j.SaveInteraction(call("call-1"))
		for i := 1; ; i++ {
			j.SaveLine(line("call-1", i))
			fmt.Println(i)
		}
	}
	return fmt.Errorf("no part %q", part)
}
