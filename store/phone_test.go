package store_test

import (
	"testing"

	"patchbay/store"
)

func TestNormalizePhone(t *testing.T) {
	for _, c := range []struct {
		raw, home, want string
		ok              bool
	}{
		{"+12025550142", "JP", "+12025550142", true},
		{" (202) 555-0142 ", "US", "+12025550142", true},
		{"12025550142", "US", "+12025550142", true}, // a query's + that became a space
		{"0011-1-202-555-0142", "AU", "+12025550142", true},
		{"03-3210-0142", "JP", "+81332100142", true},
		{"+81 3-0000-0142", "US", "+81 3-0000-0142", false}, // invented: libphonenumber refuses it
		{"100", "US", "100", false},
		{"", "US", "", false},
		{"anonymous", "US", "anonymous", false},
		{"1-800-FLOWERS", "US", "1-800-FLOWERS", false},
		{"sip:12025550142@example.com", "US", "sip:12025550142@example.com", false},
		{"2025550142", "XX", "2025550142", false}, // no such country
	} {
		got, ok := store.NormalizePhone(c.raw, c.home)
		if got != c.want || ok != c.ok {
			t.Errorf("NormalizePhone(%q, %s) = %q, %t; want %q, %t", c.raw, c.home, got, ok, c.want, c.ok)
		}
	}
}

func FuzzNormalizePhone(f *testing.F) {
	for _, s := range []string{"+12025550142", "tel:+1-202-555-0142;ext=4", "\x00\xff", "＋８１３３２１００１４２"} {
		f.Add(s, "US")
	}
	f.Fuzz(func(t *testing.T, raw, home string) {
		got, ok := store.NormalizePhone(raw, home)
		if !ok {
			return
		}
		if again, ok := store.NormalizePhone(got, "JP"); !ok || again != got {
			t.Errorf("%q gives %q, which gives %q, %t", raw, got, again, ok)
		}
	})
}
