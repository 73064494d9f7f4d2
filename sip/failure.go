package sip

import (
	"strconv"
	"strings"

	siplib "github.com/emiago/sipgo/sip"
)

// Failure says in one word why a call that we placed was not answered. There are no other values than these constants.
type Failure string

// The failures.
const (
	FailureNone         Failure = "" // answered, or not over
	FailureBusy         Failure = "busy"
	FailureNoSuchNumber Failure = "no_such_number"
	FailureNoAnswer     Failure = "no_answer"
	FailureRefused      Failure = "refused"
	FailureUnreachable  Failure = "unreachable"
	FailureCancelled    Failure = "cancelled"
	FailureTrunk        Failure = "trunk_refused" // the trunk does not take our user or password
)

// Failure sorts the cause of an outbound call that was not answered. The telephone network's own word goes before the SIP
// code that a gateway made of it: several causes share one code (RFC 3398 §7.2.4.1).
func (c Cause) Failure() Failure {
	switch c.Outcome {
	case OutcomeCancelled:
		return FailureCancelled
	case OutcomeUnanswered:
		return FailureNoAnswer
	case OutcomeFailed:
		return FailureUnreachable
	case OutcomeRefused:
		if c.Unproven {
			return FailureTrunk
		}
		if f := failureOfQ850(c.Q850); f != FailureNone {
			return f
		}
		return failureOfCode(c.Code)
	}
	return FailureNone
}

// failureOfQ850 knows the causes of ITU-T Q.850 §2.2 that say more than "it failed".
func failureOfQ850(cause int) Failure {
	switch cause {
	case 1, 2, 3, 22, 28: // unallocated, no route (to network, to destination), number changed, incomplete
		return FailureNoSuchNumber
	case 17: // user busy
		return FailureBusy
	case 18, 19: // no user responding, no answer
		return FailureNoAnswer
	case 21, 55, 57, 87: // rejected, barred within a closed group, not authorised, not a member
		return FailureRefused
	case 20, 27, 34, 38, 41, 42, 44, 47, 102: // absent, out of order, congestion and failures of the network, timer
		return FailureUnreachable
	}
	return FailureNone
}

func failureOfCode(code int) Failure {
	switch code {
	case 486, 600:
		return FailureBusy
	case 404, 410, 484, 485, 604:
		return FailureNoSuchNumber
	case 408, 480, 487:
		return FailureNoAnswer
	}
	if code >= 500 && code < 600 {
		return FailureUnreachable
	}
	return FailureRefused
}

// q850Of reads the telephone network's cause in a refusal (RFC 3326 §2); 0 is none.
func q850Of(res *siplib.Response) int {
	for _, h := range res.GetHeaders("Reason") {
		for value := range strings.SplitSeq(unquoted(h.Value()), ",") {
			protocol, params, _ := strings.Cut(value, ";")
			if !strings.EqualFold(strings.TrimSpace(protocol), "Q.850") {
				continue
			}
			for param := range strings.SplitSeq(params, ";") {
				name, number, _ := strings.Cut(param, "=")
				if !strings.EqualFold(strings.TrimSpace(name), "cause") {
					continue
				}
				if n, err := strconv.Atoi(strings.TrimSpace(number)); err == nil && n > 0 && n < 128 {
					return n
				}
			}
		}
	}
	return 0
}

// unquoted takes quoted strings out (RFC 3261 §25.1): they may hold what parts a header.
func unquoted(header string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, r := range header {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted:
			b.WriteRune(r)
		}
	}
	return b.String()
}
