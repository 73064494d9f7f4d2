// Package graph turns a Whisper checkpoint (CTranslate2's format, as faster-whisper uses it) into two ONNX graphs in
// memory, an encoder and a decoder, and runs graphs on ONNX Runtime. No converted files lie anywhere: any checkpoint of
// that format runs, a company's own fine-tuned one too.
//
// Floor F1. This is the only package of the recogniser that uses cgo; it owns no goroutines. A checkpoint is a
// stranger's bytes: reading is bounded and every refusal names the file and the reason. It knows nothing about sound,
// tokens or text.
//
// The encoder sees Whisper's 30 s window without paying for it: after the real frames come dense frames of padding and
// then sampled ones, each standing for many padded positions by a bias of log R in every softmax.
package graph
