package agentui

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// strictError says in words for a developer what is wrong with JSON that was sent. It repeats names of fields, never
// values: those may be passwords.
type strictError struct{ message string }

func (e *strictError) Error() string { return e.message }

// decodeStrict is json.Unmarshal that refuses fields which v does not have and anything after the value.
func decodeStrict(raw []byte, v any) error {
	if string(bytes.TrimSpace(raw)) == "null" {
		return &strictError{"must be an object, not null"} // encoding/json takes it for any struct, as if it were {}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return explain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &strictError{"there is more than one JSON value"}
	}
	return nil
}

func explain(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field != "":
		return &strictError{fmt.Sprintf("field %q must be %s, not %s", kind.Field, kind.Type, kindOf(kind.Value))}
	case errors.As(err, &kind):
		return &strictError{fmt.Sprintf("must be an object, not %s", kindOf(kind.Value))}
	case errors.As(err, &syntax):
		return &strictError{fmt.Sprintf("not JSON: error at byte %d", syntax.Offset)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &strictError{"not JSON: it ends too early"}
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		name := strings.TrimPrefix(err.Error(), "json: unknown field ")
		if len(name) > 80 {
			name = "of a long name"
		}
		return &strictError{"unknown field " + name}
	default: // such as a time that is none
		return &strictError{"a value does not have the form of its field"}
	}
}

// kindOf shortens "number -1.5" to "number": encoding/json names the value too.
func kindOf(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return kind
}
