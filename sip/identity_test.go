package sip

import (
	"strings"
	"testing"

	siplib "github.com/emiago/sipgo/sip"
)

func parseRequest(t testing.TB, text string) *siplib.Request {
	t.Helper()
	msg, err := newParser().ParseSIP([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return msg.(*siplib.Request)
}

func TestCallerOf(t *testing.T) {
	long := strings.Repeat("x", 3*maxName)
	for _, tc := range []struct {
		name    string
		from    string
		headers []string
		trusted bool
		want    identity
	}{
		{"number", `"Ann" <sip:+12025550101@example.com>;tag=1`, nil, false, identity{"+12025550101", "Ann"}},
		{"user", `<sip:ann@example.com>;tag=1`, nil, false, identity{"ann", ""}},
		{"separators", `<sip:+1-202-555-0101@example.com;user=phone>;tag=1`, nil, false, identity{"+12025550101", ""}},
		{"tel", `<tel:+1(202)555.0101;phone-context=x>;tag=1`, nil, false, identity{"+12025550101", ""}},
		{"escaped", `<sip:%2B12025550101;isub=1@example.com>;tag=1`, nil, false, identity{"+12025550101", ""}},
		{"anonymous", `"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1`, nil, false, identity{}},
		{"anonymous by user", `"Anonymous" <sip:Anonymous@example.com>;tag=1`, nil, false, identity{}},
		{"privacy", `"Ann" <sip:+12025550101@example.com>;tag=1`, []string{"Privacy: critical; id"}, false, identity{}},
		{"no privacy", `<sip:+12025550101@example.com>;tag=1`, []string{"Privacy: none"}, false, identity{"+12025550101", ""}},
		{"asserted to a stranger's word", `<sip:ann@example.com>;tag=1`, []string{"P-Asserted-Identity: <sip:+12025550102@example.com>"}, false, identity{"ann", ""}},
		{"asserted", `<sip:ann@example.com>;tag=1`, []string{`P-Asserted-Identity: "Bo, B." <sip:+12025550102@example.com>`}, true, identity{"+12025550102", "Bo, B."}},
		{"asserted twice", `<sip:ann@example.com>;tag=1`, []string{`P-Asserted-Identity: "Bo" <sip:bo@example.com>, <tel:+12025550102>`}, true, identity{"+12025550102", "Bo"}},
		{"asserted for an anonymous", `<sip:anonymous@anonymous.invalid>;tag=1`, []string{"P-Asserted-Identity: <tel:+12025550102>"}, true, identity{"+12025550102", ""}},
		{"asserted and private", `<sip:anonymous@anonymous.invalid>;tag=1`, []string{"P-Asserted-Identity: <tel:+12025550102>", "Privacy: id"}, true, identity{}},
		{"asserted nonsense", `<sip:ann@example.com>;tag=1`, []string{"P-Asserted-Identity: ???"}, true, identity{"ann", ""}},
		{"control characters", "\"A\u202en\x01n\" <sip:ann@example.com>;tag=1", nil, false, identity{"ann", "Ann"}},
		{"no UTF-8", "\"A\xff\" <sip:ann@example.com>;tag=1", nil, false, identity{"ann", "A\uFFFD"}},
		{"long", `"` + long + `" <sip:` + long + `@example.com>;tag=1`, nil, false, identity{long[:maxName], long[:maxName]}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			text := "INVITE sip:1@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: " + tc.from +
				"\r\nTo: <sip:1@example.com>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n"
			for _, h := range tc.headers {
				text += h + "\r\n"
			}
			if got := callerOf(parseRequest(t, text+"Content-Length: 0\r\n\r\n"), tc.trusted); got != tc.want {
				t.Errorf("got %+q, want %+q", got, tc.want)
			}
		})
	}
}

func TestTighten(t *testing.T) {
	for value, want := range map[string]string{
		`<sip:a@b> ; tag = 1`:              `<sip:a@b>;tag=1`,
		`"A ; = B" <sip:a@b;x = y> ;tag=1`: `"A ; = B" <sip:a@b;x = y>;tag=1`,
		`"A \" ; B"  <sip:a@b>`:            `"A \" ; B"  <sip:a@b>`,
		`sip:a@b`:                          `sip:a@b`,
	} {
		if got := tighten(value); got != want {
			t.Errorf("%s became %s, want %s", value, got, want)
		}
	}
}
