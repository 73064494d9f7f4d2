// Package decoder is the recogniser: Whisper checkpoints on ONNX Runtime behind transcribe.Engine.
package decoder
