package agentui

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// RFC 9106 §4 asks for argon2id and lets memory be traded for passes; 32 MiB and 3 passes take about 60 ms of a core and,
// with hashSlots at once, a bounded part of a small machine.
const (
	argonMemory  = 32 * 1024 // KiB
	argonPasses  = 3
	argonLanes   = 1
	argonSalt    = 16 // bytes
	argonKey     = 32 // bytes
	maxPassword  = 1024
	minPassword  = 10
	maxArgonMem  = 256 * 1024 // KiB that a stored hash may ask for
	maxArgonTime = 16         // passes that a stored hash may ask for
)

// HashPassword gives the argon2id hash of a password as a PHC string, for store.User.PasswordHash.
func HashPassword(password string) (string, error) {
	return hashPassword(password, argonMemory, argonPasses)
}

func hashPassword(password string, memory, passes uint32) (string, error) {
	salt := make([]byte, argonSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("agentui: salt: %w", err)
	}
	key := argon2.IDKey([]byte(password), salt, passes, memory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, argonLanes,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// PasswordIs says whether hash was made of password; a hash that is none was not.
func PasswordIs(hash, password string) bool {
	ok, err := verifyPassword(hash, password)
	return ok && err == nil
}

var errBadHash = errors.New("agentui: the stored password hash is not one of argon2id")

// verifyPassword says whether password is the one that hash was made of.
func verifyPassword(hash, password string) (bool, error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return false, errBadHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(fields[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errBadHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory > maxArgonMem || passes == 0 || passes > maxArgonTime || lanes == 0 {
		return false, errBadHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(fields[4])
	if err != nil {
		return false, errBadHash
	}
	want, err := base64.RawStdEncoding.DecodeString(fields[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, errBadHash
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
