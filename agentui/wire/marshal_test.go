package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

func TestMarshalWritesListsNeverNull(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	tests := []struct {
		name string
		v    any
		want string
	}{
		{"nil slice", []int(nil), `[]`},
		{"nil map", map[string]string(nil), `{}`},
		{"nil", nil, `null`},
		{"nil pointer stays null", struct {
			P *wire.Reply `json:"p"`
			T *time.Time  `json:"t"`
		}{}, `{"p":null,"t":null}`},
		{"behind a pointer and in a list", []*acd.History{{}}, `[{"items":[]}]`},
		{"in a map of anything", map[string]any{"a": []string(nil), "b": nil, "c": at}, `{"a":[],"b":null,"c":"2026-11-22T01:02:03Z"}`},
		{"raw bytes stay", json.RawMessage(`{"x":null}`), `{"x":null}`},
	}
	for _, tt := range tests {
		got, err := wire.Marshal(tt.v)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

func TestMarshalLeavesItsArgumentAlone(t *testing.T) {
	customers := []store.Customer{{ID: "1"}}
	view := &acd.Candidates{Items: customers}
	if _, err := wire.Marshal(view); err != nil {
		t.Fatal(err)
	}
	if customers[0].Phones != nil {
		t.Fatal("a nil slice of the caller was replaced")
	}
}

// Every message of the server, marshalled with nothing in it, must hold no null where TypeScript was promised a list.
func TestZeroMessagesHoldNoNullLists(t *testing.T) {
	for name, data := range wire.ServerTypes {
		raw, err := wire.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(data)
		for field := range typ.Fields() {
			if k := field.Type.Kind(); (k == reflect.Slice || k == reflect.Map) && got[field.Tag.Get("json")] == nil {
				t.Errorf("%s.%s is null", name, field.Name)
			}
		}
	}
}
