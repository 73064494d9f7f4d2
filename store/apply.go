package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// place is a point in a journal: everything before it has been applied.
type place struct {
	segment  int64
	position int64 // bytes
}

// errUnfit says that the database can never hold a record, however often it is tried.
var errUnfit = errors.New("store: record does not fit the database")

// journalPlace gives how far a journal has been applied; zero for one that is not known.
func (s *Store) journalPlace(ctx context.Context, journal string) (place, error) {
	var p place
	err := s.pool.QueryRow(ctx, `select segment, position from journal_positions where journal_id = $1`, journal).
		Scan(&p.segment, &p.position)
	if errors.Is(err, pgx.ErrNoRows) {
		return place{}, nil
	}
	return p, wrap("store: journal's position", err)
}

// apply writes values in order in one transaction, together with the place in the journal that they lead to, so that
// each is applied once. Applied again, a value changes nothing.
func (s *Store) apply(ctx context.Context, values []any, journal string, p place) error {
	b := &pgx.Batch{}
	var out []Delivery
	for _, value := range values {
		switch v := value.(type) {
		case Interaction:
			b.Queue(`insert into interactions (id, channel, direction, from_number, to_number, queue, state, outcome, started_at,
					answered_at, ended_at, customer_id, wrap_up_code, note)
				values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
				on conflict (id) do update set channel = excluded.channel, direction = excluded.direction,
					from_number = excluded.from_number, to_number = excluded.to_number, queue = excluded.queue,
					state = excluded.state, outcome = excluded.outcome, started_at = excluded.started_at,
					answered_at = excluded.answered_at, ended_at = excluded.ended_at, customer_id = excluded.customer_id,
					wrap_up_code = excluded.wrap_up_code, note = case when exists (select 1 from contents c
						where c.interaction_id = excluded.id and c.erased_at is not null and c.erased_reason <> '`+discarded+`') then '' else excluded.note end`,
				v.ID, v.Channel, v.Direction, v.From, v.To, v.Queue, v.State, v.Outcome, v.StartedAt,
				v.AnsweredAt, v.EndedAt, v.CustomerID, v.WrapUpCode, v.Note)
		case Segment:
			b.Queue(`insert into segments (id, interaction_id, agent_id, started_at, ended_at) values ($1, $2, $3, $4, $5)
				on conflict (id) do update set interaction_id = excluded.interaction_id, agent_id = excluded.agent_id,
					started_at = excluded.started_at, ended_at = excluded.ended_at`,
				v.ID, v.InteractionID, v.AgentID, v.StartedAt, v.EndedAt)
		case Event:
			b.Queue(`insert into events (interaction_id, seq, at, type, actor, data) select $1, $2, $3, $4, $5,
				case when exists (select 1 from contents where interaction_id = $1 and erased_at is not null
					and (erased_reason <> '`+discarded+`' or $4 not like 'video%')) then kept_of_event($4, $6::jsonb) else $6::jsonb end
				on conflict (interaction_id, seq) do update set at = excluded.at, type = excluded.type,
					actor = excluded.actor, data = excluded.data`,
				v.InteractionID, v.Seq, v.At, v.Type, v.Actor, v.Data)
		case Line:
			b.Queue(`insert into lines (interaction_id, id, speaker, leg, start_ms, end_ms, text, spoken, words, folded, name, translation)
				select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
					-- A server that was killed does not know the names any more: the leg's other lines do.
					coalesce(nullif($11, ''), (select name from lines where interaction_id = $1 and leg = $4 and name <> '' limit 1), ''), $12
				where not exists (select 1 from contents where interaction_id = $1 and erased_at is not null)
				on conflict (interaction_id, id) do update set speaker = excluded.speaker, leg = excluded.leg,
					start_ms = excluded.start_ms, end_ms = excluded.end_ms, text = excluded.text,
					spoken = excluded.spoken, words = excluded.words, folded = excluded.folded, name = excluded.name, translation = excluded.translation`,
				v.InteractionID, v.ID, v.Speaker, v.Leg, v.StartMS, v.EndMS, v.Text, v.Spoken, v.Words, Fold(v.Text), v.Name, v.Translation)
		case Recording:
			queueRecording(b, v)
		case Film:
			queueFilm(b, v)
		case Erasure:
			queueErasure(b, v)
			out = slices.DeleteFunc(out, func(d Delivery) bool { return d.InteractionID == v.InteractionID }) // the outbox is filled last
		case Original:
			queueOriginal(b, v)
		case Due:
			queueDue(b, v)
		case Delivery:
			out = append(out, v)
		}
	}
	b.Queue(`insert into journal_positions (journal_id, segment, position) values ($1, $2, $3)
		on conflict (journal_id) do update set segment = excluded.segment, position = excluded.position`,
		journal, p.segment, p.position)
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		return s.putOut(ctx, tx, out)
	})
	if unfit(err) {
		return fmt.Errorf("%w: %w", errUnfit, err)
	}
	return wrap("store: apply journal", err)
}

// unfit tells whether an error is the value's own fault: SQLSTATE classes 22 (data exception), 23 (integrity constraint)
// and 54 (program limit). Everything else may pass: it is tried again.
func unfit(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && len(pg.Code) == 5 && (pg.Code[:2] == "22" || pg.Code[:2] == "23" || pg.Code[:2] == "54")
}
