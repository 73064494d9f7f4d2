package acd

import (
	"context"
	"time"

	"patchbay/media"
	"patchbay/store"
)

// GuestPhone is the customer's voice in a browser.
type GuestPhone interface {
	media.Leg
	// Reset drops what is buffered; called before the phone joins a bridge.
	Reset()
	// HangUp says that the guest was let go. It returns at once.
	HangUp()
}

// Timeline writes an event into an interaction's timeline for who works beside the contact centre, such as video help. What
// comes after the interaction was closed, as a guest's answer how it was, is numbered by the time, which is behind every number
// that was counted.
func (c *Center) Timeline(interactionID, typ, actor string, data map[string]any) {
	at := time.Now()
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil {
			c.event(in, typ, actor, data)
			return
		}
		c.cfg.Journal.AddEvent(store.Event{InteractionID: interactionID, Seq: at.UnixMilli(), At: at, Type: typ, Actor: actor, Data: data})
	})
}

// VideoState shows on the board how an interaction's video help is; "" for none.
func (c *Center) VideoState(interactionID, state string) {
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil && in.video != state {
			in.video = state
			c.touchBoard()
		}
	})
}

// guest is the customer in a browser; nil where the customer never spoke there.
func (in *interaction) guest() *party {
	for _, p := range in.parties {
		if p.kind == KindGuest {
			return p
		}
	}
	return nil
}

// customerHere says whether the customer can be spoken to, at the telephone or in a browser.
func (in *interaction) customerHere() bool {
	if g := in.guest(); g != nil && g.connected() {
		return true
	}
	return in.customer().link == linkOn || in.rec.Channel == ChannelVideo && in.rec.AnsweredAt != nil
}

// GuestOn has the customer speak and hear in a browser from now on, whose sound comes already. The telephone falls silent in
// the same tick, both ways: two microphones of one person would make an echo. It may hang up then.
func (c *Center) GuestOn(interactionID string, phone GuestPhone) {
	c.post(func() {
		in := c.interactions[interactionID]
		if in == nil || in.rec.EndedAt != nil || in.sound == nil || in.tape.asking() ||
			!in.sound.answered && in.rec.Channel != ChannelVideo {
			phone.HangUp()
			return
		}
		c.came(in)
		p := in.guest()
		if p == nil {
			p = in.join(KindGuest, linkOn)
		}
		p.disarm()
		before := p.link
		phone.Reset()
		if c.seat(p, phone) != nil {
			in.drop(p) // every seat is taken
			phone.HangUp()
			return
		}
		p.browser, p.link = phone, linkOn
		in.customer().moved = true
		if before != linkAway {
			c.event(in, "guest_joined", p.id, nil)
		}
		in.sound.playHold(c)
		c.publish(in)
	})
}

// GuestOff takes a guest's sound back; the phone is read no longer when it returns. The telephone is spoken and heard at again
// in the same tick. Where it has hung up, a guest whose sound was lost may come back for a while; one who left ends the call.
func (c *Center) GuestOff(interactionID string, phone GuestPhone, lost bool) {
	_ = c.ask(context.Background(), func() error {
		if in := c.interactions[interactionID]; in != nil {
			if p := in.guest(); p != nil && p.browser == phone && (p.link == linkOn || p.link == linkAway && !lost) {
				c.guestOff(p, lost)
			}
		}
		return nil
	})
}

func (c *Center) guestOff(p *party, lost bool) {
	in := p.in
	c.unseat(p)
	switch customer := in.customer(); {
	case customer.link == linkOn:
		p.link, customer.moved = linkGone, false
		c.event(in, "guest_left", p.id, map[string]any{"lost": lost, "to": "phone"})
	case lost && in.rec.EndedAt == nil:
		p.link = linkAway
		c.event(in, "guest_lost", p.id, nil)
		c.arm(p, c.cfg.AwayTime, func() { c.guestGone(p) })
	default:
		c.guestGone(p)
		return
	}
	c.publish(in)
}

// guestGone lets a guest go who has no telephone to go back to. Video help goes on without a voice.
func (c *Center) guestGone(p *party) {
	in := p.in
	p.disarm()
	p.link = linkGone
	c.event(in, "guest_left", p.id, nil)
	if in.rec.Channel == ChannelVideo {
		c.publish(in)
		return
	}
	c.end(in, "customer")
}

// customerGone is what becomes of a call whose customer has put down the telephone: where the customer speaks in a browser, it
// goes on there.
func (c *Center) customerGone(in *interaction) {
	g := in.guest()
	if in.rec.EndedAt != nil || g == nil || !g.connected() {
		c.end(in, "customer")
		return
	}
	p := in.customer()
	c.unseat(p)
	p.hush()
	p.link = linkGone
	c.event(in, "phone_left", "customer", nil)
	c.publish(in)
}

// guestLine stands where an interaction without a telephone has its line.
type guestLine struct {
	id   string
	done chan struct{}
}

func (l *guestLine) ID() string            { return l.id }
func (l *guestLine) Done() <-chan struct{} { return l.done }

// HangUp is called by Run alone.
func (l *guestLine) HangUp() {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
}

// VideoOut begins an interaction without a telephone, for an agent who is about to send the customer a link. subject is what
// it is about, such as a case's title; it may be empty.
func (c *Center) VideoOut(ctx context.Context, agentID, customerID, subject string) (interactionID string, err error) {
	if len(subject) > maxTransferReason {
		return "", errLongReason
	}
	view, err := c.customerView(ctx, customerID)
	if err != nil {
		return "", err
	}
	err = c.ask(ctx, func() error {
		a, err := c.mayBegin(agentID, "start video help")
		if err != nil {
			return err
		}
		if err := c.move(a, TriggerCallOut, ""); err != nil {
			return errNotPossible
		}
		queue := c.queueOf(a)
		number := ""
		if len(view.Phones) > 0 {
			number = view.Phones[0]
		}
		in := c.open("outbound", c.numberOf(queue), number, queue, &guestLine{newID(), make(chan struct{})})
		in.rec.Channel, in.customer().number, in.routable = ChannelVideo, number, true
		c.log.Info("video help without a call", "interaction", in.rec.ID, "queue", queue.Name)
		c.event(in, "started", a.id, map[string]any{"subject": c.MaskText(subject, true)})
		c.withAgent(in, a)
		c.matched(in, nil, &view)
		interactionID = in.rec.ID
		return nil
	})
	return interactionID, err
}

// GuestCame begins the talk of an interaction without a telephone: the guest has consented, and now is its 200 OK.
func (c *Center) GuestCame(interactionID string) {
	c.post(func() {
		if in := c.interactions[interactionID]; in != nil && in.rec.EndedAt == nil {
			c.came(in)
		}
	})
}

func (c *Center) came(in *interaction) {
	s := in.sound
	if in.rec.Channel != ChannelVideo || s == nil || s.answered {
		return
	}
	now := time.Now()
	in.rec.StartedAt, in.rec.AnsweredAt = now, &now
	c.save(in)
	s.answered, s.zero = true, s.bridge.Position()
	in.customer().link = linkGone // it was never a telephone
	for _, q := range in.parties {
		c.listen(q)
	}
	c.beginTape(in)
	c.event(in, "answered", "customer", nil)
	c.publish(in)
}
