package store

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// CustomerPatch changes the fields that are not nil. A list replaces the whole list; an order or case with the id of
// one that is there keeps what the patch leaves empty.
type CustomerPatch struct {
	Name         *string   `json:"name"`
	Organisation *string   `json:"organisation"`
	Town         *string   `json:"town"`
	Tier         *string   `json:"tier"`
	Language     *string   `json:"language"`
	Phones       *[]string `json:"phones"`
	Emails       *[]string `json:"emails"`
	Preferences  *string   `json:"preferences"`
	Note         *string   `json:"note"`
	Orders       *[]Order  `json:"orders"`
	Cases        *[]Case   `json:"cases"`
}

// CreateCustomer adds a customer and gives the record as stored. An empty id is filled; so are those of orders and
// cases, and times that are zero become now.
func (s *Store) CreateCustomer(ctx context.Context, c Customer) (Customer, error) {
	if c.ID == "" {
		c.ID = newID()
	}
	var out Customer
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := s.insertCustomer(ctx, tx, c); err != nil {
			return err
		}
		var err error
		out, err = readCustomer(ctx, tx, c.ID)
		return err
	})
	return out, wrap("store: create customer", err)
}

func (s *Store) insertCustomer(ctx context.Context, tx pgx.Tx, c Customer) error {
	now := time.Now().UTC()
	if c.CreatedAt.IsZero() {
		c.CreatedAt = now
	}
	if _, err := tx.Exec(ctx, `
		insert into customers (id, name, organisation, town, tier, language, preferences, note, created_at, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		c.ID, c.Name, c.Organisation, c.Town, c.Tier, c.Language, c.Preferences, c.Note, c.CreatedAt, now); err != nil {
		return err
	}
	if err := s.setPhones(ctx, tx, c.ID, c.Phones); err != nil {
		return err
	}
	if err := setEmails(ctx, tx, c.ID, c.Emails); err != nil {
		return err
	}
	if err := setOrders(ctx, tx, c.ID, nil, c.Orders, now); err != nil {
		return err
	}
	return setCases(ctx, tx, c.ID, nil, c.Cases, now)
}

// UpdateCustomer changes what the patch names and gives the new record; ErrNotFound for an id that nobody has.
func (s *Store) UpdateCustomer(ctx context.Context, id string, p CustomerPatch) (Customer, error) {
	var out Customer
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		now := time.Now().UTC()
		// The row's lock makes patches of one customer wait for each other, lists included.
		tag, err := tx.Exec(ctx, `
			update customers set name = coalesce($2, name), organisation = coalesce($3, organisation),
				town = coalesce($4, town), tier = coalesce($5, tier), language = coalesce($6, language),
				preferences = coalesce($7, preferences), note = coalesce($8, note), updated_at = $9
			where id = $1`,
			id, p.Name, p.Organisation, p.Town, p.Tier, p.Language, p.Preferences, p.Note, now)
		if err := one("store: customer", tag, err); err != nil {
			return err
		}
		old, err := readCustomer(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Phones != nil {
			if err := s.setPhones(ctx, tx, id, *p.Phones); err != nil {
				return err
			}
		}
		if p.Emails != nil {
			if err := setEmails(ctx, tx, id, *p.Emails); err != nil {
				return err
			}
		}
		if p.Orders != nil {
			if err := setOrders(ctx, tx, id, old.Orders, *p.Orders, now); err != nil {
				return err
			}
		}
		if p.Cases != nil {
			if err := setCases(ctx, tx, id, old.Cases, *p.Cases, now); err != nil {
				return err
			}
		}
		out, err = readCustomer(ctx, tx, id)
		return err
	})
	return out, wrap("store: update customer", err)
}

func (s *Store) setPhones(ctx context.Context, tx pgx.Tx, id string, phones []string) error {
	b := &pgx.Batch{}
	b.Queue(`delete from customer_phones where customer_id = $1`, id)
	for i, raw := range phones {
		raw = strings.TrimSpace(raw)
		if raw == "" {
			continue
		}
		_, e164 := NormalizePhone(raw, s.home)
		key := PhoneKey(raw, s.home)
		b.Queue(`insert into customer_phones (customer_id, position, number, raw, e164, digits) values ($1, $2, $3, $4, $5, $6)
			on conflict do nothing`, id, i, key, raw, e164, phoneDigits(key)) // the same number written twice is one
	}
	return tx.SendBatch(ctx, b).Close()
}

func setEmails(ctx context.Context, tx pgx.Tx, id string, emails []string) error {
	b := &pgx.Batch{}
	b.Queue(`delete from customer_emails where customer_id = $1`, id)
	for i, e := range emails {
		if e = strings.TrimSpace(e); e != "" {
			b.Queue(`insert into customer_emails (customer_id, position, email) values ($1, $2, $3) on conflict do nothing`, id, i, e)
		}
	}
	return tx.SendBatch(ctx, b).Close()
}

func setOrders(ctx context.Context, tx pgx.Tx, id string, old, orders []Order, now time.Time) error {
	known := make(map[string]Order, len(old))
	for _, o := range old {
		known[o.ID] = o
	}
	b := &pgx.Batch{}
	b.Queue(`delete from orders where customer_id = $1`, id)
	for _, o := range orders {
		was, ok := known[o.ID]
		if !ok { // an id that is not this customer's could be another's: give a new one
			o.ID = newID()
		}
		o.Number, o.Title = or(o.Number, was.Number), or(o.Title, was.Title)
		o.Status, o.Amount = or(o.Status, was.Status), or(o.Amount, was.Amount)
		o.PlacedAt = orTime(o.PlacedAt, was.PlacedAt, now)
		if o.DueAt == nil {
			o.DueAt = was.DueAt
		}
		delete(known, o.ID) // a second one with the id is a new order
		b.Queue(`insert into orders (id, customer_id, number, title, status, amount, placed_at, due_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, o.ID, id, o.Number, o.Title, o.Status, o.Amount, o.PlacedAt, o.DueAt)
	}
	return tx.SendBatch(ctx, b).Close()
}

func setCases(ctx context.Context, tx pgx.Tx, id string, old, cases []Case, now time.Time) error {
	known := make(map[string]Case, len(old))
	for _, c := range old {
		known[c.ID] = c
	}
	b := &pgx.Batch{}
	b.Queue(`delete from cases where customer_id = $1`, id)
	for _, c := range cases {
		was, ok := known[c.ID]
		if !ok {
			c.ID = newID()
		}
		c.Title, c.Status = or(c.Title, was.Title), or(c.Status, was.Status, "open")
		c.OpenedAt = orTime(c.OpenedAt, was.OpenedAt, now)
		delete(known, c.ID)
		b.Queue(`insert into cases (id, customer_id, title, status, opened_at) values ($1, $2, $3, $4, $5)`,
			c.ID, id, c.Title, c.Status, c.OpenedAt)
	}
	return tx.SendBatch(ctx, b).Close()
}

// or gives the first text that is not empty.
func or(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// orTime gives the first time that is not zero.
func orTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}
