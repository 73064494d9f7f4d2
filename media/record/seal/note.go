package seal

import (
	"crypto/rand"
	"errors"
)

// ErrNote says that what was sealed is not what is opened, or not under this key.
var ErrNote = errors.New("seal: not what was sealed")

// SealNote seals a few bytes that belong to no file. about is not kept: who opens must know it. A key seals one note, or few: its
// nonces are random.
func (k Key) SealNote(note, about []byte) []byte {
	aead := k.aead()
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(nonce, nonce, note, about)
}

// OpenNote gives what SealNote sealed about the same.
func (k Key) OpenNote(sealed, about []byte) ([]byte, error) {
	aead := k.aead()
	if len(sealed) < aead.NonceSize() {
		return nil, ErrNote
	}
	note, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], about)
	if err != nil {
		return nil, ErrNote
	}
	return note, nil
}
