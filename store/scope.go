package store

import (
	"slices"
	"strconv"
)

// Scope is whose interactions somebody may read. A nil Scope is everything.
type Scope struct {
	User   string   // in which this user had a part
	Queues []string // and those of these queues
	Shown  []string // and these, by id: what rings or goes on at the user now
}

// holds says whether interaction i lies in the scope, as a condition whose values are appended to args.
func (s *Scope) holds(args *[]any) string {
	if s == nil {
		return `true`
	}
	n := len(*args)
	*args = append(*args, s.User, slices.Concat([]string{}, s.Queues), slices.Concat([]string{}, s.Shown))
	at := func(k int) string { return `$` + strconv.Itoa(n+k) }
	return `(i.queue = any(` + at(2) + `) or i.id = any(` + at(3) + `)
		or exists (select 1 from segments g where g.interaction_id = i.id and g.agent_id = ` + at(1) + `))`
}
