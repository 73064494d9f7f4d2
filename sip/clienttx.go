package sip

import (
	"errors"
	"sync"
	"time"

	siplib "github.com/emiago/sipgo/sip"
)

var errTimeout = errors.New("sip: no response in time")

// clientTx is a client transaction: the INVITE one of RFC 6026 §7.2 or the other of RFC 3261 §17.1.2.
type clientTx struct {
	ep   *endpoint
	key  string
	req  *siplib.Request
	flow flow
	// onResponse takes each response (for INVITE every 2xx, retransmitted and forked ones too), onFailure what ended the
	// transaction without one. Neither may block.
	onResponse func(*siplib.Response)
	onFailure  func(error)

	mu       sync.Mutex
	state    txState
	answered bool            // a provisional response came
	ack      *siplib.Request // to a refusal of an INVITE
	resend   *time.Timer     // A or E
	interval time.Duration
	expire   *time.Timer // B or F, then D, K or M
}

func clientKey(branch string, method siplib.RequestMethod) string {
	return branch + "\n" + string(method)
}

// request sends a request and follows its transaction. The top Via must be ours.
func (ep *endpoint) request(req *siplib.Request, f flow, onResponse func(*siplib.Response), onFailure func(error)) *clientTx {
	branch, _ := req.Via().Params.Get("branch")
	tx := &clientTx{
		ep: ep, key: clientKey(branch, req.Method), req: req, flow: f, onResponse: onResponse, onFailure: onFailure,
	}
	ep.mu.Lock()
	refused := ep.closed || len(ep.clients) >= maxTransactions
	if !refused {
		ep.clients[tx.key] = tx // before sending, or a quick answer finds nobody
	}
	ep.mu.Unlock()
	tx.mu.Lock()
	tx.expire = time.AfterFunc(timeoutT1s*ep.t1, func() { tx.fail(errTimeout) }) // B, F
	if !f.reliable() {
		tx.interval = ep.t1
		tx.resend = time.AfterFunc(tx.interval, tx.retransmit)
	}
	tx.mu.Unlock()
	err := errTooMany
	if !refused {
		err = f.send(req)
	}
	// A datagram that could not be sent now may be a moment later; a connection that broke stays broken.
	if err != nil && (refused || f.reliable()) {
		go tx.fail(err) // the caller may hold what onFailure wants
	}
	return tx
}

// retransmit is timer A (doubled) or E (doubled up to T2; T2 from the first provisional response on).
func (tx *clientTx) retransmit() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != txProceeding || tx.req.IsInvite() && tx.answered {
		return
	}
	_ = tx.flow.send(tx.req)
	tx.interval *= 2
	if t2 := t2T1s * tx.ep.t1; !tx.req.IsInvite() && (tx.interval > t2 || tx.answered) {
		tx.interval = t2
	}
	tx.resend.Reset(tx.interval)
}

// response finds the transaction of a response (RFC 3261 §17.1.3).
func (ep *endpoint) response(res *siplib.Response) {
	branch, _ := res.Via().Params.Get("branch")
	ep.mu.Lock()
	tx := ep.clients[clientKey(branch, res.CSeq().MethodName)]
	ep.mu.Unlock()
	if tx == nil {
		ep.count.invalid.Add(1) // a stray
		return
	}
	if tx.receive(res) {
		tx.onResponse(res)
	}
}

// receive moves the state. It reports whether the response is news.
func (tx *clientTx) receive(res *siplib.Response) bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	invite := tx.req.IsInvite()
	switch {
	case tx.state == txAccepted:
		return res.IsSuccess()
	case tx.state == txCompleted && invite && tx.ack != nil:
		if !res.IsProvisional() && !res.IsSuccess() {
			_ = tx.flow.send(tx.ack) // the first was lost
		}
		return false
	case tx.state != txProceeding:
		return false
	case res.IsProvisional():
		if invite && !tx.answered {
			tx.expire.Stop() // B ends; how long it may ring is the call's business
		}
		tx.answered = true
		return true
	}
	if tx.resend != nil {
		tx.resend.Stop()
	}
	tx.expire.Stop()
	switch {
	case invite && res.IsSuccess():
		tx.state = txAccepted
		tx.dropAfter(timeoutT1s * tx.ep.t1) // M
	case invite:
		tx.state = txCompleted
		tx.ack = refusalACK(tx.req, res)
		_ = tx.flow.send(tx.ack)
		tx.linger(timeoutT1s) // D: at least 32 s
	default:
		tx.state = txCompleted
		tx.linger(t4T1s) // K
	}
	return true
}

func (tx *clientTx) linger(n time.Duration) {
	if tx.flow.reliable() {
		n = 0
	}
	tx.dropAfter(n * tx.ep.t1)
}

func (tx *clientTx) dropAfter(d time.Duration) { tx.expire = time.AfterFunc(d, tx.drop) }

func (tx *clientTx) drop() {
	tx.ep.mu.Lock()
	if tx.ep.clients[tx.key] == tx {
		delete(tx.ep.clients, tx.key)
	}
	tx.ep.mu.Unlock()
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.state = txTerminated
	for _, timer := range []*time.Timer{tx.resend, tx.expire} {
		if timer != nil { // nil where the endpoint closes while the request is being sent
			timer.Stop()
		}
	}
}

// fail ends a transaction that has no final response.
func (tx *clientTx) fail(err error) {
	tx.mu.Lock()
	open := tx.state == txProceeding
	tx.mu.Unlock()
	tx.drop()
	if open {
		tx.onFailure(err)
	}
}
