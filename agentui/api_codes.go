package agentui

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"patchbay/agentui/wire"
)

// Bounds of wrap-up codes: they are chips on a desk, the first nine of them on digit keys.
const (
	maxCodes     = 40
	maxCodeLabel = 60 // characters
	maxLabels    = 20 // languages
)

var codeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// putWrapUpCodes replaces all codes, in the order of screens. Interactions keep the code that they have.
func putWrapUpCodes(r *request) (any, error) {
	var v codeList
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if len(v.Items) == 0 || len(v.Items) > maxCodes {
		return nil, badRequest("bad_code", fmt.Sprintf("There are 1 to %d wrap-up codes.", maxCodes))
	}
	seen := map[string]bool{}
	for i, c := range v.Items {
		switch {
		case !codeName.MatchString(c.Code):
			return nil, badRequest("bad_code", fmt.Sprintf("Code %d: code has 1 to 40 of a-z, 0-9 and _, and begins with a letter.", i+1))
		case seen[c.Code]:
			return nil, badRequest("bad_code", fmt.Sprintf("The code %q is there twice.", c.Code))
		case len(c.Label) == 0 || len(c.Label) > maxLabels:
			return nil, badRequest("bad_code", fmt.Sprintf("The code %q needs a label in at least one language.", c.Code))
		}
		seen[c.Code] = true
		for language, text := range c.Label {
			text = strings.TrimSpace(text)
			if language == "" || !isLanguage(language) || text == "" || utf8.RuneCountInString(text) > maxCodeLabel || !plainText(text) {
				return nil, badRequest("bad_code", fmt.Sprintf("The labels of %q have 1 to %d characters, each under a language such as en.", c.Code, maxCodeLabel))
			}
			c.Label[language] = text
		}
	}
	if err := r.srv.cfg.Store.ReplaceWrapUpCodes(r.Context(), v.Items); err != nil {
		return nil, err
	}
	r.srv.codes.Store(&v.Items)
	r.srv.cfg.Hub.Codes(wire.Codes{Items: v.Items})
	r.srv.audit(r, "replace_wrap_up_codes", "wrap_up_codes", map[string]any{"codes": len(v.Items)})
	return v, nil
}
