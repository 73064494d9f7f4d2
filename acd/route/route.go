// Package route decides which waiting interaction rings at which agent.
//
// Floor: F2. It is pure: no I/O, no clock, no goroutines; the same input gives the same answer.
package route

import (
	"slices"
	"strings"
	"time"
)

// Waiting is an interaction that waits in a queue.
type Waiting struct {
	ID    string
	Queue string
	Since time.Time // when the customer's wait began
	// Returned marks an interaction whose agent was lost: it goes before all that were not.
	Returned bool
	// Not names the agents who declined or missed it lately.
	Not map[string]bool
}

// Free is an agent who could take an interaction now.
type Free struct {
	ID        string
	Queues    []string
	IdleSince time.Time
}

// Pair rings one interaction at one agent.
type Pair struct {
	Interaction, Agent string
}

// Match pairs waiting interactions with free agents: the first to ring is the one that was returned, then the one that
// waits longest; it rings at the agent of its queue who is idle longest. Ties go by id, so the answer is stable.
func Match(waiting []Waiting, free []Free) []Pair {
	waiting, free = slices.Clone(waiting), slices.Clone(free)
	slices.SortFunc(waiting, func(a, b Waiting) int {
		switch {
		case a.Returned != b.Returned && a.Returned:
			return -1
		case a.Returned != b.Returned:
			return 1
		case !a.Since.Equal(b.Since):
			return a.Since.Compare(b.Since)
		}
		return strings.Compare(a.ID, b.ID)
	})
	slices.SortFunc(free, func(a, b Free) int {
		if !a.IdleSince.Equal(b.IdleSince) {
			return a.IdleSince.Compare(b.IdleSince)
		}
		return strings.Compare(a.ID, b.ID)
	})
	var pairs []Pair
	for _, w := range waiting {
		i := slices.IndexFunc(free, func(f Free) bool { return slices.Contains(f.Queues, w.Queue) && !w.Not[f.ID] })
		if i < 0 {
			continue
		}
		pairs = append(pairs, Pair{Interaction: w.ID, Agent: free[i].ID})
		free = slices.Delete(free, i, i+1)
	}
	return pairs
}
