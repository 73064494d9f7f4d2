import { defineConfig, type Plugin } from 'vite';

// Noto Sans JP comes in 120 slices by unicode-range, the rarest characters first. The slices below this number hold
// characters outside the everyday ones (JIS level 1 and the kana); the system's own font shows those.
const FIRST_JAPANESE_SLICE = 55;

/** Drops the slices of rare characters from Noto Sans JP, so that the built desk stays small. */
function everydayJapanese(): Plugin {
  return {
    name: 'everyday-japanese',
    enforce: 'pre',
    transform(css, id) {
      if (!/noto-sans-jp\/(index|wght)\.css/.test(id)) return null;
      const blocks = css.split(/(?=\/\* noto-sans-jp-)/);
      return blocks
        .filter((block) => {
          const slice = /^\/\* noto-sans-jp-\[(\d+)\]/.exec(block)?.[1];
          return slice !== undefined && Number(slice) >= FIRST_JAPANESE_SLICE;
        })
        .join('');
    },
  };
}

export default defineConfig({
  plugins: [everydayJapanese()],
  esbuild: { jsx: 'automatic' },
  build: {
    target: 'es2022',
    // The content security policy allows scripts and fonts from the server only: no data: addresses, no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      // The guest's page is an entry of its own: a phone loads nothing of the desk.
      input: { index: 'index.html', help: 'help.html' },
      // "use client" is a word to server renderers; there is none here.
      onwarn: (warning, warn) => warning.code !== 'MODULE_LEVEL_DIRECTIVE' && warn(warning),
    },
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } } },
});
