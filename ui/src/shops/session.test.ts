import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Locale } from "../messages/language.svelte";
import { announce, appState, argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

beforeEach(() => route.replace([]));

/** A window whose owner has chosen `chosen`, beside a program that speaks `spoken` until it is told otherwise. */
function open(chosen: Locale, spoken: string, speak = (tag: string): unknown => tag && null) {
  const settings = {
    theme: "system" as const,
    text_size: "normal" as const,
    language: chosen,
    formats: "system" as const,
  };
  program({
    app_state: () => appState({ settings, spoken }),
    speak: ({ tag }: { tag: string }) => {
      spoken = tag;
      return speak(tag);
    },
  });
  render(App);
  return (language: Locale) => {
    settings.language = language;
    return announce({ kind: "settings" });
  };
}

test("a program that speaks another language than the window is told so, and again when that changes", async () => {
  const choose = open("de", "en-US");
  await waitFor(() => expect(argumentsOf("speak")).toEqual([{ tag: "de" }]));
  await announce({ kind: "everything" });
  await choose("en");
  await waitFor(() => expect(argumentsOf("speak")).toEqual([{ tag: "de" }, { tag: "en-US" }]));
});

test("a program that does not know the region of the system is told it", async () => {
  open("en", "en");
  await waitFor(() => expect(argumentsOf("speak")).toEqual([{ tag: "en-US" }]));
});

test("a program that speaks the language of the window already is asked nothing more", async () => {
  open("de", "de");
  await screen.findByText("Ihre Krypto-Kasse, ruhig und an einem Ort.");
  expect(argumentsOf("speak")).toEqual([]);
});

test("the first screen does not wait for the program to speak the language", async () => {
  open("de", "en", () => new Promise(() => {}));
  await screen.findByText("Ihre Krypto-Kasse, ruhig und an einem Ort.");
});
