// Every word on the screen. `m.name()` follows the language at once, since the locale is reactive (language.svelte.ts).
export { m } from "./generated/messages.js";
