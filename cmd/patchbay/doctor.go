package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"patchbay/media/record"
	"patchbay/media/rtp"
	"patchbay/media/webrtc"
	"patchbay/store"
	"patchbay/transcribe/models"
)

// lowDisk is the free space below which the doctor warns: some days of records and spools.
const lowDisk = 2 << 30 // bytes

// finding is what a check found: nothing to mend where mend is empty.
type finding struct {
	what, mend string
	warn       bool // works, but not for everybody

	// The same for desks, which say it in their language: codes of both sentences, and the values in them. An error's own words
	// stay as they are, in params "error". Empty where only the doctor asks.
	code, mendCode string
	params         map[string]any
}

// as gives the finding its codes and values; those are pairs of a name and a value.
func (f finding) as(code, mendCode string, values ...any) finding {
	f.code, f.mendCode, f.params = code, mendCode, map[string]any{}
	for i := 0; i+1 < len(values); i += 2 {
		f.params[values[i].(string)] = values[i+1]
	}
	return f
}

// doctor runs every check with the settings that serve would have, and fails where serve would.
func doctor(ctx context.Context, args []string, std stdio) error {
	s, err := loadSettings("doctor", args, std, os.LookupEnv)
	if err != nil {
		return err
	}
	checks := []struct {
		name  string
		check func(context.Context, *settings) finding
	}{
		{"desk port", checkHTTP}, {"sip ports", checkSIP}, {"trunk", checkTrunk}, {"rtp ports", checkRTP}, {"browser audio", checkWebRTC},
		{"microphones", checkOrigin}, {"relay (TURN)", checkRelay}, {"database", checkDatabase}, {"speech models", checkModels},
		{"transcribers", checkTranscribers}, {"words leave", checkOutside},
		{"disk", checkDisk}, {"recordings", checkRecordings},
	}
	bad := 0
	for _, c := range checks {
		f := c.check(ctx, s)
		mark := "ok  "
		switch {
		case f.warn:
			mark = "warn"
		case f.mend != "":
			mark = "BAD "
			bad++
		}
		fmt.Fprintf(std.out, "%s  %-14s %s\n", mark, c.name, f.what)
		if f.mend != "" {
			fmt.Fprintf(std.out, "%22s→ %s\n", "", f.mend)
		}
	}
	if bad > 0 {
		fmt.Fprintf(std.out, "\n%d to mend.\n", bad)
		return errReported
	}
	fmt.Fprintln(std.out, "\nNothing to mend.")
	return nil
}

func checkTCP(flag, addr string) finding {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return finding{what: err.Error(), mend: fmt.Sprintf("stop the program that has the port, or choose another with --%s (if it is Patchbay itself, all is well)", flag)}
	}
	l.Close()
	return finding{what: addr + " is free"}
}

func checkUDP(flag, addr string) finding {
	l, err := net.ListenPacket("udp", addr)
	if err != nil {
		return finding{what: err.Error(), mend: fmt.Sprintf("stop the program that has the port, or choose another with --%s", flag)}
	}
	l.Close()
	return finding{what: addr + " is free"}
}

func checkHTTP(_ context.Context, s *settings) finding { return checkTCP("http", s.HTTP) }

func checkSIP(_ context.Context, s *settings) finding {
	if f := checkUDP("sip", s.SIP); f.mend != "" {
		return f
	}
	return checkTCP("sip", s.SIP)
}

func checkRTP(_ context.Context, s *settings) finding {
	from, to, err := s.rtpPorts()
	if err == nil {
		_, err = rtp.NewPortPool(from, to, 0)
	}
	if err != nil {
		return finding{what: err.Error(), mend: "choose another range with --rtp"}
	}
	free := 0
	for port := int(from) + int(from)%2; port+1 <= int(to); port += 2 {
		if l, err := net.ListenUDP("udp", &net.UDPAddr{Port: port}); err == nil {
			l.Close()
			free++
		}
	}
	f := finding{what: fmt.Sprintf("room for %d calls at a time in %s", free, s.RTP)}
	if free < s.MaxCalls {
		f.warn, f.mend = true, fmt.Sprintf("--max-calls is %d: widen --rtp", s.MaxCalls)
	}
	return f
}

