// The operators in a search, as the program reads them: every filter is one, and what is typed and chosen is one text.

/** A piece of a search. */
export interface Token {
  /** As it stands there. */
  text: string;
  /** Where it stands. */
  at: number;
  /** The operator's name in lower case; `""` for words. */
  name: string;
  /** `:`, `>`, `>=`, `<`, `<=` or `=`. */
  sign: string;
  /** What stands behind the sign, without its quotes. */
  value: string;
  excluded: boolean;
}

const OPERATORS =
  /^(status|coin|currency|amount|paid|after|before|on|order|id|address|purchase|invoice)(:?[<>]=?|[:=])/i;

/** The pieces of a search. A quote that is not closed goes on to its end. */
export function tokens(search: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while ((at += search.slice(at).search(/\S|$/)) < search.length) {
    const start = search.slice(at);
    const excluded = /^-[\p{L}\p{N}"]/u.test(start);
    const body = excluded ? start.slice(1) : start;
    const sign = /^[a-z]+(?::?[<>]=?|[:=])/i.exec(body)?.[0] ?? "";
    const rest = body.slice(sign.length);
    const value = (rest.startsWith('"') ? /^"[^"]*"?/ : /^\S*/).exec(rest)![0];
    const typed = sign + value;
    const operator = OPERATORS.exec(sign);
    const text = (excluded ? "-" : "") + typed;
    found.push({
      text,
      at,
      name: operator?.[1]?.toLowerCase() ?? "",
      sign: operator?.[2]?.replace(/^:(?=.)/, "") ?? "",
      value: (operator ? value : typed).replace(/^"|"$/g, ""),
      excluded,
    });
    at += text.length;
  }
  return found;
}

/** The filters of a search: its operators. */
export function filters(search: string): Token[] {
  return tokens(search).filter(({ name, value }) => name && value);
}

/** A search without one of its pieces. */
export function without(search: string, token: Token): string {
  const before = search.slice(0, token.at).trimEnd();
  const after = search.slice(token.at + token.text.length).trimStart();
  return [before, after].filter(Boolean).join(" ");
}

/** What a choice writes and takes away: the operator with one of these signs, which is there once. */
export interface Choice {
  name: string;
  signs: string[];
}

export const choices = {
  status: { name: "status", signs: [":", "="] },
  coin: { name: "coin", signs: [":", "="] },
  currency: { name: "currency", signs: [":", "="] },
  on: { name: "on", signs: [":", "="] },
  after: { name: "after", signs: [":", "="] },
  before: { name: "before", signs: [":", "="] },
  atLeast: { name: "amount", signs: [">=", ">"] },
  atMost: { name: "amount", signs: ["<=", "<"] },
  order: { name: "order", signs: [":", "="] },
  invoice: { name: "invoice", signs: [":", "="] },
} satisfies Record<string, Choice>;

/** What is chosen in a search; `""` when nothing is. */
export function chosen(search: string, choice: Choice): string {
  return tokens(search).find((token) => isOf(token, choice))?.value ?? "";
}

/** A search in which `value` is chosen, and nothing when it is empty. */
export function choose(search: string, choice: Choice, value: string): string {
  let rest = search.trim();
  for (let token; (token = tokens(rest).find((each) => isOf(each, choice)));) rest = without(rest, token);
  const clean = value.replaceAll('"', " ").trim();
  if (!clean) return rest;
  const text = /\s/.test(clean) ? `"${clean}"` : clean;
  return `${rest} ${choice.name}${choice.signs[0]}${text}`.trim();
}

function isOf({ name, sign, excluded }: Token, choice: Choice): boolean {
  return !excluded && name === choice.name && choice.signs.includes(sign);
}
