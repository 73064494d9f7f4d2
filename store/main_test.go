package store_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"patchbay/store/pgtest"
)

// server is the PostgreSQL of this binary's tests.
var server *pgtest.Server

func TestMain(m *testing.M) {
	code := pgtest.Main(m, &server)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			_, _ = os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}