func checkWebRTC(_ context.Context, s *settings) finding {
	if s.WebRTC == "" {
		web := netip.MustParseAddrPort(s.HTTP)
		f := checkUDP("webrtc", s.HTTP)
		if f.mend != "" {
			return finding{what: "UDP port " + fmt.Sprint(web.Port()) + " is taken: a free one is used", warn: true, mend: "name one with --webrtc where a firewall must know it"}
		}
		return f
	}
	if f := checkUDP("webrtc", s.WebRTC); f.mend != "" {
		return f
	}
	return checkTCP("webrtc", s.WebRTC)
}

// checkOrigin: browsers give microphones to https and to this machine only (W3C Secure Contexts).
func checkOrigin(_ context.Context, s *settings) finding {
	address := s.PublicURL
	if address == "" {
		scheme := "http"
		if s.TLSCert != "" {
			scheme = "https"
		}
		address = scheme + "://" + s.HTTP
	}
	u, err := url.Parse(address)
	if err != nil {
		return finding{what: err.Error(), mend: "write --public-url as https://desk.example.com"}.as("error", "public_url", "error", err.Error())
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme == "https" || ip.IsLoopback() || u.Hostname() == "localhost" {
		return finding{what: "browsers give their microphone to " + address}.as("microphone_given", "", "address", address)
	}
	return finding{what: "browsers refuse the microphone to " + address + ", which is neither https nor this machine",
		mend: "give a certificate with --tls-cert and --tls-key, or put a proxy with https before it and name it in --public-url"}.as("microphone_refused", "certificate", "address", address)
}

func checkRelay(_ context.Context, s *settings) finding {
	if s.TURN == "off" {
		if !s.exposed() {
			return finding{what: "off, and not needed: browsers are on this machine"}.as("relay_not_needed", "")
		}
		return finding{what: "off: guests reach --webrtc directly, by UDP or TCP, or not at all", warn: true, mend: "leave --turn out, or let the port of --webrtc through the firewall, UDP and TCP"}.as("relay_off", "relay_on")
	}
	c := &centre{s: s, log: slog.New(slog.DiscardHandler)}
	api, err := webrtc.NewAPI(webrtc.Config{UDPAddr: netip.AddrPortFrom(netip.MustParseAddrPort(s.HTTP).Addr(), 0).String(), Lite: true}) // checked by loadSettings
	if err != nil {
		return finding{what: err.Error(), mend: "choose another address with --http"}.as("error", "http", "error", err.Error())
	}
	defer api.Close()
	c.webrtc = api
	if err := c.openRelay(); err != nil {
		return finding{what: err.Error(), mend: "stop the program that has the port, or choose another with --turn and --turn-tls (if it is Patchbay itself, all is well)"}.as("error", "relay_taken", "error", err.Error())
	}
	defer c.close()
	addr := c.relay.Addr().String()
	f := finding{what: "works by UDP and TCP at " + addr}.as("relay_works", "", "address", addr)
	if at := c.relay.TLSAddr(); at.IsValid() {
		f.what += ", and by TLS at " + at.String()
		f = f.as("relay_works_tls", "", "address", addr, "tls", at.String())
		if _, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey); err != nil {
			return finding{what: "TLS: " + err.Error(), mend: "check the files of --tls-cert and --tls-key"}.as("error", "tls_files", "error", "TLS: "+err.Error())
		}
	} else if s.exposed() {
		f.warn, f.mendCode = true, "relay_tls"
		f.mend = "guests in networks that let only TLS through need it: give --tls-cert and --tls-key, and a fixed --turn-tls for the firewall"
	}
	if s.exposed() && s.TURN == "" {
		f.warn, f.mendCode = true, "relay_fixed"
		f.mend = "its port is another after each start: fix it with --turn (and --turn-tls), and let it through the firewall"
	}
	return f
}

