package main

import (
	"testing"
	"time"

	"patchbay/acd"
)

// TestDiskIsLow: the alert does not come and go with every file.
func TestDiskIsLow(t *testing.T) {
	low := false
	for i, step := range []struct {
		free uint64
		want bool
	}{{diskLow * 2, false}, {diskLow - 1, true}, {diskLow + 1, true}, {diskLow + diskLow/4, false}, {diskLow + 1, false}} {
		if low = diskIsLow(low, step.free); low != step.want {
			t.Errorf("step %d: %d bytes free: low %t", i, step.free, low)
		}
	}
}

// TestStorageWatch: what supervisors are told of disk, recordings and spool, and when it is over.
func TestStorageWatch(t *testing.T) {
	w := storageWatch{}
	at := time.Now()
	const plenty = 10 * diskLow
	for i, step := range []struct {
		after time.Duration
		now   storageNow
		want  acd.Storage
	}{
		{0, storageNow{free: plenty}, acd.Storage{}},
		{1, storageNow{free: 1_234_567_890}, acd.Storage{DiskFree: 1_200_000_000}},
		{2, storageNow{free: 99_999_999, stopped: 2}, acd.Storage{DiskFull: true, Stopped: 2}},
		{3, storageNow{free: diskLow + 1, waiting: 7}, acd.Storage{DiskFree: 2_100_000_000, Waiting: 7}},
		{4, storageNow{free: plenty, dropped: 1.5}, acd.Storage{SoundLost: true}},
		{4 * time.Second, storageNow{free: plenty, dropped: 1.5}, acd.Storage{SoundLost: true}},
		{2 * time.Minute, storageNow{free: plenty, dropped: 1.5}, acd.Storage{}},
	} {
		if got := w.see(step.now, at.Add(step.after)); got != step.want {
			t.Errorf("step %d: %+v, want %+v", i, got, step.want)
		}
	}
}
