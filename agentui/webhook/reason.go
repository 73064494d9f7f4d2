package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// How the errors of an attempt begin: the outbox keeps them as texts, and ReasonOf reads them back.
const (
	saysAnswered = "it answered "
	saysRemoved  = "not configured any more"
	saysAddress  = "no answer, the address is refused"
	saysName     = "no answer, its name is not known"
	saysRefused  = "no answer, nobody listens there"
	saysTLS      = "no answer, its certificate is not trusted"
	saysLate     = "no answer in time"
	saysNone     = "no answer"
)

// Reason is why an attempt failed, for programs to say it in other languages.
type Reason struct {
	Code   string `json:"code"`   // "answered", "removed", "address", "unknown_name", "refused", "certificate", "late" or "no_answer"
	Status int    `json:"status"` // what it answered, else 0
}

// unanswered says in words why there was no answer.
func unanswered(err error) string {
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.Is(err, errAddress):
		return saysAddress
	case errors.As(err, &name):
		return saysName
	case errors.As(err, &cert), errors.As(err, &unknown):
		return saysTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return saysRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), isTimeout(err):
		return saysLate
	}
	return saysNone
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}

var answered = regexp.MustCompile(saysAnswered + `(\d{3})`)

// ReasonOf reads why an attempt failed from the text of its error; the zero Reason where there was none.
func ReasonOf(text string) Reason {
	if text == "" {
		return Reason{}
	}
	if m := answered.FindStringSubmatch(text); m != nil {
		status, _ := strconv.Atoi(m[1])
		return Reason{"answered", status}
	}
	for _, r := range []struct{ says, code string }{
		{saysRemoved, "removed"}, {saysAddress, "address"}, {saysName, "unknown_name"}, {saysTLS, "certificate"},
		{saysRefused, "refused"}, {saysLate, "late"},
	} {
		if strings.Contains(text, r.says) {
			return Reason{Code: r.code}
		}
	}
	return Reason{Code: "no_answer"}
}
