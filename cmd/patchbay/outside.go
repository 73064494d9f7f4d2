package main

import (
	"context"
	"fmt"

	"patchbay/transcribe"
	"patchbay/transcribe/outside"
)

// childCommand starts the server's own recogniser.
func childCommand(exe string, s *settings) []string {
	cmd := []string{exe, "transcriber", "--model", s.Model}
	if s.TranscribeURL != "" {
		cmd = append(cmd, "--url", s.TranscribeURL, "--url-model", s.TranscribeModel, "--url-key-file", s.TranscribeKey)
	}
	return cmd
}

// leaving adds where voices are sent to, for every desk to say.
func (c *centre) leaving(st transcribe.Status) transcribe.Status {
	if _, host, err := outside.Endpoint(c.s.TranscribeURL); err == nil && c.s.Transcriber != "none" {
		st.Leaves = host
	}
	return st
}

// checkOutside says plainly whether voices leave this machine.
func checkOutside(_ context.Context, s *settings) finding {
	if s.TranscribeURL == "" {
		return finding{what: "no: voices are recognised on our own machines"}
	}
	endpoint, host, err := outside.Endpoint(s.TranscribeURL)
	if err != nil {
		return finding{what: err.Error(), mend: "write --transcribe-url as https://speech.example.com"}
	}
	if s.Transcriber == "none" {
		return finding{what: "no: --transcriber none", warn: true, mend: "--transcribe-url is of no use without a recogniser on this machine"}
	}
	if _, err := readTranscribeKey(s.TranscribeKey); err != nil {
		return finding{what: err.Error(), mend: "put the key into the file that --transcribe-url-key-file names, readable by this user alone"}
	}
	return finding{what: fmt.Sprintf("YES: voices, and the customer's name and orders, go to %s (%s)", host, endpoint), warn: true,
		mend: "callers should know; leave --transcribe-url out to keep them here"}
}
