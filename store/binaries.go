package store

// Binaries finds the directory of the PostgreSQL programs that StartPrivate would run, or says what is missing.
func Binaries() (string, error) { return findBinaries(binaryDirs(), 0) }
