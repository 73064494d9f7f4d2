package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrCursor says that a cursor is none that we gave.
var ErrCursor = errors.New("store: not a cursor of ours")

// InteractionQuery selects interactions; zero fields select all.
type InteractionQuery struct {
	From   string    // the caller's number, in any form
	Since  time.Time // started then or later
	State  string
	Scope  *Scope // only what lies in it
	Cursor string // InteractionPage.NextCursor of the page before
	Limit  int    // 1…200; 50 where 0
}

// CustomerRef names a customer.
type CustomerRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// InteractionDetail is an interaction with who took part.
type InteractionDetail struct {
	Interaction
	Customer *CustomerRef `json:"customer"`
	Agents   []string     `json:"agents"` // names, in the order in which they joined
}

// InteractionPage is one page, newest first.
type InteractionPage struct {
	Items      []InteractionDetail `json:"items"`
	NextCursor string              `json:"next_cursor"` // empty on the last page
}

// agentNames lists who took part in interaction i.
const agentNames = `array(select coalesce(max(u.name), g.agent_id) from segments g left join users u on u.id = g.agent_id
	where g.interaction_id = i.id group by g.agent_id order by min(g.started_at), g.agent_id)`

const interactionColumns = `i.id, i.channel, i.direction, i.from_number, i.to_number, i.queue, i.state, i.outcome,
	i.started_at, i.answered_at, i.ended_at, i.customer_id, i.wrap_up_code, i.note, coalesce(c.name, ''), ` + agentNames

func scanInteraction(row pgx.CollectableRow) (InteractionDetail, error) {
	var d InteractionDetail
	err := row.Scan(&d.ID, &d.Channel, &d.Direction, &d.From, &d.To, &d.Queue, &d.State, &d.Outcome,
		&d.StartedAt, &d.AnsweredAt, &d.EndedAt, &d.CustomerID, &d.WrapUpCode, &d.Note, &d.CustomerName, &d.Agents)
	d.StartedAt, d.AnsweredAt, d.EndedAt = d.StartedAt.UTC(), inUTC(d.AnsweredAt), inUTC(d.EndedAt)
	if d.CustomerID != "" {
		d.Customer = &CustomerRef{d.CustomerID, d.CustomerName}
	}
	return d, err
}

// Interactions gives a page of interactions, newest first.
func (s *Store) Interactions(ctx context.Context, q InteractionQuery) (InteractionPage, error) {
	const what = "store: interactions"
	limit := clamp(q.Limit, 50, 200)
	before, beforeID, err := parseCursor(q.Cursor)
	if err != nil {
		return InteractionPage{}, err
	}
	raw := strings.TrimSpace(q.From)
	args := []any{raw, PhoneKey(raw, s.home), orNull(q.Since), q.State, orNull(before), beforeID, limit + 1}
	rows, err := s.pool.Query(ctx, `
		select `+interactionColumns+`
		from interactions i left join customers c on c.id = i.customer_id
		where ($1 = '' or i.from_number in ($1, $2))
		and ($3::timestamptz is null or i.started_at >= $3)
		and ($4 = '' or i.state = $4)
		and ($5::timestamptz is null or (i.started_at, i.id) < ($5, $6))
		and `+q.Scope.holds(&args)+`
		order by i.started_at desc, i.id desc limit $7`, args...)
	if err != nil {
		return InteractionPage{}, wrap(what, err)
	}
	page := InteractionPage{}
	if page.Items, err = pgx.CollectRows(rows, scanInteraction); err != nil {
		return InteractionPage{}, wrap(what, err)
	}
	if len(page.Items) > limit { // the one too many tells that there is a next page
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.NextCursor = cursorAt(last.StartedAt, last.ID)
	}
	return page, nil
}

// cursorAt names the place after what has this time and, among equals, this id.
func cursorAt(at time.Time, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(at.Format(time.RFC3339Nano) + " " + id))
}

