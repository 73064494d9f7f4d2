// Package decoder is the recogniser: Whisper checkpoints decoded in Go over ONNX Runtime, behind transcribe.Engine.
//
// A stream's sound becomes log-mel frames once; every pass over it shares them. A pass runs the encoder over a stretch and
// then searches greedily, token by token. What the previous pass heard goes in as a draft that one run checks, and what is
// known of the customer goes in as a prompt. Nobody speaking, and going round in circles, are recognised as such.
//
// Floor F1. It owns no goroutines: passes run in their callers', at most Config.Threads at once. It decides nothing about
// where utterances begin and end (transcribe/worker), and never logs what was said.
package decoder
