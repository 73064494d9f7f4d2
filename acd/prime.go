package acd

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"patchbay/store"
	"patchbay/transcribe/prime"
)

// This file tells the recogniser what the record knows of a call, and in which language each leg speaks: when a voice is
// first heard, and whenever the interaction is published, so after every change of the match, the record, the queue and
// the parties. The streams compare: nothing is sent where nothing changed.

// prime tells the recogniser of all voices of an interaction.
func (c *Center) prime(in *interaction) {
	for _, p := range in.parties {
		if p.voice != nil {
			c.primeVoice(p)
		}
	}
}

func (c *Center) primeVoice(p *party) {
	v, language := p.voice, p.in.languageOf(p.id)
	record := c.knowledge(p.in, language)
	memory := prime.Remember(record)
	v.writer.memory.Store(&memory)
	v.stream.SetPrompt(prime.Text(record, language))
	if language != v.language {
		v.language = language
		v.stream.SetLanguage(language)
	}
}

// knowledge is what is known of a call, for the recogniser.
func (c *Center) knowledge(in *interaction, language string) prime.Record {
	r := prime.Record{Queue: in.queue.Name}
	for _, p := range in.parties {
		if p.kind == KindAgent && p.link != linkFailed && p.name != "" {
			r.Agents = append(r.Agents, p.name)
		}
	}
	if v := in.view; v != nil {
		r.Customer, r.Town, r.Organisation = v.Name, v.Town, v.Organisation
		for _, o := range v.Orders {
			told := prime.Order{Number: o.Number, Title: o.Title, Open: o.Status != "completed" && o.Status != "cancelled"}
			if o.ID == in.opened { // the agent looks at it: it is spoken of, whatever became of it
				told.Open = true
				r.Orders = slices.Insert(r.Orders, 0, told)
				continue
			}
			r.Orders = append(r.Orders, told)
		}
		for _, k := range v.Cases {
			if k.ID == in.opened {
				r.Opened = k.Title
			} else if k.Status == "open" {
				r.Cases = append(r.Cases, k.Title)
			}
		}
	}
	for _, v := range c.vocabulary {
		if (v.Queue == "" || v.Queue == in.queue.Name) && (v.Language == "" || language == "" || primaryTag(v.Language) == primaryTag(language)) {
			for _, t := range v.Terms {
				r.Vocabulary = append(r.Vocabulary, prime.Term(t))
			}
		}
	}
	return r
}

// How the language of a leg is known.
const (
	languageChosen = "chosen" // by hand
	languageQueue  = "queue"
	languageRecord = "record" // the customer's
	languageHeard  = "heard"  // the recogniser found it out
)

// languageOf is what a leg is taken to speak: chosen by hand, else the queue's, else the customer's, else what was heard.
func (in *interaction) languageOf(leg string) string {
	language, _ := in.languageFrom(leg)
	return language
}

func (in *interaction) languageFrom(leg string) (language, by string) {
	known := ""
	if in.view != nil {
		known = in.view.Language
	}
	for _, from := range []struct{ language, by string }{
		{in.chosen[leg], languageChosen}, {in.queue.Language, languageQueue}, {known, languageRecord}, {in.heard[leg], languageHeard},
	} {
		if from.language != "" {
			return from.language, from.by
		}
	}
	return "", ""
}

// languages is languageOf all legs that have spoken, for desks.
func (in *interaction) languages() map[string]string {
	m := map[string]string{}
	for leg := range in.spoken {
		if l := in.languageOf(leg); l != "" {
			m[leg] = l
		}
	}
	return m
}

// languageBy tells how each of languages is known.
func (in *interaction) languageBy() map[string]string {
	m := map[string]string{}
	for leg := range in.spoken {
		if l, by := in.languageFrom(leg); l != "" {
			m[leg] = by
		}
	}
	return m
}

// heardLanguage takes in which language the recogniser found a leg to speak.
func (c *Center) heardLanguage(in *interaction, leg, language string) {
	if in.heard[leg] == language || in.rec.EndedAt != nil {
		return
	}
	if in.heard == nil {
		in.heard = map[string]string{}
	}
	in.heard[leg] = language
	for _, p := range in.parties {
		if p.id == leg && p.voice != nil && p.voice.language == "" {
			p.voice.language = language // the stream holds to it already
		}
	}
	c.publish(in)
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`)

// SetCallLanguage sets the language of one leg of a call in which the user takes part; "" goes back to the queue's.
func (c *Center) SetCallLanguage(ctx context.Context, userID, interactionID, leg, language string) error {
	if language != "" && (len(language) > 35 || !languageTag.MatchString(language)) {
		return &Error{"bad_language", "A language is a tag such as en or ja."}
	}
	return c.ask(ctx, func() error {
		a := c.agents[userID]
		if a == nil {
			return errUnknown
		}
		p := a.call
		if p == nil {
			p = a.watch
		}
		if p == nil || p.in.rec.ID != interactionID || p.in.rec.EndedAt != nil {
			return errNoCall
		}
		in := p.in
		if !slices.ContainsFunc(in.parties, func(q *party) bool { return q.id == leg }) {
			return &Error{"unknown_leg", "Nobody of that name is in the call."}
		}
		before := in.languageOf(leg)
		if in.chosen == nil {
			in.chosen = map[string]string{}
		}
		in.chosen[leg] = language
		if language == "" {
			delete(in.heard, leg)
		}
		if now := in.languageOf(leg); now != before {
			c.event(in, "language", userID, map[string]any{"leg": leg, "language": now, "before": before})
		}
		c.publish(in)
		return nil
	})
}

// OpenItem says which order or case of the customer's record the agent opened in a call; "" is none. The recogniser is told of
// it first.
func (c *Center) OpenItem(ctx context.Context, agentID, interactionID, itemID string) error {
	return c.ask(ctx, func() error {
		a := c.agents[agentID]
		if a == nil {
			return errUnknown
		}
		p := a.call
		if p == nil || p.in.rec.ID != interactionID || p.in.rec.EndedAt != nil {
			return errNoCall
		}
		in := p.in
		if itemID != "" && !in.hasItem(itemID) {
			return &Error{"unknown_item", "The customer's record has no such order or case. Load the record again."}
		}
		in.opened = itemID
		c.publish(in)
		return nil
	})
}

// hasItem reports whether the record has an order or a case of that id.
func (in *interaction) hasItem(id string) bool {
	return in.view != nil && (slices.ContainsFunc(in.view.Orders, func(o store.Order) bool { return o.ID == id }) ||
		slices.ContainsFunc(in.view.Cases, func(k store.Case) bool { return k.ID == id }))
}

// SetVocabulary gives the words that the recogniser shall know, whenever they changed; calls that go on are told.
func (c *Center) SetVocabulary(list []store.Vocabulary) {
	c.post(func() {
		c.vocabulary = list
		for _, id := range slices.Sorted(maps.Keys(c.interactions)) {
			if in := c.interactions[id]; in.rec.EndedAt == nil {
				c.prime(in)
			}
		}
	})
}

func primaryTag(language string) string {
	tag, _, _ := strings.Cut(strings.ToLower(language), "-")
	return tag
}
