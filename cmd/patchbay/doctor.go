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
		return finding{what: err.Error(), mend: "write --public-url as https://desk.example.com"}
	}
	ip, _ := netip.ParseAddr(u.Hostname())
	if u.Scheme == "https" || ip.IsLoopback() || u.Hostname() == "localhost" {
		return finding{what: "browsers give their microphone to " + address}
	}
	return finding{what: "browsers refuse the microphone to " + address + ", which is neither https nor this machine",
		mend: "give a certificate with --tls-cert and --tls-key, or put a proxy with https before it and name it in --public-url"}
}

func checkRelay(_ context.Context, s *settings) finding {
	if s.TURN == "off" {
		if !s.exposed() {
			return finding{what: "off, and not needed: browsers are on this machine"}
		}
		return finding{what: "off: guests reach --webrtc directly, by UDP or TCP, or not at all", warn: true, mend: "leave --turn out, or let the port of --webrtc through the firewall, UDP and TCP"}
	}
	c := &centre{s: s, log: slog.New(slog.DiscardHandler)}
	api, err := webrtc.NewAPI(webrtc.Config{UDPAddr: netip.AddrPortFrom(netip.MustParseAddrPort(s.HTTP).Addr(), 0).String(), Lite: true}) // checked by loadSettings
	if err != nil {
		return finding{what: err.Error(), mend: "choose another address with --http"}
	}
	defer api.Close()
	c.webrtc = api
	if err := c.openRelay(); err != nil {
		return finding{what: err.Error(), mend: "stop the program that has the port, or choose another with --turn and --turn-tls (if it is Patchbay itself, all is well)"}
	}
	defer c.close()
	f := finding{what: "works by UDP and TCP at " + c.relay.Addr().String()}
	if at := c.relay.TLSAddr(); at.IsValid() {
		f.what += ", and by TLS at " + at.String()
		if _, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey); err != nil {
			return finding{what: "TLS: " + err.Error(), mend: "check the files of --tls-cert and --tls-key"}
		}
	} else if s.exposed() {
		f.warn, f.mend = true, "guests in networks that let only TLS through need it: give --tls-cert and --tls-key, and a fixed --turn-tls for the firewall"
	}
	if s.exposed() && s.TURN == "" {
		f.warn, f.mend = true, "its port is another after each start: fix it with --turn (and --turn-tls), and let it through the firewall"
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
		return finding{what: "not needed here: --transcriber none"}
	}
	cache, err := models.Open("")
	if err != nil {
		return finding{what: err.Error(), mend: "name a directory in $PATCHBAY_MODELS"}
	}
	var bad []string
	for _, m := range cache.List() {
		if err := cache.Verify(m.Name); err != nil {
			bad = append(bad, err.Error())
		}
	}
	if len(bad) > 0 {
		return finding{what: strings.Join(bad, "; "), warn: true, mend: "calls work, words are not written: patchbay models pull"}
	}
	return finding{what: "complete in " + cache.Dir()}
}

func checkDisk(_ context.Context, s *settings) finding {
	dir, err := filepath.Abs(s.DataDir)
	if err != nil {
		return finding{what: err.Error(), mend: "choose another --data-dir"}
	}
	for ; ; dir = filepath.Dir(dir) { // the directory may not be made yet
		free, _, err := diskSpace(dir)
		if err != nil {
			if dir != filepath.Dir(dir) {
				continue
			}
			return finding{what: err.Error(), mend: "choose another --data-dir"}
		}
		f := finding{what: fmt.Sprintf("%.1f GB free at %s", float64(free)/1e9, dir)}
		if free < lowDisk {
			f.warn, f.mend = true, "make room, or choose another disk with --data-dir"
		}
		return f
	}
}

// checkRecordings tries the bucket of recordings, and the keys where there are some.
func checkRecordings(ctx context.Context, s *settings) finding {
	keysDir := filepath.Join(s.recordingsDir(), "keys")
	if _, err := os.Stat(keysDir); err == nil || s.RecordingKeys != "" {
		if _, err := s.openKeys(); err != nil {
			return finding{what: err.Error(), mend: "bring the master keys back from a backup, or mend what the message names"}
		}
	}
	where := s.bucket()
	if s.Recordings == "" {
		if _, err := os.Stat(where); err != nil {
			return finding{what: "will be kept, sealed, in " + where}
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
		return finding{what: oneLine(err), mend: "calls are recorded and wait in the data directory: check the address and the rights of --recordings"}
	}
	waiting, _ := filepath.Glob(filepath.Join(s.recordingsDir(), "spool", "*.sealed"))
	f := finding{what: fmt.Sprintf("%s takes, gives and removes an object; %d wait for it", where, len(waiting))}
	return f
}
