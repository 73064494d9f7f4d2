import { defineConfig } from 'vitest/config';

// The screens run in a real browser against a server that speaks the wire's messages: `npm run test:screens`.
export default defineConfig({
  root: import.meta.dirname,
  test: { include: ['*.screens.ts'], testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
});
