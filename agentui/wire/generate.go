package wire

//go:generate go run patchbay/agentui/wire/gen ../web/src/wire.gen.ts ../web/src/help.gen.ts
