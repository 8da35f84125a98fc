import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// Names of files carry a hash, so that browsers keep them; nothing else in them depends on where or when they were built.
export default defineConfig({
  base: './',
  plugins: [svelte({ configFile: false, compilerOptions: { cssHash: ({ hash, css }) => `s-${hash(css)}` } })],
  build: { target: 'es2023', cssTarget: 'chrome123', modulePreload: false, assetsInlineLimit: 0 },
});
