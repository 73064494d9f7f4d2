package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
)

// Small seals something that fits into memory, such as a picture, bound to a name: AES-256-GCM with a random nonce of 96 bits, of
// which one key makes some hundred (NIST SP 800-38D §8.3 allows 2^32).
func (k Key) Small(plain []byte, name string) []byte {
	nonce := make([]byte, 12, 12+len(plain)+tagBytes)
	_, _ = rand.Read(nonce) // never fails
	return k.aead().Seal(nonce, nonce, plain, []byte(name))
}

// OpenSmall opens what Small sealed under that name; ErrDamaged where it is not that.
func (k Key) OpenSmall(sealed []byte, name string) ([]byte, error) {
	if len(sealed) < 12+tagBytes {
		return nil, fmt.Errorf("%w: %d bytes", ErrDamaged, len(sealed))
	}
	plain, err := k.aead().Open(nil, sealed[:12], sealed[12:], []byte(name))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return plain, nil
}

// ForUse gives the first key of a use, made where there is none.
func (k *Keys) ForUse(recording, use string) (Key, error) {
	if !ValidID(recording) {
		return Key{}, fmt.Errorf("seal: %q names no recording", recording)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	w, err := k.readLocked(recording)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return Key{}, err
	}
	if i := slices.IndexFunc(w.Keys, func(wk wrappedKey) bool { return wk.Use == use }); i >= 0 {
		return k.master.unwrap(recording, w.Keys[i])
	}
	return k.addLocked(recording, w, use)
}