func checkDatabase(ctx context.Context, s *settings) finding {
	if s.Database == "" {
		dir, err := store.Binaries()
		if err != nil {
			return finding{what: err.Error(), mend: "apt-get install postgresql, or name a server with --database"}
		}
		return finding{what: "a private server, by " + dir}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.Database)
	if err != nil {
		return finding{what: err.Error(), mend: "check the address, the password and that the server runs"}
	}
	defer conn.Close(ctx)
	var number string
	if err := conn.QueryRow(ctx, "SHOW server_version_num").Scan(&number); err != nil {
		return finding{what: err.Error(), mend: "check the server"}
	}
	if number < "150000" {
		return finding{what: "the server is older than PostgreSQL 15", mend: "use PostgreSQL 15 or newer"}
	}
	return finding{what: "reached"}
}

func checkModels(_ context.Context, s *settings) finding {
	if s.Transcriber == "none" {
		return finding{what: "not needed here: --transcriber none"}.as("models_not_needed", "")
	}
	cache, err := models.Open("")
	if err != nil {
		return finding{what: err.Error(), mend: "name a directory in $PATCHBAY_MODELS"}.as("error", "models_dir", "error", err.Error())
	}
	var bad []string
	for _, m := range cache.List() {
		if err := cache.Verify(m.Name); err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n") // one file of each is enough: what mends it is the same
			bad = append(bad, first)
		}
	}
	if len(bad) > 0 {
		return finding{what: strings.Join(bad, "; "), warn: true, mend: "calls work, words are not written: patchbay models pull"}.as("models_missing", "models_pull", "error", strings.Join(bad, "; "))
	}
	return finding{what: "complete in " + cache.Dir()}.as("models_complete", "", "dir", cache.Dir())
}

func checkDisk(_ context.Context, s *settings) finding {
	dir, err := filepath.Abs(s.DataDir)
	if err != nil {
		return finding{what: err.Error(), mend: "choose another --data-dir"}.as("error", "data_dir", "error", err.Error())
	}
	for ; ; dir = filepath.Dir(dir) { // the directory may not be made yet
		free, _, err := diskSpace(dir)
		if err != nil {
			if dir != filepath.Dir(dir) {
				continue
			}
			return finding{what: err.Error(), mend: "choose another --data-dir"}.as("error", "data_dir", "error", err.Error())
		}
		f := finding{what: fmt.Sprintf("%.1f GB free at %s", float64(free)/1e9, dir)}.as("disk_free", "", "bytes", free, "dir", dir)
		if free < lowDisk {
			f.warn, f.mendCode = true, "disk_room"
			f.mend = "make room, or choose another disk with --data-dir"
		}
		return f
	}
}

// checkRecordings tries the bucket of recordings, and the keys where there are some.
func checkRecordings(ctx context.Context, s *settings) finding {
	keysDir := filepath.Join(s.recordingsDir(), "keys")
	if _, err := os.Stat(keysDir); err == nil || s.RecordingKeys != "" {
		if _, err := s.openKeys(); err != nil {
			return finding{what: err.Error(), mend: "bring the master keys back from a backup, or mend what the message names"}.as("error", "master_keys", "error", err.Error())
		}
	}
	where := s.bucket()
	if s.Recordings == "" {
		if _, err := os.Stat(where); err != nil {
			return finding{what: "will be kept, sealed, in " + where}.as("recordings_later", "", "dir", where)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	b, err := record.OpenBucket(ctx, where)
	if err == nil {
		defer b.Close()
		err = record.TryBucket(ctx, b)
	}
	if err != nil {
		return finding{what: oneLine(err), mend: "calls are recorded and wait in the data directory: check the address and the rights of --recordings"}.as("error", "bucket", "error", oneLine(err))
	}
	waiting, _ := filepath.Glob(filepath.Join(s.recordingsDir(), "spool", "*.sealed"))
	return finding{what: fmt.Sprintf("%s takes, gives and removes an object; %d wait for it", where, len(waiting))}.
		as("bucket_works", "", "dir", place(where), "count", len(waiting))
}
