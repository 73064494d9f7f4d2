package sip

import (
	"context"
	"errors"

	siplib "github.com/emiago/sipgo/sip"
)

// errNoWay reports that a request could not be sent at all, which says nothing of the far end.
var errNoWay = errors.New("sip: no way to the far end")

// reply is what became of a request of ours: its final response, or why there is none.
type reply struct {
	req *siplib.Request
	res *siplib.Response
	err error
}

// code is the status code of the response, 0 where none came.
func (r reply) code() int {
	if r.res == nil {
		return 0
	}
	return r.res.StatusCode
}

// ask sends a request of ours within the dialog and answers what the far end wants proven of it. fill adds what the request
// carries beside what the dialog says; done takes the outcome, and with an INVITE each 2xx that is sent again. All of it runs
// in run, but for finding the way, which may take a name lookup.
func (s *session) ask(method siplib.RequestMethod, fill func(*siplib.Request, flow), done func(reply)) {
	s.askWith(&credentials{account: s.account}, method, fill, done)
}

func (s *session) askWith(proves *credentials, method siplib.RequestMethod, fill func(*siplib.Request, flow), done func(reply)) {
	d, seq := s.dialog, s.dialog.next()
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(s.ep.ctx, streamDial)
		defer cancel()
		f, err := d.way(ctx)
		if err != nil {
			s.ep.count.unsent.Add(1)
			s.post(func() { done(reply{err: errors.Join(errNoWay, err)}) })
			return
		}
		req := d.request(method, seq)
		req.PrependHeader(newVia(f))
		fill(req, f)
		proves.apply(req)
		s.ep.request(req, f, func(res *siplib.Response) {
			if !res.IsProvisional() {
				s.post(func() { s.asked(proves, req, res, fill, done) })
			}
		}, func(err error) { s.post(func() { done(reply{req: req, err: err}) }) })
	})
}

// asked takes the final response of a request: it is sent once more where only a proof was missing.
func (s *session) asked(proves *credentials, req *siplib.Request, res *siplib.Response, fill func(*siplib.Request, flow), done func(reply)) {
	if !s.finished && challenged(res) && proves.answer(req, res) == nil {
		s.askWith(proves, req.Method, fill, done)
		return
	}
	done(reply{req: req, res: res})
}

func nothing(*siplib.Request, flow) {}

// acknowledge sends the ACK to a 2xx of an INVITE of ours, a transaction of its own, and then posts sent.
func (s *session) acknowledge(d *dialog, invite *siplib.Request, sent func()) {
	copied := *d
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(s.ep.ctx, streamDial)
		defer cancel()
		if f, err := copied.way(ctx); err == nil {
			ack := copied.request(siplib.ACK, invite.CSeq().SeqNo)
			for _, name := range []string{"Authorization", "Proxy-Authorization"} {
				siplib.CopyHeaders(name, invite, ack) // RFC 3261 §22.1
			}
			ack.PrependHeader(newVia(f))
			_ = f.send(ack) // counted; the 2xx comes again
		}
		s.post(sent)
	})
}
