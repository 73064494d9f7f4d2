// Package webhook tells other systems of alerts: calls that may need somebody, a recogniser that is behind or off, a recording
// that failed, a disk that is nearly full. Messages are signed as Standard Webhooks has it (standardwebhooks.com: HMAC-SHA256
// over id, timestamp and body) and go by the store's outbox, which keeps and repeats them.
//
// Nothing of what was said is in a message unless the phrase rule that found it says so, and then as the transcript has it: masked.
//
// Floor: F3. It starts no goroutine: a Watch is called by whoever publishes, a Sender by the outbox.
package webhook
