package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"patchbay/agentui"
	"patchbay/store"
	"patchbay/transcribe/models"
)

// demoPassword is published: every demo has it.
const demoPassword = "patchbay-demo"

// demoUsers are those who have it.
const demoUsers = "akiko ben chika sofia admin"

// demoNumber is the demo's telephone number, demoCaller that of the demo customer who speaks on the shipped recording.
const (
	demoNumber = "+12025550100"
	demoCaller = "+12025550142"
)

// The demo's calls to numbers go to a telephone on this machine, `patchbay answer`, and to invented numbers only.
const (
	demoOutbound = "sip:127.0.0.1:5070"
	demoPrefixes = "+1202555,+8130000"
)

// seedDemo fills an empty demo centre.
func (c *centre) seedDemo(ctx context.Context) error {
	hash, err := agentui.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	return c.store.SeedDemo(ctx, hash)
}

// refusePublished: a centre that other machines reach must have lost the demo's published passwords, also where it is a
// demo no more and only its data are.
func (c *centre) refusePublished(ctx context.Context) error {
	if !c.s.exposed() {
		return nil
	}
	users, err := c.store.Users(ctx)
	if err != nil {
		return err
	}
	published := slices.ContainsFunc(users, func(u store.User) bool {
		return slices.Contains(strings.Fields(demoUsers), u.ID) && agentui.PasswordIs(u.PasswordHash, demoPassword)
	})
	addrs := []string{c.s.HTTP, c.s.SIP}
	switch {
	case c.s.Demo:
	case published:
		addrs = addrs[:1] // a telephone needs no password
	default:
		return nil
	}
	for _, addr := range addrs {
		if err := agentui.CheckExposure(addr, c.s.TLSCert != "", published); err != nil {
			return err
		}
	}
	return nil
}

// firstAdmin makes the administrator of an empty centre and gives the password, to be printed once; "" where there is one.
func firstAdmin(ctx context.Context, st *store.Store) (string, error) {
	users, err := st.Users(ctx)
	if err != nil || len(users) > 0 {
		return "", err
	}
	password := rand.Text()
	hash, err := agentui.HashPassword(password)
	if err != nil {
		return "", err
	}
	return password, st.CreateUser(ctx, store.User{ID: "admin", Name: "Administrator", Role: "admin", PasswordHash: hash})
}

// deskURL is the address to type into a browser.
func (c *centre) deskURL() string {
	if c.s.PublicURL != "" {
		return c.s.PublicURL
	}
	scheme := "http"
	if c.s.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + c.web.Addr().String()
}

// printScreen says, on one screen, what a newcomer types next.
func (c *centre) printScreen(w io.Writer) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	sipAddr := reachable(c.sip.Addr())
	line("")
	line("  Patchbay is ready.")
	line("")
	line("  Desk        %s", c.deskURL())
	if c.s.Demo {
		line("  Sign in     akiko, ben or chika (agents), sofia (supervisor), admin")
		line("              password %s", demoPassword)
		line("")
		line("  1. Open the desk, sign in as akiko, and choose Available.")
		line("  2. Place a call, in a second terminal:")
		line("")
		line("     bin/patchbay dial sip:%s@%s --from %s --play demo --loop", demoNumber, sipAddr, demoCaller)
		line("")
		line("     That is Haruto Tanaka, a customer of the demo, who says why he calls. Ctrl-C hangs up.")
		line("     Numbers that agents call go to a telephone on this machine: bin/patchbay answer --sip %s", c.s.outboundHost())
	} else {
		if c.password != "" {
			line("  Sign in     admin, password %s   (shown this once: change it after signing in)", c.password)
		}
		line("  Telephone   sip:NUMBER@%s, UDP and TCP", sipAddr)
	}
	if why := missingModels(); c.s.Transcriber == "none" {
		line("")
		line("  Words are written by other machines, each with a copy of %s:", c.tokenFile())
		line("     patchbay transcriber --connect %s --token-file FILE", c.deskURL())
	} else if why != "" {
		line("")
		line("  Words are not written: %s", why)
	}
	line("")
	line("  Ctrl-C ends the server; calls may go on for %s, a second Ctrl-C ends it at once.", c.s.Grace)
	line("")
	_, _ = io.WriteString(w, b.String())
}

// reachable is an address that can be dialled: one that listens everywhere is reached at loopback.
func reachable(a netip.AddrPort) netip.AddrPort {
	if a.Addr().IsUnspecified() {
		ip := netip.AddrFrom4([4]byte{127, 0, 0, 1})
		if a.Addr().Is6() {
			ip = netip.IPv6Loopback()
		}
		return netip.AddrPortFrom(ip, a.Port())
	}
	return a
}

// missingModels says what the recogniser lacks, "" for nothing.
func missingModels() string {
	cache, err := models.Open("")
	if err != nil {
		return err.Error()
	}
	var missing []string
	for _, m := range cache.List() {
		if !m.Present {
			missing = append(missing, m.Name)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("the models %s are missing. Type: bin/patchbay models pull", strings.Join(missing, ", "))
}
