package agentui

import (
	"context"

	"patchbay/acd"
	"patchbay/store"
)

const maxRuleText = 4000 // bytes of a text to try rules on

// ruleStore keeps what supervisors are told of when it is said.
type ruleStore interface {
	PhraseRules(ctx context.Context) ([]store.PhraseRule, error)
	ReplacePhraseRules(ctx context.Context, list []store.PhraseRule) error
	Cues(ctx context.Context) ([]store.Cues, error)
	ReplaceCues(ctx context.Context, list []store.Cues) error
}

type ruleList struct {
	Phrases []store.PhraseRule `json:"phrases"`
}

// ruleTest tries rules on a text: those given, or where there are none those that count now.
type ruleTest struct {
	Text    string             `json:"text"`
	Phrases []store.PhraseRule `json:"phrases"`
}

type ruleMatches struct {
	Matches []acd.PhraseMatch `json:"matches"`
}

func getRules(r *request) (any, error) {
	list, err := r.srv.cfg.Store.PhraseRules(r.Context())
	return ruleList{list}, err
}

// putRules replaces all rules; they count from the next line on.
func putRules(r *request) (any, error) {
	var v ruleList
	if err := r.body(&v); err != nil {
		return nil, err
	}
	phrases, err := acd.CompilePhrases(v.Phrases)
	if err != nil {
		return nil, badRequest("bad_rule", err.Error())
	}
	if err := r.srv.cfg.Store.ReplacePhraseRules(r.Context(), v.Phrases); err != nil {
		return nil, err
	}
	r.srv.audit(r, "replace_rules", "rules", map[string]any{"phrases": len(v.Phrases)})
	r.srv.cfg.Center.SetPhrases(phrases)
	return v, nil
}

func postRuleTest(r *request) (any, error) {
	var v ruleTest
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if len(v.Text) > maxRuleText {
		return nil, badRequest("text_too_long", "Try the rules on a shorter text.")
	}
	if len(v.Phrases) == 0 {
		list, err := r.srv.cfg.Store.PhraseRules(r.Context())
		if err != nil {
			return nil, err
		}
		v.Phrases = list
	}
	phrases, err := acd.CompilePhrases(v.Phrases)
	if err != nil {
		return nil, badRequest("bad_rule", err.Error())
	}
	return ruleMatches{acd.MatchPhrases(phrases, v.Text)}, nil
}
