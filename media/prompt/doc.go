// Package prompt plays what was recorded before: the greeting, hold music, and files that an operator or a tool gives.
//
// Floor: F0. It owns no goroutine: a Player is a media.Leg that a Bridge's tick drives. MP3 is decoded by go-mp3 (ISO/IEC
// 11172-3 and 13818-3, Layer III), whole and before the call, never in the tick; what a stranger gives is bounded in size
// and length, and refused with an error where it is damaged.
package prompt
