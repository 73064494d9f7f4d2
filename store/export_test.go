package store

import "io/fs"

// What the tests, which stand outside of the package because pgtest imports it, need of the inside.

type SegmentFile = segmentFile

var (
	CreateSegment = createSegment
	FindBinaries  = findBinaries
	BinaryDirs    = binaryDirs
)

const (
	MostMemory   = mostMemory
	SpentSegment = spentSegment
)

// WithCreate makes a journal write into files of the test's own.
func (c JournalConfig) WithCreate(create func(path string) (SegmentFile, error)) JournalConfig {
	c.create = create
	return c
}

// CheckMigrations reads migrations as Open does.
func CheckMigrations(files fs.FS) error {
	_, err := readMigrations(files)
	return err
}
