import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * Writes scripts in ASCII: an engine keeps a text with a single other character in two bytes each, and takes longer to read
 * that.
 */
const asciiOnly: Plugin = {
  name: "ascii-only",
  enforce: "post",
  generateBundle(_, bundle) {
    for (const part of Object.values(bundle)) if (part.type === "chunk") part.code = escaped(part.code);
  },
};

const escaped = (code: string) =>
  code.replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

export default defineConfig({
  plugins: [
    paraglideVitePlugin({
      project: "./project.inlang",
      outdir: "./src/messages/generated",
      strategy: ["baseLocale"],
    }),
    svelte(),
    svelteTesting(),
    asciiOnly,
  ],
  clearScreen: false,
  server: { host: "127.0.0.1", port: 1420, strictPort: true },
  build: {
    target: "safari17",
    // The content security policy admits files of our own, no data: addresses.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: false,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    setupFiles: ["./src/test-setup.ts"],
    clearMocks: true,
    // Vitest leaves a core to itself, which is half of two.
    maxWorkers: "100%",
    testTimeout: 20_000,
  },
});
