package agentui

import (
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

func getOpenAPI(r *request) (any, error) { return openAPI(r.srv.cfg.Version), nil }

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

// openAPI describes the table of routes as OpenAPI 3.1: what is not in the table is not in the API.
func openAPI(version string) map[string]any {
	schemas := map[string]any{"Problem": schemaOf(reflect.TypeFor[problem](), map[string]any{})}
	paths := map[string]any{}
	for _, rt := range routes() {
		item, ok := paths[rt.path].(map[string]any)
		if !ok {
			item = map[string]any{}
			paths[rt.path] = item
		}
		item[strings.ToLower(rt.method)] = operation(rt, schemas)
	}
	if version == "" {
		version = "0"
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{
			"title": "Patchbay", "version": version,
			"description": "Times are RFC 3339, numbers E.164 or as they came. Errors are problem details (RFC 9457).",
		},
		"paths": paths,
		"components": map[string]any{
			"schemas": schemas,
			"securitySchemes": map[string]any{
				"session": map[string]any{"type": "apiKey", "in": "cookie", "name": "patchbay_PORT", "description": "Set by POST /api/v1/login; __Host-patchbay_PORT over TLS."},
				"token":   map[string]any{"type": "http", "scheme": "bearer"},
			},
		},
	}
}

func operation(rt route, schemas map[string]any) map[string]any {
	op := map[string]any{"summary": rt.summary, "x-role": rt.role.String()}
	if rt.role > rolePublic {
		op["security"] = []any{map[string]any{"session": []any{}}, map[string]any{"token": []any{}}}
	} else {
		op["security"] = []any{}
	}
	var params []any
	for _, m := range pathParam.FindAllStringSubmatch(rt.path, -1) {
		params = append(params, map[string]any{"name": m[1], "in": "path", "required": true, "schema": map[string]any{"type": "string"}})
	}
	for _, p := range rt.query {
		params = append(params, map[string]any{"name": p.name, "in": "query", "description": p.doc, "schema": map[string]any{"type": "string"}})
	}
	if params != nil {
		op["parameters"] = params
	}
	if rt.in != nil {
		op["requestBody"] = map[string]any{"required": true, "content": jsonContent(reflect.TypeOf(rt.in), schemas)}
	}
	well := map[string]any{"description": http.StatusText(rt.status)}
	if rt.out != nil {
		well["content"] = jsonContent(reflect.TypeOf(rt.out), schemas)
	}
	op["responses"] = map[string]any{
		strconv.Itoa(rt.status): well,
		"default": map[string]any{
			"description": "What went wrong",
			"content":     map[string]any{"application/problem+json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/Problem"}}},
		},
	}
	return op
}

func jsonContent(t reflect.Type, schemas map[string]any) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": refTo(t, schemas)}}
}

// refTo gives the schema of t; structs are kept once, under their name.
func refTo(t reflect.Type, schemas map[string]any) map[string]any {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return schemaOf(t, schemas)
	}
	name := strings.ToUpper(t.Name()[:1]) + t.Name()[1:]
	if _, known := schemas[name]; !known {
		schemas[name] = nil // before its fields, which may name it
		schemas[name] = schemaOf(t, schemas)
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func schemaOf(t reflect.Type, schemas map[string]any) map[string]any {
	if t == reflect.TypeFor[time.Time]() {
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Pointer:
		return map[string]any{"anyOf": []any{refTo(t.Elem(), schemas), map[string]any{"type": "null"}}}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": refTo(t.Elem(), schemas)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": refTo(t.Elem(), schemas)}
	case reflect.Interface:
		return map[string]any{}
	case reflect.Struct:
		properties := map[string]any{}
		addProperties(t, properties, schemas)
		return map[string]any{"type": "object", "properties": properties}
	default:
		return map[string]any{"type": "integer"}
	}
}

func addProperties(t reflect.Type, properties, schemas map[string]any) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous:
			addProperties(field.Type, properties, schemas)
		case name != "-" && name != "":
			properties[name] = refTo(field.Type, schemas)
		}
	}
}
