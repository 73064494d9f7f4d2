package sip

import (
	"context"

	siplib "github.com/emiago/sipgo/sip"
)

// ask sends a request of ours within the dialog and answers what the far end wants proven of it. fill adds what the request
// carries beside what the dialog says; done takes the final response, or nil where none came. All of it runs in run, but for
// finding the way, which may take a name lookup.
func (s *session) ask(method siplib.RequestMethod, fill func(*siplib.Request, flow), done func(*siplib.Response)) {
	s.askWith(&credentials{account: s.account}, method, fill, done)
}

func (s *session) askWith(proves *credentials, method siplib.RequestMethod, fill func(*siplib.Request, flow), done func(*siplib.Response)) {
	d, seq := s.dialog, s.dialog.next()
	s.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(s.ep.ctx, streamDial)
		defer cancel()
		f, err := d.way(ctx)
		if err != nil {
			s.ep.count.unsent.Add(1)
			s.post(func() { done(nil) })
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
		}, func(error) { s.post(func() { done(nil) }) })
	})
}

// asked takes the final response of a request: it is sent once more where only a proof was missing.
func (s *session) asked(proves *credentials, req *siplib.Request, res *siplib.Response, fill func(*siplib.Request, flow), done func(*siplib.Response)) {
	if !s.finished && challenged(res) && proves.answer(req, res) == nil {
		s.askWith(proves, req.Method, fill, done)
		return
	}
	done(res)
}

func nothing(*siplib.Request, flow) {}
