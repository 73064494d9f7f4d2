// Package store keeps what Patchbay knows in PostgreSQL 15 or newer: customers, interactions, segments, timelines,
// transcript lines, users, sessions and the audit trail.
//
// Floor: F0. It imports no other package of Patchbay.
//
// Three things live here. Store is the pool with one method per query, the SQL beside its method. Journal takes what
// happens during calls, makes it survive a kill -9 of this process by an append-only file, and brings it to
// PostgreSQL in order, however long the database is away. Private runs a PostgreSQL server of our own from the
// installed binaries.
//
// Goroutines: Store owns those of its pool until Close. Journal owns none: Run applies and the caller owns Run.
// Private owns one, locked to its thread, which waits for the server until Stop.
//
// The package never logs a token, a password, a phone number or what was said, never drops a record that the journal
// accepted, and never touches a database schema by anything but its numbered migrations.
package store
