package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/media/rtp"
	"patchbay/sip"
)

func passwordFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTrunkAccount(t *testing.T) {
	for name, tc := range map[string]struct {
		env   map[string]string
		flags string
		want  sip.Account
	}{
		"none":         {nil, "", sip.Account{}},
		"environment":  {map[string]string{"PATCHBAY_TRUNK_PASSWORD": "p w"}, "--trunk-user 100 --register sip:sip.example.net", sip.Account{User: "100", Domain: "sip.example.net", Password: "p w"}},
		"file":         {nil, "--trunk-user 100 --outbound sip:192.0.2.7:5080 --trunk-password-file " + passwordFile(t, "secret\n"), sip.Account{User: "100", Domain: "192.0.2.7", Password: "secret"}},
		"another name": {nil, "--trunk-user 100 --trunk-auth-user a@b --trunk-domain example.net --trunk-password x --register sip:192.0.2.7;transport=tcp", sip.Account{User: "100", AuthUser: "a@b", Domain: "example.net", Password: "x"}},
	} {
		s, err := loadWith(t, tc.env, strings.Fields(tc.flags)...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := s.account(); err != nil || got != tc.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestTrunkSettingsRefused(t *testing.T) {
	const secret = "very-secret"
	for flags, want := range map[string]string{
		"--register sip:sip.example.net":                                                     "--trunk-user",
		"--trunk-password " + secret:                                                         "--trunk-user",
		"--trunk-user 100 --register sip:x":                                                  "PATCHBAY_TRUNK_PASSWORD",
		"--trunk-user 100 --trunk-password " + secret:                                        "--register",
		"--trunk-user a@b --register sip:x --trunk-password " + secret:                       "--trunk-user",
		"--trunk-user 1 --register tel:1 --trunk-password " + secret:                         "--register",
		"--trunk-user 1 --register sip:u@x --trunk-password " + secret:                       "--register",
		"--trunk-user 1 --register sip:x --register-every 1s --trunk-password " + secret:     "--register-every",
		"--trunk-user 1 --register sip:x --trunk-password-file /nowhere":                     "cannot be read",
		"--trunk-user 1 --register sip:x --trunk-password-file /dev/null":                    "on one line",
		"--trunk-user 1 --register sip:x --trunk-domain a;b --trunk-password " + secret:      "--trunk-domain",
		"--demo --trunk-user 1 --register sip:192.0.2.7 --trunk-password " + secret:          "--demo",
		"--sip 192.0.2.1:5060":                                                               "--trunks",
		"--trunk-user 1 --register sip:x --trunk-password-file x --trunk-password " + secret: "give one",
	} {
		_, err := loadWith(t, nil, strings.Fields(flags)...)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want words with %q", flags, err, want)
		}
	}
}

// TestWhoMaySend: on an address that others reach nobody is heard but those named, the route, and the registrar.
func TestWhoMaySend(t *testing.T) {
	for flags, want := range map[string]string{
		"": "everybody", "--trunks 192.0.2.0/24": "192.0.2.0/24",
		"--trunks 192.0.2.0/24 --outbound sip:198.51.100.7":                                     "192.0.2.0/24 198.51.100.7/32",
		"--sip 192.0.2.1:5060 --trunks 203.0.113.7":                                             "203.0.113.7/32",
		"--sip 192.0.2.1:5060 --trunk-user 1 --trunk-password x --register sip:sip.example.net": "",
	} {
		s, err := loadWith(t, nil, strings.Fields(flags)...)
		if err != nil {
			t.Fatal(err)
		}
		trunks, err := s.trunks()
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.sources(t.Context(), trunks)
		got := "everybody"
		if list != nil {
			var all []string
			for _, p := range list {
				all = append(all, p.String())
			}
			got = strings.Join(all, " ")
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", flags, got, err, want)
		}
	}
}

// TestDoctorAsksTheTrunk: what the doctor finds of an account, from a registrar that checks nothing and from none.
func TestDoctorAsksTheTrunk(t *testing.T) {
	pool, err := rtp.NewPortPool(31000, 31099, 0)
	if err != nil {
		t.Fatal(err)
	}
	// A Server of ours takes no registrations, and says so with 405.
	far, err := sip.NewServer(sip.Config{Addr: "127.0.0.1:0", Ports: pool, Handler: func(*sip.Call) {}, Trusted: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := far.Listen(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- far.Run(t.Context()) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for flags, want := range map[string]string{
		"":                      "this machine only",
		"--trunks 192.0.2.0/24": "without registration",
		"--trunk-user 1 --trunk-password very-secret --outbound sip:192.0.2.7":              "--outbound",
		"--trunk-user 1 --trunk-password very-secret --register sip:" + far.Addr().String(): "code 405",
		"--trunk-user 1 --trunk-password very-secret --register sip:127.0.0.1:9":            "refused",
	} {
		s, err := loadWith(t, nil, strings.Fields(flags)...)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		f := checkTrunk(t.Context(), s)
		if !strings.Contains(f.what, want) || strings.Contains(f.what+f.mend, "very-secret") || (f.mend != "") != strings.Contains(flags, "--register") {
			t.Errorf("%s: %+v after %v", flags, f, time.Since(began))
		}
	}
}

// TestServeRegisters: a centre with an account registers at a trunk that checks the password, shows that it is, takes it back
// at the end, and writes the password nowhere.
func TestServeRegisters(t *testing.T) {
	const secret = "correct horse"
	port := fmt.Sprint(freePort(t))
	scenario, err := filepath.Abs("../../sip/testdata/registrar.xml")
	if err != nil {
		t.Fatal(err)
	}
	sipp := exec.Command("sipp", "-sf", scenario, "-m", "1", "-i", "127.0.0.1", "-p", port, "-nostdin", "-timeout", "100s", "-timeout_error")
	sipp.Dir = t.TempDir()
	registrar := start(t, "sipp", sipp)
	c := startCentre(t, false, "--trunk-user", "12025550100", "--trunk-domain", "trunk.example", "--trunk-password-file", passwordFile(t, secret),
		"--register", "sip:127.0.0.1:"+port, "--log-level", "debug")
	c.poll(t, "registered", 20*time.Second, func() bool {
		return strings.Contains(c.metrics(t), "\npatchbay_sip_registered 1\n")
	})
	c.stop()
	if err := registrar.ends(20 * time.Second); err != nil {
		t.Errorf("the registrar saw something else: %v", err)
	}
	if out := c.out.String(); strings.Contains(out, secret) || !strings.Contains(out, "registered at the trunk") {
		t.Errorf("the log says %s", tail(out, 3000))
	}
	err = filepath.WalkDir(c.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("the password is in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// metrics reads /metrics.
func (c *centreUnderTest) metrics(t testing.TB) string {
	t.Helper()
	res, err := http.Get("http://" + c.http + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
