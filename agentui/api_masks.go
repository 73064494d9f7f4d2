package agentui

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"patchbay/acd"
	"patchbay/store"
)

const maxRuleName = 80 // characters

// maskStore keeps an administrator's own patterns of what is masked.
type maskStore interface {
	MaskRules(ctx context.Context) ([]store.MaskRule, error)
	ReplaceMaskRules(ctx context.Context, list []store.MaskRule) error
}

type maskList struct {
	Builtin  []builtinMask    `json:"builtin"`
	Patterns []store.MaskRule `json:"patterns"`
}

// builtinMask is a rule that every centre has: for some time after a cue, runs of digits are masked.
type builtinMask struct {
	Kind    string   `json:"kind"` // "card", "security_code", "bank" or "id"
	Cues    []string `json:"cues"`
	Min     int      `json:"min"` // digits
	Max     int      `json:"max"`
	Seconds float64  `json:"seconds"`
}

type maskChange struct {
	Patterns []store.MaskRule `json:"patterns"`
}

// maskTest tries rules on a text: with the patterns given, or where there are none with those that count now.
type maskTest struct {
	Text     string            `json:"text"` // each line is taken as said by the same person, two seconds apart
	Patterns *[]store.MaskRule `json:"patterns"`
}

func masksWith(patterns []store.MaskRule) maskList {
	list := maskList{Patterns: patterns}
	if list.Patterns == nil {
		list.Patterns = []store.MaskRule{}
	}
	for _, r := range acd.BuiltinMasks() {
		list.Builtin = append(list.Builtin, builtinMask{string(r.Kind), r.Cues, r.Min, r.Max, float64(r.HoldsMS) / 1000})
	}
	return list
}

func getMasks(r *request) (any, error) {
	list, err := r.srv.cfg.Store.MaskRules(r.Context())
	return masksWith(list), err
}

// putMasks replaces all patterns; they count from the next line on.
func putMasks(r *request) (any, error) {
	var v maskChange
	if err := r.body(&v); err != nil {
		return nil, err
	}
	compiled, err := checkMasks(v.Patterns)
	if err != nil {
		return nil, err
	}
	if err := r.srv.cfg.Store.ReplaceMaskRules(r.Context(), v.Patterns); err != nil {
		return nil, err
	}
	r.srv.cfg.Center.SetMasks(compiled)
	var names []string
	for _, p := range v.Patterns {
		names = append(names, p.Name)
	}
	r.srv.audit(r, "replace_masks", "masks", map[string]any{"patterns": len(v.Patterns), "active": len(compiled), "names": strings.Join(names, ", ")})
	return masksWith(v.Patterns), nil
}

// checkMasks trims rules, says what is wrong with them, and makes those ready that are active.
func checkMasks(rules []store.MaskRule) ([]acd.MaskPattern, error) {
	seen := map[string]bool{}
	for i := range rules {
		name := strings.TrimSpace(rules[i].Name)
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxRuleName || !plainText(name):
			return nil, badRequest("bad_mask", fmt.Sprintf("Pattern %d needs a name of 1 to %d characters: what is it that it masks?", i+1, maxRuleName))
		case seen[name]:
			return nil, badRequest("bad_mask", fmt.Sprintf("Two patterns are named %q: give one another name.", name))
		}
		seen[name] = true
		rules[i].Name = name
	}
	compiled, err := acd.CompileMasks(rules)
	if err != nil {
		return nil, badRequest("bad_mask", err.Error()+".")
	}
	return compiled, nil
}

func postMaskTest(r *request) (any, error) {
	var v maskTest
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if len(v.Text) > maxRuleText {
		return nil, badRequest("text_too_long", fmt.Sprintf("Try the rules on a text of at most %d bytes.", maxRuleText))
	}
	var patterns []store.MaskRule
	if v.Patterns != nil {
		patterns = *v.Patterns
		if _, err := checkMasks(patterns); err != nil {
			return nil, err
		}
	} else {
		var err error
		if patterns, err = r.srv.cfg.Store.MaskRules(r.Context()); err != nil {
			return nil, err
		}
	}
	trial, err := acd.TryMasks(patterns, v.Text)
	if err != nil {
		return nil, badRequest("bad_mask", err.Error()+".")
	}
	return trial, nil
}
