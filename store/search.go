package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a search.
const (
	MaxSearch      = 200 // bytes of the words
	MaxSearchTerms = 8
	maxHits        = 5 // lines shown of an interaction
)

// ErrSearch says why words cannot be searched for; what it wraps is in words for people.
var ErrSearch = errors.New("store: unfit search")

// Search is what to look for in transcripts.
type Search struct {
	Words    string    // all must be said in the interaction, each somewhere in a line; "in quotes", as one
	Scope    *Scope    // only what lies in it
	Customer string    // only this customer's; empty for all
	Since    time.Time // started then or later
	Until    time.Time // started before
	Cursor   string    // FoundPage.NextCursor of the page before
	Limit    int       // interactions, 1…100; 20 where 0
}

// Found is an interaction in which all the words were said.
type Found struct {
	Interaction InteractionDetail `json:"interaction"`
	Hits        []Hit             `json:"hits"` // the first of them, in order
}

// Hit is a line that holds some of the words.
type Hit struct {
	LineID  string   `json:"line_id"`
	Speaker string   `json:"speaker"`
	Leg     string   `json:"leg"`
	StartMS int64    `json:"start_ms"`
	Text    string   `json:"text"`
	Ranges  [][2]int `json:"ranges"` // from and to of each word found, in UTF-16 units of Text
}

// FoundPage is one page, newest first.
type FoundPage struct {
	Items      []Found `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// Fold writes text as search compares it: compatibility forms made one (full-width letters, half-width kana), lower case,
// white space single.
func Fold(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(text))), " ")
}

// terms splits words into what must be found, or says in words why it cannot.
func terms(words string) ([]string, error) {
	bad := func(why string) ([]string, error) { return nil, fmt.Errorf("%w: %s", ErrSearch, why) }
	if len(words) > MaxSearch {
		return bad(fmt.Sprintf("Search for at most %d characters.", MaxSearch))
	}
	if !utf8.ValidString(words) || strings.ContainsRune(words, 0) {
		return bad("The words are not text.")
	}
	var all []string
	for i, part := range strings.Split(norm.NFKC.String(words), `"`) {
		if i%2 == 1 {
			all = append(all, Fold(part))
			continue
		}
		all = append(all, strings.Fields(Fold(part))...)
	}
	var list []string
	for _, t := range all {
		if t == "" {
			continue
		}
		if utf8.RuneCountInString(t) < 2 {
			return bad(fmt.Sprintf("%q is too short: each word has at least 2 characters.", t))
		}
		list = append(list, t)
	}
	switch {
	case len(list) == 0:
		return bad("Say what to search for.")
	case len(list) > MaxSearchTerms:
		return bad(fmt.Sprintf("Search for at most %d words at a time.", MaxSearchTerms))
	}
	return list, nil
}

// Search finds the interactions in which all the words were said, newest first. It gives ErrSearch for words that cannot
// be searched for, and ErrCursor.
func (s *Store) Search(ctx context.Context, q Search) (FoundPage, error) {
	const what = "store: search"
	list, err := terms(q.Words)
	if err != nil {
		return FoundPage{}, err
	}
	before, beforeID, err := parseCursor(q.Cursor)
	if err != nil {
		return FoundPage{}, err
	}
	limit := clamp(q.Limit, 20, 100)
	args := []any{q.Customer, orNull(q.Since), orNull(q.Until), orNull(before), beforeID, limit + 1}
	var sql strings.Builder
	sql.WriteString(`select ` + interactionColumns + `
		from interactions i left join customers c on c.id = i.customer_id
		where ($1 = '' or i.customer_id = $1)
		and ($2::timestamptz is null or i.started_at >= $2)
		and ($3::timestamptz is null or i.started_at < $3)
		and ($4::timestamptz is null or (i.started_at, i.id) < ($4, $5))
		and ` + q.Scope.holds(&args))
	for _, t := range list {
		args = append(args, t)
		n := strconv.Itoa(len(args))
		// The index finds the lines that have the pairs; position says whether they stand in order.
		sql.WriteString(` and i.id in (select l.interaction_id from lines l
			where bigrams(l.folded) @> bigrams($` + n + `) and position($` + n + ` in l.folded) > 0)`)
	}
	sql.WriteString(` order by i.started_at desc, i.id desc limit $6`)
	rows, err := s.pool.Query(ctx, sql.String(), args...)
	if err != nil {
		return FoundPage{}, wrap(what, err)
	}
	found, err := pgx.CollectRows(rows, scanInteraction)
	if err != nil {
		return FoundPage{}, wrap(what, err)
	}
	page := FoundPage{Items: []Found{}}
	if len(found) > limit {
		found = found[:limit]
		page.NextCursor = cursorAt(found[limit-1].StartedAt, found[limit-1].ID)
	}
	ids := make([]string, len(found))
	for i, d := range found {
		ids[i] = d.ID
	}
	hits, err := s.hits(ctx, ids, list)
	if err != nil {
		return FoundPage{}, wrap(what, err)
	}
	for _, d := range found {
		page.Items = append(page.Items, Found{d, hits[d.ID]})
	}
	return page, nil
}

// hits gives the first lines of interactions that hold one of the terms.
func (s *Store) hits(ctx context.Context, ids, list []string) (map[string][]Hit, error) {
	rows, err := s.pool.Query(ctx, `
		select interaction_id, id, speaker, leg, start_ms, text from (
			select *, row_number() over (partition by interaction_id order by start_ms, id) as n from lines
			where interaction_id = any($1) and exists (select 1 from unnest($2::text[]) t where position(t in folded) > 0)
		) l where n <= $3 order by interaction_id, start_ms, id`, ids, list, maxHits)
	if err != nil {
		return nil, err
	}
	all := map[string][]Hit{}
	var id string
	var h Hit
	_, err = pgx.ForEachRow(rows, []any{&id, &h.LineID, &h.Speaker, &h.Leg, &h.StartMS, &h.Text}, func() error {
		h.Ranges = ranges(h.Text, list)
		all[id] = append(all[id], h)
		return nil
	})
	return all, err
}

// ranges finds terms in a text, in UTF-16 units, in order and apart. Where folding joins characters (half-width kana
// with their marks) the places are not known, and it gives none.
func ranges(text string, list []string) [][2]int {
	var folded strings.Builder
	var at []int // the UTF-16 place in text of each byte of folded
	place, space := 0, true
	for _, r := range text {
		f := strings.ToLower(norm.NFKC.String(string(r)))
		if strings.TrimSpace(f) == "" {
			if !space {
				folded.WriteByte(' ')
				at = append(at, place)
			}
			space = true
		} else {
			space = false
			folded.WriteString(f)
			for range len(f) {
				at = append(at, place)
			}
		}
		place++
		if r > 0xffff {
			place++
		}
	}
	f := folded.String()
	found := [][2]int{}
	if strings.TrimSpace(f) != Fold(text) {
		return found
	}
	at = append(at, place)
	marked := make([]bool, place)
	for _, t := range list {
		for from := 0; ; {
			i := strings.Index(f[from:], t)
			if i < 0 {
				break
			}
			from += i
			for k := at[from]; k < at[from+len(t)]; k++ {
				marked[k] = true
			}
			from += len(t)
		}
	}
	for k := 0; k < place; k++ {
		if marked[k] {
			from := k
			for k < place && marked[k] {
				k++
			}
			found = append(found, [2]int{from, k})
		}
	}
	return found
}
