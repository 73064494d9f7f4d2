// Package crosstalk tells a leg's own words from another leg's that leak into it: the agent's voice from the customer's
// loudspeaker back into the customer's microphone, and the other way round, 5 to 500 ms late. Its words would be written twice.
//
// Judged is the sound, never the text, so two people who say "thank you" at the same time both stand in the transcript. A Room
// keeps half a minute of each leg; when a line or a partial comes, the lag is looked for at which the other leg's sound is
// found in this one (generalised cross-correlation with phase transform: Knapp and Carter, 1976), then the path from one to
// the other is estimated, and words go whose sound is for the most part what came over it, where that is quieter than the
// voice that it is of.
//
// Floor F1. It owns no goroutine, does no I/O, and allocates nothing while sound is written.
package crosstalk
