package agentui

// PasswordIs says whether password is the one that an argon2id hash was made of; a damaged hash is of no password.
func PasswordIs(hash, password string) bool {
	ok, err := verifyPassword(hash, password)
	return err == nil && ok
}
