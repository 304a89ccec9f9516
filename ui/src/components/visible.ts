/** A stretch of what somebody wrote; `sign` stretches stand for a character that cannot be seen. */
export interface Stretch {
  text: string;
  sign: boolean;
}

const SIGNS: Record<string, string> = { "\t": "⇥", "\n": "↵", "\r": "␍", " ": "␣" };
const UNSEEN = /^[\p{C}\p{Z}\p{DI}]$/u;
/** What turns the order of text around, or hides in it; tabs and new lines belong to text. */
const TWISTS = /((?![\t\n])[\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff])/u;

/** `value` with every character that cannot be seen made visible: controls, odd or outer spaces, marks of direction. */
export function visible(value: string): Stretch[] {
  const characters = [...value];
  const inner = value.trim();
  const start = characters.length - [...value.trimStart()].length;
  const end = start + [...inner].length;
  const stretches: Stretch[] = [];
  characters.forEach((character, at) => {
    const plain = !UNSEEN.test(character) || (character === " " && at > start && at < end);
    const last = stretches.at(-1);
    if (plain && last && !last.sign) last.text += character;
    else stretches.push({ text: plain ? character : (SIGNS[character] ?? named(character)), sign: !plain });
  });
  return stretches;
}

/** `value` with only those characters made visible that make it look like something else. */
export function untwisted(value: string): Stretch[] {
  // Split at a group, the characters of that group are every second piece.
  const pieces = value.split(TWISTS).map((text, at) => ({ text, sign: at % 2 === 1 }));
  return pieces
    .filter(({ text }) => text)
    .map(({ text, sign }) => (sign ? { text: SIGNS[text] ?? named(text), sign } : { text, sign }));
}

function named(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
