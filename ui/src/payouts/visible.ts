/** A stretch of what stood in a file; `sign` stretches stand for a character that cannot be seen. */
export interface Stretch {
  text: string;
  sign: boolean;
}

const SIGNS: Record<string, string> = { "\t": "⇥", "\n": "↵", "\r": "␍", " ": "␣" };
const UNSEEN = /^[\p{C}\p{Z}\p{DI}]$/u;

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

function named(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
