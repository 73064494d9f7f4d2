// Package mediatest lets tests speak and listen: tones and recorders as legs, spectra and correlation to judge what was
// heard, and a clock that a test steps.
//
// Floor: F0, imported by tests only. It owns no goroutine. It never judges by counting packets or frames.
package mediatest
