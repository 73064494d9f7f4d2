package acd

import (
	"fmt"
	"slices"
	"strings"

	"patchbay/store"
	"patchbay/transcribe"
	"patchbay/transcribe/redact"
)

// Masks are the patterns that a centre has beside the built-in rules. They may change at any moment.
type Masks = redact.Own

// MaskPattern is one of them, ready.
type MaskPattern = redact.Pattern

// MaskTrial is what rules do to a text.
type MaskTrial struct {
	Masked string        `json:"masked"`
	Kinds  []redact.Kind `json:"kinds"` // what was masked: "card", "security_code", "bank", "id" or "pattern"
	Fits   []MaskFit     `json:"fits"`  // of the centre's patterns
}

// MaskFit is what one pattern fits.
type MaskFit struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// CompileMasks makes an administrator's patterns ready; an error says in words which one cannot be. Those that are not
// active are checked only.
func CompileMasks(rules []store.MaskRule) ([]MaskPattern, error) {
	if len(rules) > redact.MaxPatterns {
		return nil, fmt.Errorf("there are at most %d patterns", redact.MaxPatterns)
	}
	var all []MaskPattern
	together := 0
	for _, r := range rules {
		p, err := redact.CompilePattern(r.Pattern)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		if r.Active {
			all = append(all, p)
			together += p.Size()
		}
	}
	if together > redact.MaxTogether {
		return nil, fmt.Errorf("the active patterns together take too long for live words: lower the numbers in braces, or switch some off")
	}
	return all, nil
}

// BuiltinMasks are the rules that every centre has: after a cue, digits are masked.
func BuiltinMasks() []redact.Rule { return redact.Builtin() }

// TryMasks shows what becomes of a text with the built-in rules and those given: each of its lines is taken as said by one
// and the same person, two seconds apart.
func TryMasks(rules []store.MaskRule, text string) (MaskTrial, error) {
	patterns, err := CompileMasks(rules)
	if err != nil {
		return MaskTrial{}, err
	}
	own := new(Masks)
	own.Set(patterns)
	lines := strings.Split(text, "\n")
	trial := MaskTrial{Kinds: []redact.Kind{}, Fits: []MaskFit{}}
	take := func(res redact.Result) {
		for _, k := range res.Kinds {
			if !slices.Contains(trial.Kinds, k) {
				trial.Kinds = append(trial.Kinds, k)
			}
		}
		for _, l := range res.Lines {
			var i int
			if _, err := fmt.Sscan(l.ID, &i); err == nil {
				lines[i] = l.Text
			}
		}
	}
	call := redact.New(redact.Config{Own: own})
	for i, line := range lines {
		at := int64(i) * 2000
		take(call.Line("leg", transcribe.Line{ID: fmt.Sprint(i), StartMS: at, EndMS: at + 1000, Text: line}))
	}
	take(call.Settle("leg"))
	trial.Masked = strings.Join(lines, "\n")
	for _, r := range rules {
		if !r.Active {
			continue
		}
		p, err := redact.CompilePattern(r.Pattern)
		if err != nil {
			return MaskTrial{}, err
		}
		for _, s := range p.Find(text) {
			if f := (MaskFit{r.Name, s}); !slices.Contains(trial.Fits, f) {
				trial.Fits = append(trial.Fits, f)
			}
		}
	}
	return trial, nil
}

// SetMasks changes what is masked beside the built-in rules, from the next line on, also in calls that go on.
func (c *Center) SetMasks(patterns []MaskPattern) { c.cfg.Masks.Set(patterns) }

// MaskText takes out of what somebody typed what the built-in rules and the centre's patterns find. While they still
// type, whole is false: digits at the end that may become a card number are masked too.
func (c *Center) MaskText(text string, whole bool) string {
	out, _ := c.cfg.Masks.Text(text, whole)
	return out
}
