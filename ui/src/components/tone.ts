/** What a status means, whatever it is the status of; each has its own shape and colour. */
export type Tone = "waiting" | "moving" | "good" | "warn" | "bad" | "ready" | "quiet";
