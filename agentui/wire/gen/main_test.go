package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"patchbay/agentui/wire"
)

func TestWrittenTypesAreFresh(t *testing.T) {
	want, err := typeScript(wire.ServerTypes, wire.ClientTypes, wire.CloseCodes)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../web/src/wire.gen.ts")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("agentui/web/src/wire.gen.ts is stale: run `go generate ./agentui/wire` and commit it")
	}
}

func TestTypeScript(t *testing.T) {
	type Base struct {
		ID string `json:"id"`
	}
	type Leaf struct {
		Base
		At      time.Time         `json:"at"`
		Ended   *time.Time        `json:"ended"`
		Due     *time.Time        `json:"due,omitempty"`
		Labels  map[string]string `json:"labels"`
		Hidden  string            `json:"-"`
		Data    map[string]any    `json:"data"`
		Pointer []*Base           `json:"pointer"`
		Count   uint64            `json:"count"`
	}
	type Nothing struct{}
	got, err := typeScript(map[string]any{"leaf": Leaf{}, "reply": Base{}}, map[string]any{"go": Nothing{}}, map[string]int{"gone": 4001})
	if err != nil {
		t.Fatal(err)
	}
	want := header + `export interface Base {
  id: string;
}

export interface Leaf extends Base {
  at: string;
  ended: string | null;
  due?: string;
  labels: Record<string, string>;
  data: Record<string, unknown>;
  pointer: (Base | null)[];
  count: number;
}

export type Nothing = Record<string, never>;

export type ServerMessage =
  | { seq: number; type: "leaf"; data: Leaf }
  | { type: "reply"; data: Base };

export type ClientMessage =
  | { id: number; type: "go"; data: Nothing };

export const closeCodes = {
  gone: 4001,
} as const;
`
	if strings.TrimSpace(string(got)) != strings.TrimSpace(want) {
		t.Fatalf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestTypeScriptRefusesWhatItCannotSay(t *testing.T) {
	type Channel struct {
		C chan int `json:"c"`
	}
	type NoTag struct{ Name string }
	for _, data := range []any{Channel{}, NoTag{}} {
		if _, err := typeScript(map[string]any{"x": data}, nil, nil); err == nil {
			t.Errorf("%T: no error", data)
		}
	}
}
