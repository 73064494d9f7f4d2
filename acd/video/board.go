package video

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of drawings. Points are in ten-thousandths of the picture's content, from its upper left corner: neither letterbox
// nor screen nor resolution is in them.
const (
	Scale = 10000 // of a coordinate, which is 0…Scale

	maxOp       = 8 << 10 // bytes of a message
	maxOpPoints = 400     // in one message
	maxPoints   = 2000    // of a shape
	maxAll      = 30000   // points of a board; the oldest shapes give way
	maxShapes   = 300     // of a board; the oldest gives way
	maxText     = 80      // characters
	maxID       = 16      // bytes
)

// Point is a place on the picture: x, y in 0…Scale.
type Point [2]int

// Shape is one thing that was drawn.
type Shape struct {
	ID     string  `json:"id"`             // unique among those of its author
	Kind   string  `json:"k"`              // "pen", "arrow", "box", "number" or "text"
	Points []Point `json:"p"`              // pen: the line; arrow, box: two ends; number, text: one place
	Text   string  `json:"c,omitempty"`    // of number and text
	By     string  `json:"by,omitempty"`   // the author, written by the server
	Role   string  `json:"role,omitempty"` // of the author, written by the server
}

// Op is one message of the drawing channel. Ops may arrive out of order and twice: each says where it belongs, so that both do
// no harm.
type Op struct {
	Epoch uint32 `json:"e"` // of the board that it was drawn on; one of an older board is void
	// Type: "put" a whole shape, "add" points to a pen's line, "del" a shape (undo), "clear", "point" (the pointer; without
	// a point it is gone).
	Type   string  `json:"t"`
	Shape  *Shape  `json:"s,omitempty"`  // put
	ID     string  `json:"id,omitempty"` // add, del
	At     int     `json:"at,omitempty"` // add: the place of the first point in the line
	Points []Point `json:"p,omitempty"`  // add; point: one or none
	By     string  `json:"by,omitempty"` // written by the server
	Role   string  `json:"role,omitempty"`
}

// errOp says that a message is no drawing.
var errOp = errors.New("video: not a drawing")

// points of each kind of shape: least and most.
var kinds = map[string][2]int{"pen": {1, maxPoints}, "arrow": {2, 2}, "box": {2, 2}, "number": {1, 1}, "text": {1, 1}}

// Parse reads a participant's drawing message. What comes back is within every bound.
func Parse(raw []byte) (Op, error) {
	var op Op
	if len(raw) > maxOp {
		return op, fmt.Errorf("%w: %d bytes", errOp, len(raw))
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&op); err != nil {
		return op, fmt.Errorf("%w: %w", errOp, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return op, fmt.Errorf("%w: more than one value", errOp)
	}
	op.By, op.Role = "", ""
	switch op.Type {
	case "put":
		if op.Shape == nil || !op.Shape.valid() {
			return op, fmt.Errorf("%w: shape", errOp)
		}
	case "add":
		if !validID(op.ID) || op.At < 0 || len(op.Points) == 0 || len(op.Points) > maxOpPoints || op.At+len(op.Points) > maxPoints {
			return op, fmt.Errorf("%w: points", errOp)
		}
	case "del":
		if !validID(op.ID) {
			return op, fmt.Errorf("%w: id", errOp)
		}
	case "clear":
	case "point":
		if len(op.Points) > 1 {
			return op, fmt.Errorf("%w: pointer", errOp)
		}
	default:
		return op, fmt.Errorf("%w: type", errOp)
	}
	if !inside(op.Points) {
		return op, fmt.Errorf("%w: outside of the picture", errOp)
	}
	return op, nil
}

func (s *Shape) valid() bool {
	n, known := kinds[s.Kind]
	if !known || !validID(s.ID) || len(s.Points) < n[0] || len(s.Points) > min(n[1], maxOpPoints) || !inside(s.Points) {
		return false
	}
	s.By, s.Role = "", ""
	s.Text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s.Text)
	if s.Kind != "text" && s.Kind != "number" {
		s.Text = ""
	}
	return utf8.RuneCountInString(s.Text) <= maxText
}

func validID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}

func inside(points []Point) bool {
	for _, p := range points {
		if p[0] < 0 || p[0] > Scale || p[1] < 0 || p[1] > Scale {
			return false
		}
	}
	return true
}

// Board is what is drawn on one picture: the live one, or one frozen picture. It is a value of Run's.
type Board struct {
	Epoch  uint32  `json:"epoch"`
	Shapes []Shape `json:"shapes"`

	removed []string // ids of shapes that were taken back: what comes late of them is void
	points  int
}

const maxRemoved = 1000

// Apply draws. It reports whether the others shall be told: not of what is void.
func (b *Board) Apply(by, role string, op Op) bool {
	if op.Epoch != b.Epoch {
		return false
	}
	switch op.Type {
	case "put":
		key := by + "/" + op.Shape.ID
		if slices.Contains(b.removed, key) {
			return false
		}
		s := *op.Shape
		s.By, s.Role = by, role
		s.Points = slices.Clone(s.Points)
		if i := b.find(by, s.ID); i >= 0 {
			if s.Kind == "pen" && len(b.Shapes[i].Points) > len(s.Points) {
				return false // a repetition of the line's beginning
			}
			b.points += len(s.Points) - len(b.Shapes[i].Points)
			b.Shapes[i] = s
		} else {
			b.Shapes = append(b.Shapes, s)
			b.points += len(s.Points)
		}
	case "add":
		i := b.find(by, op.ID)
		if i < 0 {
			if slices.Contains(b.removed, by+"/"+op.ID) {
				return false
			}
			// The line's beginning is on its way: its messages are not in order.
			b.Shapes = append(b.Shapes, Shape{ID: op.ID, Kind: "pen", By: by, Role: role})
			i = len(b.Shapes) - 1
		}
		s := &b.Shapes[i]
		if s.Kind != "pen" {
			return false
		}
		for k, p := range op.Points {
			for len(s.Points) <= op.At+k { // a gap is filled with what is known, until it comes
				s.Points = append(s.Points, p)
				b.points++
			}
			s.Points[op.At+k] = p
		}
	case "del":
		i := b.find(by, op.ID)
		if i < 0 {
			return false
		}
		b.remove(i)
	case "clear":
		return true // the caller begins a new board, or takes the author's shapes
	}
	for len(b.Shapes) > maxShapes || b.points > maxAll {
		b.remove(0)
	}
	return true
}

func (b *Board) find(by, id string) int {
	return slices.IndexFunc(b.Shapes, func(s Shape) bool { return s.By == by && s.ID == id })
}

func (b *Board) remove(i int) {
	s := b.Shapes[i]
	b.points -= len(s.Points)
	b.Shapes = slices.Delete(b.Shapes, i, i+1)
	b.removed = append(b.removed, s.By+"/"+s.ID)
	if len(b.removed) > maxRemoved {
		b.removed = slices.Delete(b.removed, 0, len(b.removed)-maxRemoved)
	}
}

// next begins an empty board in the place of this one.
func (b *Board) next() { *b = Board{Epoch: b.Epoch + 1} }

// without takes one author's shapes off and begins a new board of the rest.
func (b *Board) without(by string) {
	rest := slices.DeleteFunc(slices.Clone(b.Shapes), func(s Shape) bool { return s.By == by })
	*b = Board{Epoch: b.Epoch + 1, Shapes: rest}
	for _, s := range rest {
		b.points += len(s.Points)
	}
}
