package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// VideoSession is one video help that is over, for the list of how they ended.
type VideoSession struct {
	InteractionID string    `json:"interaction_id"`
	Session       string    `json:"session"`
	At            time.Time `json:"at"` // of its end
	Channel       string    `json:"channel"`
	Queue         string    `json:"queue"`
	CustomerID    string    `json:"customer_id"`
	CustomerName  string    `json:"customer_name"`
	Agents        []string  `json:"agents"` // names
	VideoOutcome
}

const mostVideoSessions = 200 // of a list

// VideoSessions gives how video helps ended, newest first: all, or a customer's; with before not zero those that ended before.
func (s *Store) VideoSessions(ctx context.Context, customerID string, before time.Time, limit int, scope *Scope) ([]VideoSession, error) {
	const what = "store: video sessions"
	args := []any{customerID, orNull(before), clamp(limit, 50, mostVideoSessions)}
	rows, err := s.pool.Query(ctx, `select i.id, v.session, v.at, i.channel, i.queue, coalesce(i.customer_id, ''), coalesce(c.name, ''), `+agentNames+`, v.data
		from (select distinct on (e.interaction_id, e.data->>'id') e.interaction_id, e.data->>'id' as session, e.at, e.data
			from events e where e.type = 'video_summary' order by e.interaction_id, e.data->>'id', e.seq desc) v
		join interactions i on i.id = v.interaction_id left join customers c on c.id = i.customer_id
		where ($1 = '' or i.customer_id = $1) and ($2::timestamptz is null or v.at < $2) and `+scope.holds(&args)+` order by v.at desc, v.session desc limit $3`, args...)
	if err != nil {
		return nil, wrap(what, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (VideoSession, error) {
		var v VideoSession
		err := row.Scan(&v.InteractionID, &v.Session, &v.At, &v.Channel, &v.Queue, &v.CustomerID, &v.CustomerName, &v.Agents, &v.VideoOutcome)
		v.At = v.At.UTC()
		return v, err
	})
	return all, wrap(what, err)
}
