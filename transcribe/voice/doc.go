// Package voice tells speech from everything else in 32 ms steps, by Silero VAD v6 on ONNX Runtime.
//
// Floor F1. It owns no goroutines. A Detector serves every stream; a Stream belongs to one goroutine. It only measures:
// where a segment begins and ends is decided in transcribe/worker.
package voice
