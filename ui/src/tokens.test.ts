// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("src/tokens.css", "utf8");
const AA = 4.5;
const AAA = 7;
const CONTROL = 3;

function colour(token: string, theme: 0 | 1): string {
  const value = new RegExp(`--${token}: ([^;]+);`).exec(css)?.[1] ?? "";
  const other = /^var\(--([\w-]+)\)$/.exec(value)?.[1];
  if (other) return colour(other, theme);
  const hex = [...value.matchAll(/#[0-9a-f]{6}/g)].map(([found]) => found)[theme];
  if (!hex) throw new Error(`--${token} has no colour: ${value}`);
  return hex;
}

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string, theme: 0 | 1): number {
  const [a, b] = [luminance(colour(one, theme)), luminance(colour(other, theme))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const grounds = ["ground", "surface", "raised", "hover", "selected", "quiet-soft"];
const pairs: [text: string, grounds: string[], least: number][] = [
  ["ink", [...grounds, "accent-soft", "good-soft", "warn-soft", "bad-soft"], AAA],
  // The dimmed decimals of an amount are part of the amount.
  ["ink-2", ["ground", "surface", "raised", "hover", "selected"], AAA],
  ["ink-2", ["quiet-soft", "accent-soft", "good-soft", "warn-soft", "bad-soft"], AA],
  ["ink-3", ["ground", "surface", "raised", "hover", "quiet-soft", "selected"], AA],
  ["accent", [...grounds, "accent-soft"], AA],
  ["good", [...grounds, "good-soft"], AA],
  ["warn", [...grounds, "warn-soft"], AA],
  ["bad", [...grounds, "bad-soft"], AA],
  ["on-accent", ["accent", "accent-hover"], AA],
  ["on-bad", ["bad", "bad-hover"], AA],
  ["line-control", ["surface", "raised", "ground"], CONTROL],
];

for (const [theme, name] of [
  [0, "light"],
  [1, "dark"],
] as const) {
  test.each(pairs)(`in the ${name} theme %s can be read on %j`, (text, grounds, least) => {
    for (const ground of grounds) {
      expect.soft(contrast(text, ground, theme), `${text} on ${ground}`).toBeGreaterThanOrEqual(least);
    }
  });
}
