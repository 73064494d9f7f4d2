package sip

import (
	"strconv"
	"strings"
	"sync"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

const (
	maxTransactions = 20000 // of one endpoint, each way
	timeoutT1s      = 64    // timers B, F, H, J, L, M in units of T1 (RFC 3261 §17, RFC 6026 §7)
	t2T1s           = 8     // T2 in units of T1: 4 s
	t4T1s           = 10    // T4 in units of T1: 5 s
	magicCookie     = siplib.RFC3261BranchMagicCookie
)

type txState uint8

const (
	txProceeding txState = iota // no final response yet; "Trying" of non-INVITE is the same here
	txAccepted                  // INVITE, 2xx sent (RFC 6026 §7.1)
	txCompleted                 // final response sent
	txConfirmed                 // INVITE, ACK taken
	txTerminated
)

// serverTx is a server transaction: the INVITE one of RFC 6026 §7.1 or the other of RFC 3261 §17.2.2.
type serverTx struct {
	ep   *endpoint
	key  string
	req  *siplib.Request
	flow flow // for responses
	// source is where the request came from.
	source flow
	tag    string // To tag of all responses (RFC 3261 §8.2.6.2)
	// inDialog is whether the request came with a To tag.
	inDialog bool

	mu       sync.Mutex
	state    txState
	last     *siplib.Response
	onCancel func()
	resend   *time.Timer // G
	interval time.Duration
	expire   *time.Timer // H, I, J or L
}

// serverKey identifies the transaction of a request (RFC 3261 §17.2.3). An ACK has the key of its INVITE.
func serverKey(req *siplib.Request, method siplib.RequestMethod) string {
	if method == siplib.ACK {
		method = siplib.INVITE
	}
	via := req.Via()
	var b strings.Builder
	if branch, _ := via.Params.Get("branch"); strings.HasPrefix(branch, magicCookie) {
		b.WriteString(branch)
		b.WriteByte('\n')
		b.WriteString(strings.ToLower(via.Host))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(via.Port))
	} else {
		// RFC 2543: the whole top Via, Call-ID, From tag and CSeq number.
		tag, _ := req.From().Params.Get("tag")
		b.WriteString(via.Value())
		b.WriteByte('\n')
		b.WriteString(req.CallID().Value())
		b.WriteByte('\n')
		b.WriteString(tag)
		b.WriteByte('\n')
		b.WriteString(strconv.FormatUint(uint64(req.CSeq().SeqNo), 10))
	}
	b.WriteByte('\n')
	b.WriteString(string(method))
	return b.String()
}

// newServerTx registers a transaction. It reports false where there are too many.
func (ep *endpoint) newServerTx(req *siplib.Request, f flow, key string) (*serverTx, bool) {
	tx := &serverTx{ep: ep, key: key, req: req, flow: f.answers(req), source: f, inDialog: tagOf(req.To().Params) != ""}
	if tx.tag = tagOf(req.To().Params); tx.tag == "" {
		tx.tag = newTag()
		req.To().Params.Add("tag", tx.tag) // nobody else holds req yet
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed || len(ep.servers) >= maxTransactions {
		return tx, false
	}
	ep.servers[key] = tx
	return tx, true
}

func (ep *endpoint) serverTx(key string) *serverTx {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.servers[key]
}

// reply builds and sends a response.
func (tx *serverTx) reply(code int, reason string, headers ...siplib.Header) {
	tx.respond(tx.response(code, reason, headers...))
}

// response builds a response.
func (tx *serverTx) response(code int, reason string, headers ...siplib.Header) *siplib.Response {
	return newResponse(tx.req, code, reason, headers...)
}

// respond sends a response as the state allows.
func (tx *serverTx) respond(res *siplib.Response) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	invite := tx.req.IsInvite()
	switch {
	case tx.state == txAccepted && res.IsSuccess():
		_ = tx.flow.send(res) // RFC 6026 §7.1: retransmission is the call's business
		return
	case tx.state != txProceeding:
		return
	case res.IsProvisional():
		tx.last = res
	case invite && res.IsSuccess():
		tx.state, tx.last = txAccepted, nil
		tx.expireAfter(timeoutT1s * tx.ep.t1) // L
	case invite:
		tx.state, tx.last = txCompleted, res
		if !tx.flow.reliable() {
			tx.interval = tx.ep.t1
			tx.resend = time.AfterFunc(tx.interval, tx.retransmit) // G
		}
		tx.expireAfter(timeoutT1s * tx.ep.t1) // H
	default:
		tx.state, tx.last = txCompleted, res
		tx.linger(timeoutT1s) // J
	}
	_ = tx.flow.send(res) // counted; the far end asks again, or times out
}

// linger keeps the transaction for n·T1 to answer retransmissions, which reliable transports don't have.
func (tx *serverTx) linger(n time.Duration) {
	if tx.flow.reliable() {
		n = 0
	}
	tx.expireAfter(n * tx.ep.t1)
}

func (tx *serverTx) expireAfter(d time.Duration) {
	if tx.expire != nil {
		tx.expire.Stop()
	}
	tx.expire = time.AfterFunc(d, func() {
		tx.ep.mu.Lock()
		if tx.ep.servers[tx.key] == tx {
			delete(tx.ep.servers, tx.key)
		}
		tx.ep.mu.Unlock()
		tx.terminate()
	})
}

// retransmit is timer G: doubled up to T2.
func (tx *serverTx) retransmit() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != txCompleted {
		return
	}
	_ = tx.flow.send(tx.last)
	tx.interval = min(2*tx.interval, t2T1s*tx.ep.t1)
	tx.resend.Reset(tx.interval)
}

// again takes a retransmission of the request.
func (tx *serverTx) again() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.last != nil && (tx.state == txProceeding || tx.state == txCompleted) {
		_ = tx.flow.send(tx.last)
	}
}

// ack takes the ACK to a refusal. It reports false where the ACK is none of the transaction's.
func (tx *serverTx) ack() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	switch tx.state {
	case txCompleted:
		tx.state, tx.last = txConfirmed, nil
		if tx.resend != nil {
			tx.resend.Stop()
		}
		tx.linger(t4T1s) // I
		return true
	case txConfirmed:
		return true
	}
	return false
}

// cancelBy sets what a CANCEL does.
func (tx *serverTx) cancelBy(f func()) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onCancel = f
}

// cancel takes a CANCEL, which has no effect after a final response (RFC 3261 §9.2).
func (tx *serverTx) cancel() {
	tx.mu.Lock()
	f, pending := tx.onCancel, tx.state == txProceeding
	tx.mu.Unlock()
	if f != nil && pending {
		f()
	}
}

func (tx *serverTx) terminate() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.state, tx.last = txTerminated, nil
	if tx.resend != nil {
		tx.resend.Stop()
	}
	if tx.expire != nil {
		tx.expire.Stop()
	}
}
