// Command gen writes the desk's TypeScript types from the Go structs of package wire, so that the two cannot drift.
//
// Floor: F3. Run it by `go generate ./agentui/wire`; a test fails when the written file is stale.
package main

import (
	"fmt"
	"os"

	"patchbay/acd/video"
	"patchbay/agentui/wire"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen DESK.ts HELP.ts")
		os.Exit(2)
	}
	source, err := typeScript(wire.ServerTypes, wire.ClientTypes, wire.CloseCodes)
	if err == nil {
		err = os.WriteFile(os.Args[1], source, 0o644)
	}
	if err == nil { // a file of its own: the guest's page loads nothing of the desk
		source, err = helpTypeScript(video.ServerTypes, video.ClientTypes, video.Op{}, video.Entry{})
	}
	if err == nil {
		err = os.WriteFile(os.Args[2], source, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
