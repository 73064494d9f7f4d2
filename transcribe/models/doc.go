// Package models keeps the files that speech recognition needs: Whisper checkpoints, the voice detector and ONNX
// Runtime. It knows where each lies, fetches it, checks it by sha256 and keeps it in one cache for all checkouts.
//
// Floor F1. It owns no goroutines. Everything fetched is a stranger's bytes: sizes are bounded by the catalogue, archive
// members are taken by exact name only, and nothing reaches its final place before its sha256 is right. It never loads
// or runs what it fetched.
package models
