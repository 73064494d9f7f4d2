package main

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

const header = `// Written by "go generate ./agentui/wire" from the Go structs of agentui/wire. Do not edit.

`

// unsequenced are the server's messages without a seq: signalling and replies, which no snapshot holds.
var unsequenced = []string{"phone", "reply", "rtc_candidate", "rtc_offer"}

// typeScript renders every struct that the messages reach, the two unions of messages told apart by their type, and
// the codes that close a socket.
func typeScript(server, client map[string]any, closeCodes map[string]int) ([]byte, error) {
	structs := map[string]reflect.Type{}
	for _, messages := range []map[string]any{server, client} {
		for _, data := range messages {
			if err := collect(reflect.TypeOf(data), structs); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	out.WriteString(header)
	for _, name := range slices.Sorted(maps.Keys(structs)) {
		if err := writeInterface(&out, name, structs[name]); err != nil {
			return nil, err
		}
	}
	writeUnion(&out, "ServerMessage", server, func(name, data string) string {
		if slices.Contains(unsequenced, name) {
			return fmt.Sprintf("{ type: %q; data: %s }", name, data)
		}
		return fmt.Sprintf("{ seq: number; type: %q; data: %s }", name, data)
	})
	writeUnion(&out, "ClientMessage", client, func(name, data string) string {
		return fmt.Sprintf("{ id: number; type: %q; data: %s }", name, data)
	})
	out.WriteString("export const closeCodes = {\n")
	for _, name := range slices.Sorted(maps.Keys(closeCodes)) {
		fmt.Fprintf(&out, "  %s: %d,\n", name, closeCodes[name])
	}
	out.WriteString("} as const;\n")
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n'), nil
}

// helpTypeScript renders the messages of video help, which carry neither seq nor id, and further structs.
func helpTypeScript(server, client map[string]any, more ...any) ([]byte, error) {
	structs := map[string]reflect.Type{}
	for _, messages := range []map[string]any{server, client} {
		for _, data := range messages {
			more = append(more, data)
		}
	}
	for _, data := range more {
		if err := collect(reflect.TypeOf(data), structs); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	out.WriteString(strings.Replace(header, "agentui/wire.", "acd/video.", 1))
	for _, name := range slices.Sorted(maps.Keys(structs)) {
		if err := writeInterface(&out, name, structs[name]); err != nil {
			return nil, err
		}
	}
	arm := func(name, data string) string { return fmt.Sprintf("{ type: %q; data: %s }", name, data) }
	writeUnion(&out, "ServerMessage", server, arm)
	writeUnion(&out, "ClientMessage", client, arm)
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n'), nil
}

// collect adds t's struct, and those that it reaches, by name.
func collect(t reflect.Type, structs map[string]reflect.Type) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return collect(t.Elem(), structs)
	case reflect.Struct:
	default:
		return nil
	}
	if t == reflect.TypeFor[time.Time]() {
		return nil
	}
	if known, ok := structs[t.Name()]; ok {
		if known != t {
			return fmt.Errorf("gen: %s and %s share a name", known, t)
		}
		return nil
	}
	structs[t.Name()] = t
	for field := range t.Fields() {
		if err := collect(field.Type, structs); err != nil {
			return err
		}
	}
	return nil
}

func writeInterface(out *bytes.Buffer, name string, t reflect.Type) error {
	var parents, lines []string
	for field := range t.Fields() {
		if field.Anonymous {
			parents = append(parents, field.Type.Name())
			continue
		}
		key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if key == "-" {
			continue
		}
		if key == "" {
			return fmt.Errorf("gen: %s.%s has no json name", t, field.Name)
		}
		typ, err := typeName(field.Type)
		if err != nil {
			return fmt.Errorf("gen: %s.%s: %w", t, field.Name, err)
		}
		if strings.Contains(options, "omitempty") {
			key += "?"
			typ = strings.TrimSuffix(typ, " | null") // left out, never null
		}
		lines = append(lines, fmt.Sprintf("  %s: %s;\n", key, typ))
	}
	switch {
	case len(parents) == 0 && len(lines) == 0:
		fmt.Fprintf(out, "export type %s = Record<string, never>;\n\n", name)
		return nil
	case len(parents) > 0:
		fmt.Fprintf(out, "export interface %s extends %s {\n", name, strings.Join(parents, ", "))
	default:
		fmt.Fprintf(out, "export interface %s {\n", name)
	}
	out.WriteString(strings.Join(lines, "") + "}\n\n")
	return nil
}

// typeName is the TypeScript type of what encoding/json writes for t.
func typeName(t reflect.Type) (string, error) {
	if t == reflect.TypeFor[time.Time]() {
		return "string", nil // RFC 3339
	}
	switch t.Kind() {
	case reflect.String:
		return "string", nil
	case reflect.Bool:
		return "boolean", nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "number", nil
	case reflect.Interface:
		return "unknown", nil
	case reflect.Struct:
		return t.Name(), nil
	case reflect.Pointer:
		elem, err := typeName(t.Elem())
		return elem + " | null", err
	case reflect.Array:
		elem, err := typeName(t.Elem())
		return "[" + strings.TrimSuffix(strings.Repeat(elem+", ", t.Len()), ", ") + "]", err
	case reflect.Slice:
		elem, err := typeName(t.Elem())
		if strings.Contains(elem, " ") && !strings.HasPrefix(elem, "[") {
			elem = "(" + elem + ")"
		}
		return elem + "[]", err // never null: wire.Marshal writes nil slices as []
	case reflect.Map:
		elem, err := typeName(t.Elem())
		return "Record<string, " + elem + ">", err
	default:
		return "", fmt.Errorf("%s has no TypeScript type", t)
	}
}

func writeUnion(out *bytes.Buffer, name string, messages map[string]any, arm func(name, data string) string) {
	fmt.Fprintf(out, "export type %s =\n", name)
	names := slices.Sorted(maps.Keys(messages))
	for i, message := range names {
		end := "\n"
		if i == len(names)-1 {
			end = ";\n\n"
		}
		fmt.Fprintf(out, "  | %s%s", arm(message, reflect.TypeOf(messages[message]).Name()), end)
	}
}
