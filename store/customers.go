package store

import (
	"context"
	"sort"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Bounds of what one question about customers gives.
const (
	mostCustomers  = 100
	mostCandidates = 10 // customers who share a number
	mostTimeline   = 50
)

// customerColumns reads a whole customer in one row, so that a page of customers is one query.
const customerColumns = `c.id, c.name, c.organisation, c.town, c.tier, c.language, c.preferences, c.note, c.created_at, c.updated_at,
	array(select case when p.e164 then p.number else p.raw end from customer_phones p where p.customer_id = c.id order by p.position),
	array(select e.email from customer_emails e where e.customer_id = c.id order by e.position),
	coalesce((select jsonb_agg(jsonb_build_object('id', o.id, 'number', o.number, 'title', o.title, 'status', o.status,
		'amount', o.amount, 'placed_at', o.placed_at, 'due_at', o.due_at) order by o.placed_at desc, o.id)
		from orders o where o.customer_id = c.id), '[]'),
	coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'title', k.title, 'status', k.status,
		'opened_at', k.opened_at) order by k.status <> 'open', k.opened_at desc, k.id)
		from cases k where k.customer_id = c.id), '[]')`

func scanCustomer(row pgx.CollectableRow) (Customer, error) {
	var c Customer
	err := row.Scan(&c.ID, &c.Name, &c.Organisation, &c.Town, &c.Tier, &c.Language, &c.Preferences, &c.Note,
		&c.CreatedAt, &c.UpdatedAt, &c.Phones, &c.Emails, &c.Orders, &c.Cases)
	c.CreatedAt, c.UpdatedAt = c.CreatedAt.UTC(), c.UpdatedAt.UTC()
	for i := range c.Orders {
		c.Orders[i].PlacedAt, c.Orders[i].DueAt = c.Orders[i].PlacedAt.UTC(), inUTC(c.Orders[i].DueAt)
	}
	for i := range c.Cases {
		c.Cases[i].OpenedAt = c.Cases[i].OpenedAt.UTC()
	}
	return c, err
}

// querier is what a pool and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// readCustomers runs a query that selects customerColumns.
func readCustomers(ctx context.Context, q querier, what, sql string, args ...any) ([]Customer, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, wrap(what, err)
	}
	all, err := pgx.CollectRows(rows, scanCustomer)
	return all, wrap(what, err)
}

func readCustomer(ctx context.Context, q querier, id string) (Customer, error) {
	rows, err := q.Query(ctx, `select `+customerColumns+` from customers c where c.id = $1`, id)
	if err != nil {
		return Customer{}, wrap("store: customer", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, scanCustomer)
	return c, wrap("store: customer", err)
}

// Customer gives one customer, or ErrNotFound.
func (s *Store) Customer(ctx context.Context, id string) (Customer, error) {
	return readCustomer(ctx, s.pool, id)
}

// CustomerView gives a customer with the newest entries of the timeline: what came from elsewhere and our own
// interactions that are over. Of an id that nobody has, ErrNotFound.
func (s *Store) CustomerView(ctx context.Context, id string) (CustomerView, error) {
	c, err := s.Customer(ctx, id)
	if err != nil {
		return CustomerView{}, err
	}
	rows, err := s.pool.Query(ctx, `
		select id, channel, at, title, detail, interaction_id, '' as outcome, '{}'::text[] as agents, null::jsonb as video
		from past where customer_id = $1
		union all
		select i.id, i.channel, i.started_at, '', i.note, i.id, i.outcome, `+agentNames+`,
			(select e.data from events e where e.interaction_id = i.id and e.type = 'video_summary' order by e.seq desc limit 1)
		from interactions i where i.customer_id = $1 and i.state = 'ended'
		order by at desc, id limit $2`, id, mostTimeline)
	if err != nil {
		return CustomerView{}, wrap("store: customer's timeline", err)
	}
	timeline, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Past, error) {
		var p Past
		err := row.Scan(&p.ID, &p.Channel, &p.At, &p.Title, &p.Detail, &p.InteractionID, &p.Outcome, &p.Agents, &p.Video)
		p.At = p.At.UTC()
		if p.Title == "" {
			p.Title = interactionTitle(p)
		}
		return p, err
	})
	if err != nil {
		return CustomerView{}, wrap("store: customer's timeline", err)
	}
	return CustomerView{Customer: c, Timeline: timeline}, nil
}