func parseCursor(text string) (before time.Time, id string, err error) {
	if text == "" {
		return time.Time{}, "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("%w: %q", ErrCursor, text)
	}
	at, id, _ := strings.Cut(string(b), " ")
	before, err = time.Parse(time.RFC3339Nano, at)
	if err != nil || before.IsZero() || id == "" || strings.ContainsRune(id, 0) {
		return time.Time{}, "", fmt.Errorf("%w: %q", ErrCursor, text)
	}
	return before, id, nil
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Interaction gives one interaction, or ErrNotFound.
func (s *Store) Interaction(ctx context.Context, id string) (InteractionDetail, error) {
	rows, err := s.pool.Query(ctx, `select `+interactionColumns+`
		from interactions i left join customers c on c.id = i.customer_id where i.id = $1`, id)
	if err != nil {
		return InteractionDetail{}, wrap("store: interaction", err)
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanInteraction)
	return d, wrap("store: interaction", err)
}

// RecentInteractions gives the last interactions in which an agent took part and that are over, newest first.
func (s *Store) RecentInteractions(ctx context.Context, agentID string, limit int) ([]Interaction, error) {
	rows, err := s.pool.Query(ctx, `
		select `+interactionColumns+`
		from interactions i left join customers c on c.id = i.customer_id
		where i.state = 'ended' and i.id in (select interaction_id from segments where agent_id = $1)
		order by i.started_at desc, i.id desc limit $2`, agentID, clamp(limit, 10, 100))
	if err != nil {
		return nil, wrap("store: recent interactions", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Interaction, error) {
		d, err := scanInteraction(row)
		return d.Interaction, err
	})
	return all, wrap("store: recent interactions", err)
}

// Segments gives the agents' stints in an interaction, in order.
func (s *Store) Segments(ctx context.Context, interactionID string) ([]Segment, error) {
	rows, err := s.pool.Query(ctx, `select id, interaction_id, agent_id, started_at, ended_at from segments
		where interaction_id = $1 order by started_at, id`, interactionID)
	if err != nil {
		return nil, wrap("store: segments", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Segment, error) {
		var g Segment
		err := row.Scan(&g.ID, &g.InteractionID, &g.AgentID, &g.StartedAt, &g.EndedAt)
		g.StartedAt, g.EndedAt = g.StartedAt.UTC(), inUTC(g.EndedAt)
		return g, err
	})
	return all, wrap("store: segments", err)
}

// Lines gives an interaction's transcript by time.
func (s *Store) Lines(ctx context.Context, interactionID string) ([]Line, error) {
	rows, err := s.pool.Query(ctx, `select interaction_id, id, speaker, leg, start_ms, end_ms, text, spoken, words, name, translation from lines
		where interaction_id = $1 order by start_ms, id`, interactionID)
	if err != nil {
		return nil, wrap("store: lines", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var l Line
		err := row.Scan(&l.InteractionID, &l.ID, &l.Speaker, &l.Leg, &l.StartMS, &l.EndMS, &l.Text, &l.Spoken, &l.Words, &l.Name, &l.Translation)
		return l, err
	})
	return all, wrap("store: lines", err)
}

// Events gives an interaction's timeline in order.
func (s *Store) Events(ctx context.Context, interactionID string) ([]Event, error) {
	rows, err := s.pool.Query(ctx, `select interaction_id, seq, at, type, actor, data from events
		where interaction_id = $1 order by seq`, interactionID)
	if err != nil {
		return nil, wrap("store: events", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Event, error) {
		var e Event
		err := row.Scan(&e.InteractionID, &e.Seq, &e.At, &e.Type, &e.Actor, &e.Data)
		e.At = e.At.UTC()
		return e, err
	})
	return all, wrap("store: events", err)
}

// CloseInterrupted ends what a former run left open, and tells how many interactions that were. Call it at start, after
// NewJournal has replayed what that run had written. An interaction ends with its last sign of life, not now: the server
// may have been away for hours. One that was in wrap-up keeps its outcome: its call was over.
func (s *Store) CloseInterrupted(ctx context.Context) (int, error) {
	closed := 0
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			with open as (
				select i.id, i.state, greatest(i.started_at, i.answered_at, i.ended_at,
					(select max(e.at) from events e where e.interaction_id = i.id),
					(select i.started_at + max(l.end_ms) * interval '1 millisecond' from lines l where l.interaction_id = i.id)) as seen
				from interactions i where i.state <> 'ended' for update
			), event as (
				insert into events (interaction_id, seq, at, type, actor, data)
				select id, 1 + coalesce((select max(seq) from events where interaction_id = id), 0), now(), 'interrupted', 'system',
					jsonb_build_object('state', state) from open
			), segment as (
				update segments g set ended_at = greatest(g.started_at, o.seen) from open o
				where g.interaction_id = o.id and g.ended_at is null
			)
			update interactions i set state = 'ended', ended_at = coalesce(i.ended_at, o.seen),
				outcome = case when o.state = 'wrap_up' and i.outcome <> '' then i.outcome else 'interrupted' end
			from open o where o.id = i.id`)
		closed = int(tag.RowsAffected())
		if err != nil {
			return err
		}
		// A segment may also stand open in an interaction that ended.
		_, err = tx.Exec(ctx, `update segments g set ended_at = greatest(g.started_at, i.ended_at) from interactions i
			where i.id = g.interaction_id and g.ended_at is null and i.state = 'ended'`)
		return err
	})
	return closed, wrap("store: close interrupted", err)
}
