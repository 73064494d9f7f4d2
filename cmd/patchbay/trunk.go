package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/sip"
)

// Bounds of what a trunk is told how often it is told.
const (
	registerLeast = time.Minute
	registerMost  = 24 * time.Hour
)

// accountForm is a user of an address, without what would need escaping in a URI or end a header.
var accountForm = regexp.MustCompile(`^[A-Za-z0-9_.!~*'()&=+$,?/-]{1,128}$`)

var domainForm = regexp.MustCompile(`^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,253})$`)

// registrarURI is where the account is registered; the zero value without one.
func (s *settings) registrarURI() (uri siplib.Uri, err error) {
	if s.Register == "" {
		return uri, nil
	}
	if err := siplib.ParseUri(s.Register, &uri); err != nil || uri.Scheme != "sip" || uri.Host == "" || uri.User != "" {
		return uri, usageError{fmt.Sprintf("--register is of the form sip:HOST, sip:HOST:PORT or sip:HOST;transport=tcp, not %q", s.Register)}
	}
	return uri, nil
}

// account is who we are at the trunk; the zero value where it asks for no password.
func (s *settings) account() (sip.Account, error) {
	if s.TrunkUser == "" {
		return sip.Account{}, nil
	}
	a := sip.Account{User: s.TrunkUser, AuthUser: s.TrunkAuthUser, Password: s.TrunkPassword, Domain: s.TrunkDomain}
	if a.Domain == "" {
		a.Domain = s.trunkHost()
	}
	if s.TrunkPassFile == "" {
		return a, nil
	}
	text, err := readSmall(s.TrunkPassFile)
	if err != nil {
		return a, fmt.Errorf("--trunk-password-file cannot be read: %w", err)
	}
	a.Password = strings.TrimRight(text, "\r\n")
	if a.Password == "" || strings.ContainsAny(a.Password, "\r\n") {
		return a, usageError{fmt.Sprintf("--trunk-password-file holds the password and nothing else, on one line: %s does not", s.TrunkPassFile)}
	}
	return a, nil
}

// trunkHost is the host that the account belongs to, where nothing else is said.
func (s *settings) trunkHost() string {
	if uri, err := s.registrarURI(); err == nil && uri.Host != "" {
		return uri.Host
	}
	uri, _ := s.outboundURI()
	return uri.Host
}

func (s *settings) validateTrunk() error {
	registrar, err := s.registrarURI()
	if err != nil {
		return err
	}
	switch {
	case s.TrunkUser == "" && (s.Register != "" || s.TrunkPassword != "" || s.TrunkPassFile != "" || s.TrunkAuthUser != "" || s.TrunkDomain != ""):
		return usageError{"the account at the trunk has no user: name it with --trunk-user"}
	case s.TrunkUser == "":
		return nil
	case !accountForm.MatchString(s.TrunkUser):
		return usageError{fmt.Sprintf("--trunk-user is the part before the @ of the account's address, such as 12025550100, not %q", s.TrunkUser)}
	case s.TrunkDomain != "" && !domainForm.MatchString(s.TrunkDomain):
		return usageError{fmt.Sprintf("--trunk-domain is a name such as sip.example.net, not %q", s.TrunkDomain)}
	case strings.ContainsAny(s.TrunkAuthUser, "\r\n\"\\"):
		return usageError{"--trunk-auth-user has no quotes, backslashes or line ends"}
	case s.TrunkPassword != "" && s.TrunkPassFile != "":
		return usageError{"--trunk-password and --trunk-password-file say the same: give one"}
	case s.TrunkPassword == "" && s.TrunkPassFile == "":
		return usageError{"the account at the trunk has no password: set PATCHBAY_TRUNK_PASSWORD, or name a file that holds it with --trunk-password-file"}
	case s.trunkHost() == "":
		return usageError{"--trunk-user belongs to a trunk: name where it registers with --register, or where calls go with --outbound"}
	case s.RegisterEvery < registerLeast || s.RegisterEvery > registerMost:
		return usageError{"--register-every is from 1m to 24h"}
	case s.Demo && registrar.Host != "" && !loopback(net.JoinHostPort(strings.Trim(registrar.Host, "[]"), "0")):
		return usageError{"--demo takes no calls from outside of this machine: leave --register out"}
	}
	_, err = s.account()
	return err
}

// sources are the addresses whose packets are read: the trunks, and where the route's answers come from. nil is everybody.
func (s *settings) sources(ctx context.Context, trunks []netip.Prefix) ([]netip.Prefix, error) {
	uri, err := s.outboundURI()
	if err != nil {
		return nil, err
	}
	if len(trunks) == 0 {
		if loopback(s.SIP) {
			return nil, nil // this machine is everybody
		}
		return []netip.Prefix{}, nil // the registrar, whom the server admits itself
	}
	if uri.Host == "" {
		return trunks, nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", strings.Trim(uri.Host, "[]"))
	if err != nil {
		return nil, fmt.Errorf("--outbound: %s has no address: %w", uri.Host, err)
	}
	all := slices.Clone(trunks)
	for _, a := range found {
		all = append(all, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
	}
	return all, nil
}

// checkTrunk proves the account at the registrar, which changes nothing there.
func checkTrunk(ctx context.Context, s *settings) finding {
	account, err := s.account()
	switch {
	case err != nil:
		return finding{what: err.Error(), mend: "mend the file, or set PATCHBAY_TRUNK_PASSWORD"}
	case s.TrunkUser == "" && s.Trunks == "" && loopback(s.SIP):
		return finding{what: "none: calls come from this machine only"}
	case s.TrunkUser == "":
		return finding{what: "calls are taken from " + s.Trunks + ", without registration or password"}
	case s.Register == "":
		return finding{what: "user and password are ready for --outbound; calls that come need --trunks to point here"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	bindings, err := sip.CheckAccount(ctx, s.Register, account)
	switch {
	case errors.Is(err, sip.ErrCredentials):
		return finding{what: account.Domain + " does not take the user or password of --trunk-user " + s.TrunkUser,
			mend: "check --trunk-user, --trunk-auth-user and the password against what the trunk's portal shows"}
	case errors.Is(err, sip.ErrChallenge):
		return finding{what: account.Domain + " asks for a proof that we cannot give", mend: "ask the trunk for Digest with MD5 or SHA-256"}
	case err != nil:
		return finding{what: oneLine(err), mend: "check --register, the firewall and the connection"}
	case len(bindings) == 0:
		return finding{what: account.Domain + " takes user and password; nobody is registered until serve runs"}
	}
	return finding{what: account.Domain + " takes user and password; calls go to " + strings.Join(bindings, ", ")}
}
