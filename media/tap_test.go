package media_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// quiet is a leg that has something to say only in every third frame.
type quiet struct {
	mediatest.Recorder
	n int16
}

func (q *quiet) ReadFrame(f *media.Frame) bool {
	q.n++
	f[0] = q.n
	return q.n%3 == 1
}

// TestTapCarriesOwnSound: every tick has a frame with its position, the leg's own sound, or silence.
func TestTapCarriesOwnSound(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	b.clock.Step(5)
	s := seat(t, b.Bridge, &quiet{})
	loud := seat(t, b.Bridge, mediatest.NewTone(400, 0))
	b.SetMatrix(media.Matrix{}.With(s, loud, true))
	tap := media.NewTap(10)
	b.SetTap(s, tap)
	b.clock.Step(6)
	for i := range int64(6) {
		f := media.Frame{1: 99}
		pos, err := tap.Read(t.Context(), &f)
		want := media.Frame{}
		if i%3 == 0 {
			want[0] = int16(i + 1)
		}
		if err != nil || pos != 5+i || f != want {
			t.Fatalf("frame %d: position %d, %v, samples %v…", i, pos, err, f[:2])
		}
	}
	b.SetTap(s, nil)
	b.clock.Step(1)
	tap.Close()
	if _, err := tap.Read(t.Context(), &media.Frame{}); err != io.EOF {
		t.Errorf("after SetTap(nil) and Close: %v", err)
	}
}

// TestSlowReaderLosesNewFrames: the tap drops what does not fit, counts it, and the positions show the gap.
func TestSlowReaderLosesNewFrames(t *testing.T) {
	b := run(t, media.BridgeConfig{})
	s := seat(t, b.Bridge, mediatest.NewTone(400, -20))
	tap := media.NewTap(4)
	b.SetTap(s, tap)
	b.clock.Step(7)
	if d := tap.Dropped(); d != 3 || b.Stats().TapDrops != 3 {
		t.Errorf("%d dropped, the bridge says %d", d, b.Stats().TapDrops)
	}
	var f media.Frame
	for want := range int64(4) {
		if pos, err := tap.Read(t.Context(), &f); err != nil || pos != want {
			t.Fatalf("position %d, %v, not %d", pos, err, want)
		}
	}
	b.clock.Step(1)
	if pos, err := tap.Read(t.Context(), &f); err != nil || pos != 7 {
		t.Fatalf("after the gap: position %d, %v, not 7", pos, err)
	}
}

func TestTapReadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tap := media.NewTap(0)
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan error)
		read := func(ctx context.Context) {
			_, err := tap.Read(ctx, &media.Frame{})
			got <- err
		}
		go read(ctx)
		synctest.Wait()
		cancel()
		if err := <-got; !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}

		b := media.NewBridge(media.BridgeConfig{})
		b.SetTap(seat(t, b, mediatest.NewTone(400, -20)), tap)
		go read(t.Context())
		synctest.Wait()
		for range 2 {
			b.Tick()
			synctest.Wait()
			select {
			case err := <-got:
				t.Errorf("woken before three frames: %v", err)
			default:
			}
		}
		b.Tick()
		if err := <-got; err != nil {
			t.Errorf("woken: %v", err)
		}

		b.Tick() // one more, for which nobody is woken
		for range 3 {
			go read(t.Context())
			if err := <-got; err != nil {
				t.Errorf("held: %v", err)
			}
		}
		go read(t.Context())
		synctest.Wait()
		tap.Close()
		tap.Close()
		if err := <-got; err != io.EOF {
			t.Errorf("closed: %v", err)
		}
	})
}

// TestFullTapWakes: a tap that holds fewer frames than a reader is woken for is read all the same.
func TestFullTapWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, tap := media.NewBridge(media.BridgeConfig{}), media.NewTap(1)
		b.SetTap(seat(t, b, mediatest.NewTone(400, -20)), tap)
		got := make(chan error)
		go func() {
			_, err := tap.Read(t.Context(), &media.Frame{})
			got <- err
		}()
		synctest.Wait()
		b.Tick()
		if err := <-got; err != nil {
			t.Error(err)
		}
	})
}

// TestTapUnderLoad lets a writer and a reader race: nothing is lost, torn or out of order.
func TestTapUnderLoad(t *testing.T) {
	const frames = 20000
	b := media.NewBridge(media.BridgeConfig{})
	tap := media.NewTap(frames)
	b.SetTap(seat(t, b, &counter{}), tap)
	go func() {
		for range frames {
			b.Tick()
		}
		tap.Close()
	}()
	var f media.Frame
	for want := int64(0); ; want++ {
		pos, err := tap.Read(t.Context(), &f)
		if err == io.EOF {
			if want != frames {
				t.Errorf("%d frames, not %d", want, frames)
			}
			return
		}
		if v := int16(want); err != nil || pos != want || f[0] != v || f[media.FrameSamples-1] != v {
			t.Fatalf("frame %d: position %d, %v, samples %d…%d", want, pos, err, f[0], f[media.FrameSamples-1])
		}
	}
}

// counter fills each frame with the frame's number.
type counter struct {
	mediatest.Tone
	n int16
}

func (c *counter) ReadFrame(f *media.Frame) bool {
	for i := range f {
		f[i] = c.n
	}
	c.n++
	return true
}
