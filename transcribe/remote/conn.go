package remote

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/transcribe"
)

const (
	// maxFrame bounds one message of the WebSocket: what a writer buffers, and the protocol's largest message.
	maxFrame     = 1 << 20
	writeTimeout = 5 * time.Second // of a network that takes nothing
	pingEvery    = 2 * time.Second
	// silence is how long a worker hears nothing, not even a ping, before it gives a connection up.
	silence = 10 * time.Second
	// closeWithin is what saying goodbye may take.
	closeWithin = 500 * time.Millisecond
)

// conn is a WebSocket as the protocol's stream of bytes. One goroutine reads, one writes, any may close.
type conn struct {
	ws     *websocket.Conn
	r      io.Reader     // the rest of the message under way
	heard  time.Duration // where not zero, a read ends that hears nothing for so long
	closed chan struct{}
	once   sync.Once
	wg     sync.WaitGroup // the pinger
}

var _ io.ReadWriteCloser = (*conn)(nil)

func newConn(ws *websocket.Conn) *conn {
	ws.SetReadLimit(maxFrame)
	return &conn{ws: ws, closed: make(chan struct{})}
}

// ping keeps the connection known to be alive from here, until Close.
func (c *conn) ping() {
	c.wg.Go(func() {
		t := time.NewTicker(pingEvery)
		defer t.Stop()
		for {
			select {
			case <-c.closed:
				return
			case <-t.C:
				// Where it cannot be sent, the writer or the reader will find out.
				_ = c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(pingEvery))
			}
		}
	})
}

// expect makes a read end that hears nothing, not even a ping, for d.
func (c *conn) expect(d time.Duration) {
	c.heard = d
	c.extend()
	c.ws.SetPingHandler(func(data string) error {
		c.extend()
		err := c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(closeWithin))
		var timeout interface{ Timeout() bool }
		if errors.Is(err, websocket.ErrCloseSent) || errors.As(err, &timeout) && timeout.Timeout() {
			return nil // the writer is under way, which says as much
		}
		return err
	})
}

func (c *conn) extend() {
	if c.heard > 0 {
		_ = c.ws.SetReadDeadline(time.Now().Add(c.heard)) // it fails where the connection has ended, which a read says too
	}
}

// Read implements io.Reader. A goodbye is an end: io.EOF.
func (c *conn) Read(p []byte) (int, error) {
	for {
		if c.r == nil {
			kind, r, err := c.ws.NextReader()
			if err != nil {
				return 0, ending(err)
			}
			if kind != websocket.BinaryMessage {
				return 0, fmt.Errorf("remote: %w: a text message", transcribe.ErrProtocol)
			}
			c.extend()
			c.r = r
		}
		n, err := c.r.Read(p)
		if errors.Is(err, io.EOF) {
			c.r, err = nil, nil
		}
		if n > 0 || err != nil {
			return n, ending(err)
		}
	}
}

// ending tells a connection that the other side, or its kernel, has closed from one that has failed.
func ending(err error) error {
	var closed *websocket.CloseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &closed) && closed.Code == websocket.CloseNormalClosure, errors.As(err, &closed) && closed.Code == websocket.CloseGoingAway:
		return io.EOF
	case errors.As(err, &closed) && closed.Code == websocket.CloseAbnormalClosure: // none came
		return fmt.Errorf("remote: %w", io.ErrUnexpectedEOF)
	}
	return fmt.Errorf("remote: %w", err)
}

// Write implements io.Writer. It fails where the network takes nothing for some seconds.
func (c *conn) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), maxFrame)
		if err := c.ws.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return written, fmt.Errorf("remote: %w", err)
		}
		if err := c.ws.WriteMessage(websocket.BinaryMessage, p[:n]); err != nil {
			return written, fmt.Errorf("remote: %w", err)
		}
		written, p = written+n, p[n:]
	}
	return written, nil
}

// Close says goodbye where that goes quickly, and ends reads and writes. It may be called more than once.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(closeWithin)) // the other side may be gone
		_ = c.ws.Close()                                                                    // only what is closed already fails
	})
	c.wg.Wait()
	return nil
}
