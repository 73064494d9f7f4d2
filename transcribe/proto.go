package transcribe

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The protocol between a Service and a recogniser: a process of its own on this machine, by pipes, or one on another, by a
// WebSocket (transcribe/remote). Each message is a length (uint32, little endian, of what follows), a kind (one byte) and a
// body: integers as varints, strings and lists behind their length. Both sides begin with HelloMessage; everything is
// bounded, so that neither side can make the other allocate without limit. Neither side trusts the other: what is malformed
// is an error, after which the connection is worthless and another is made.
const (
	ProtocolVersion = 4

	maxMessageBytes  = 256 << 10
	maxNameBytes     = 64
	maxPromptBytes   = 4 << 10
	maxLanguageBytes = 64
	maxTextBytes     = 32 << 10
	maxWords         = 1024

	// MaxSoundSamples is what one SoundMessage carries at most: one second.
	MaxSoundSamples = chunkFrames * frameSamples
)

// ErrProtocol is wrapped by every error about a message that breaks the protocol.
var ErrProtocol = errors.New("malformed message")

// Message is one message of the protocol.
type Message interface {
	kind() byte
	appendTo(b []byte) []byte
}

const (
	kindHello byte = iota + 1
	kindOpen
	kindSound
	kindFinish
	kindClose
	kindPartial
	kindLine
	kindHeard
	kindFinished
	kindStats
	kindOff
	kindPrime
	kindTranslation
)

// HelloMessage opens both directions. Of another version only Version is read: the rest may mean anything.
type HelloMessage struct {
	Version int
	Workers int    // from the host: passes at a time, 0 = one per core; from the child: what it uses
	Program string // the program's version, for people
	Name    string // from the child: what it is called on screens
	Model   string // from the host: the model that lines are to come from, "" = the child knows; from the child: its own
	Weights string // from the host: the SHA-256 of that model's weights, "" = any of that name
}

// OpenMessage starts a stream.
type OpenMessage struct {
	Stream    uint32 // chosen by the host, never used twice on one connection
	Language  string
	Prompt    string
	From      int64  // frame at which the sound will begin
	Translate string // languages whose lines are wanted in English too: see StreamConfig
	// Done is the sample (on the stream's axis, 320 to a frame) up to which all lines are already final: what was said
	// before it only lets the voice detector warm up.
	Done int64
}

// PrimeMessage changes what a stream was opened with, from its next pass on.
type PrimeMessage struct {
	Stream   uint32
	Language string
	Prompt   string
}

// SoundMessage carries sound. Frames that are missing between two messages are silence, so one without samples says that
// everything before Pos has been given.
type SoundMessage struct {
	Stream  uint32
	Pos     int64 // frame of the first sample
	Behind  bool  // more sound is waiting: partials and speculation would be wasted
	Samples []int16
}

// FinishMessage says that no sound follows: the child answers with the last lines and FinishedMessage.
type FinishMessage struct{ Stream uint32 }

// CloseMessage forgets a stream.
type CloseMessage struct{ Stream uint32 }

// PartialMessage carries the still-changing utterance.
type PartialMessage struct {
	Stream  uint32
	Partial Partial
}

// LineMessage carries a final line. Consumed is as in HeardMessage: it travels with the line, so that a crash between the
// two cannot write the line twice.
type LineMessage struct {
	Stream   uint32
	Line     Line
	Consumed int64
}

// TranslationMessage carries what a line that was sent before means in English.
type TranslationMessage struct {
	Stream uint32
	LineID string
	Text   string
}

// HeardMessage says how far the child is.
type HeardMessage struct {
	Stream   uint32
	Heard    int64 // frame up to which the sound has been taken in: the host may send more
	Consumed int64 // sample up to which nothing is left to be said: earlier sound may be forgotten
}

// FinishedMessage follows the last line of a finished stream.
type FinishedMessage struct{ Stream uint32 }

// StatsMessage is the child's heartbeat.
type StatsMessage struct {
	Streams         int
	FinalsWaiting   int
	PartialsWaiting int
	Passes          uint64 // of the recogniser, since the start
	Failed          uint64 // stretches that the recogniser could not decode
	LateMS          int    // how long the line that is waited for longest is late by now
}

// OffMessage says that this child cannot transcribe, in one sentence that also says how to mend it.
type OffMessage struct{ Reason string }

func (*HelloMessage) kind() byte       { return kindHello }
func (*OpenMessage) kind() byte        { return kindOpen }
func (*SoundMessage) kind() byte       { return kindSound }
func (*FinishMessage) kind() byte      { return kindFinish }
func (*CloseMessage) kind() byte       { return kindClose }
func (*PartialMessage) kind() byte     { return kindPartial }
func (*LineMessage) kind() byte        { return kindLine }
func (*HeardMessage) kind() byte       { return kindHeard }
func (*FinishedMessage) kind() byte    { return kindFinished }
func (*StatsMessage) kind() byte       { return kindStats }
func (*OffMessage) kind() byte         { return kindOff }
func (*PrimeMessage) kind() byte       { return kindPrime }
func (*TranslationMessage) kind() byte { return kindTranslation }

// MessageWriter writes messages. It is not safe for use by several goroutines.
type MessageWriter struct {
	w   *bufio.Writer
	buf []byte
}

// NewMessageWriter returns a writer to w, buffered: see Flush.
func NewMessageWriter(w io.Writer) *MessageWriter {
	return &MessageWriter{w: bufio.NewWriterSize(w, 64<<10)}
}

// Write buffers m.
func (w *MessageWriter) Write(m Message) error {
	w.buf = append(w.buf[:0], 0, 0, 0, 0, m.kind())
	w.buf = m.appendTo(w.buf)
	n := len(w.buf) - 4
	if n > maxMessageBytes {
		return fmt.Errorf("transcribe: write message: %w: %d bytes", ErrProtocol, n)
	}
	binary.LittleEndian.PutUint32(w.buf, uint32(n))
	if _, err := w.w.Write(w.buf); err != nil {
		return fmt.Errorf("transcribe: write message: %w", err)
	}
	return nil
}

// Flush sends what is buffered.
func (w *MessageWriter) Flush() error {
	if err := w.w.Flush(); err != nil {
		return fmt.Errorf("transcribe: write message: %w", err)
	}
	return nil
}

// MessageReader reads messages. It is not safe for use by several goroutines.
type MessageReader struct {
	r   *bufio.Reader
	buf []byte
}

// NewMessageReader returns a buffered reader of r.
func NewMessageReader(r io.Reader) *MessageReader {
	return &MessageReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// Read returns the next message, which is the caller's to keep. At a clean end the error wraps io.EOF.
func (r *MessageReader) Read() (Message, error) {
	var head [4]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return nil, fmt.Errorf("transcribe: read message: %w", err)
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n < 1 || n > maxMessageBytes {
		return nil, fmt.Errorf("transcribe: read message: %w: %d bytes", ErrProtocol, n)
	}
	if uint32(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if _, err := io.ReadFull(r.r, b); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the length was there, the message is not
		}
		return nil, fmt.Errorf("transcribe: read message: %w", err)
	}
	return parseMessage(b)
}