// interactionTitle says in English what an interaction was; Outcome and Agents let a screen say it in its own words.
func interactionTitle(p Past) string {
	switch {
	case len(p.Agents) > 0:
		return "Spoke with " + strings.Join(p.Agents, ", ")
	case p.Outcome == "interrupted":
		return "Interrupted before anybody answered"
	default:
		return "Gave up before anybody answered"
	}
}

// SearchCustomers finds a text in names, organisations, e-mail addresses and numbers, beginnings first, then words in any
// order in names, organisations and towns.
//
// It reads all customers: an index on trigrams would miss queries of two characters, which are common in Japanese.
func (s *Store) SearchCustomers(ctx context.Context, q string, limit int) ([]Customer, error) {
	q = strings.TrimSpace(q)
	// Digits typed with the marks that people write for the eye, but only where the query is a number and no name.
	digits := phoneDigits(q)
	if strings.Trim(q, "0123456789+-./() ") != "" {
		digits = ""
	}
	return readCustomers(ctx, s.pool, "store: search customers", `
		with hits as (
			select h.customer_id, min(h.rank) as rank from (
				select id as customer_id, case when starts_with(lower(name), $1) then 0 else 1 end as rank
				from customers where position($1 in lower(name)) > 0
				union all
				select id, case when starts_with(lower(organisation), $1) then 1 else 2 end
				from customers where $1 <> '' and position($1 in lower(organisation)) > 0
				union all
				select customer_id, case when starts_with(lower(email), $1) then 1 else 2 end
				from customer_emails where $1 <> '' and position($1 in lower(email)) > 0
				union all
				select customer_id, 1 from customer_phones where $2 <> '' and position($2 in digits) > 0
				union all -- every word somewhere, in any order
				select id, 3 from customers where $1 <> '' and not exists (
					select from unnest($4::text[]) word where position(word in lower(concat_ws(' ', name, organisation, town))) = 0)
			) h group by h.customer_id
		), best as (
			select c.id, h.rank from hits h join customers c on c.id = h.customer_id
			order by h.rank, lower(c.name), c.id limit $3
		)
		select `+customerColumns+` from best b join customers c on c.id = b.id order by b.rank, lower(c.name), c.id`,
		strings.ToLower(q), digits, clamp(limit, 20, mostCustomers), strings.Fields(strings.ToLower(q)))
}

// CustomersByPhone gives the customers whom a number belongs to, best first. Those who have the very number come alone,
// the one who was in touch last first; where nobody has it, those whose number ends like it (or whose whole number it
// ends with), the longest agreement first: trunks disagree about prefixes.
func (s *Store) CustomersByPhone(ctx context.Context, number string) ([]Customer, error) {
	key := PhoneKey(number, s.home)
	if key == "" {
		return nil, nil
	}
	all, err := readCustomers(ctx, s.pool, "store: customers by phone", `
		select `+customerColumns+` from customer_phones f join customers c on c.id = f.customer_id
		where f.number = $1
		order by greatest((select max(at) from past where customer_id = c.id),
			(select max(started_at) from interactions where customer_id = c.id)) desc nulls last, lower(c.name), c.id
		limit $2`, key, mostCandidates)
	if err != nil || len(all) > 0 {
		return all, err
	}
	digits := phoneDigits(key)
	if len(digits) < shortestEnding {
		return nil, nil
	}
	all, err = readCustomers(ctx, s.pool, "store: customers by phone", `
		select `+customerColumns+` from customers c where c.id in (
			select customer_id from customer_phones
			where reverse(digits) ~>=~ $2 and reverse(digits) ~<~ ($2 || ':') -- begins so; ':' follows '9'
			and right(digits, least(length(digits), length($1))) = right($1, least(length(digits), length($1)))
			limit $3)`,
		digits, reversed(digits[len(digits)-shortestEnding:]), mostCandidates)
	sort.SliceStable(all, func(i, j int) bool {
		a, b := agreement(all[i], digits), agreement(all[j], digits)
		return a > b || a == b && all[i].Name < all[j].Name
	})
	return all, err
}

// agreement counts the digits, from the back, by which a customer's nearest number agrees with digits.
func agreement(c Customer, digits string) int {
	best := 0
	for _, number := range c.Phones {
		d, n := phoneDigits(number), 0
		for n < min(len(d), len(digits)) && d[len(d)-1-n] == digits[len(digits)-1-n] {
			n++
		}
		best = max(best, n)
	}
	return best
}

func reversed(digits string) string {
	b := []byte(digits)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
