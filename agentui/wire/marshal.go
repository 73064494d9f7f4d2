package wire

import (
	"encoding/json"
	"reflect"
	"time"
)

// Marshal is json.Marshal with nil slices written as [] and nil maps as {}: the generated TypeScript types promise
// lists, and a browser that loops over null is a blank desk. It does not change v.
func Marshal(v any) ([]byte, error) {
	if v == nil {
		return json.Marshal(nil)
	}
	return json.Marshal(filled(reflect.ValueOf(v)).Interface())
}

// filled returns v with every nil slice and map under it replaced by an empty one, copying what it changes.
func filled(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || !fillable(v.Type().Elem()) {
			return v
		}
		p := reflect.New(v.Type().Elem())
		p.Elem().Set(filled(v.Elem()))
		return p
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		return filled(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		s := reflect.New(v.Type()).Elem()
		s.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && fillable(v.Field(i).Type()) {
				s.Field(i).Set(filled(v.Field(i)))
			}
		}
		return s
	case reflect.Slice:
		if v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			return reflect.MakeSlice(v.Type(), 0, 0)
		}
		if !fillable(v.Type().Elem()) {
			return v
		}
		s := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			s.Index(i).Set(filled(v.Index(i)))
		}
		return s
	case reflect.Map:
		if v.IsNil() {
			return reflect.MakeMap(v.Type())
		}
		m := reflect.MakeMapWithSize(v.Type(), v.Len())
		for key, value := range v.Seq2() {
			if value.Kind() == reflect.Interface && value.IsNil() {
				m.SetMapIndex(key, reflect.Zero(v.Type().Elem()))
				continue
			}
			m.SetMapIndex(key, filled(value))
		}
		return m
	default:
		return v
	}
}

// fillable says whether a value of type t can hold a slice or a map.
func fillable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Struct, reflect.Map:
		return t != reflect.TypeFor[time.Time]() && t != reflect.TypeFor[*time.Time]()
	case reflect.Slice:
		return t.Elem().Kind() != reflect.Uint8 // raw bytes: json.RawMessage, []byte
	default:
		return false
	}
}
