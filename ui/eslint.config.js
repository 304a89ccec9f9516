import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

const onlyTheBridge = {
  group: ["@tauri-apps/*"],
  message: "Only src/bridge speaks to Tauri. Call a function of the bridge.",
};

export default ts.config(
  { ignores: ["dist", "src/messages/generated", "src/bridge/bindings.ts"] },
  js.configs.recommended,
  ...ts.configs.recommended,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig },
    },
  },
  {
    rules: {
      "no-restricted-imports": ["error", { patterns: [onlyTheBridge] }],
      "no-undef": "off",
      // Dates and maps that live for one call need not be reactive.
      "svelte/prefer-svelte-reactivity": "off",
      "@typescript-eslint/no-explicit-any": "error",
    },
  },
  {
    files: ["src/bridge/**", "src/**/*.test.ts", "src/test-setup.ts"],
    rules: { "no-restricted-imports": "off" },
  },
  {
    files: ["src/components/**/*.svelte"],
    rules: { "max-lines": ["error", { max: 150, skipBlankLines: true, skipComments: true }] },
  },
);
