import { render, screen, waitFor } from "@testing-library/svelte";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Language } from "../bridge/bindings";
import { announce, appState, argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

beforeEach(() => route.replace([]));

/** A window whose owner has chosen `chosen`, beside a program that speaks `spoken` until it is told otherwise. */
function open(chosen: Language, spoken: Language, speak = (language: Language): unknown => language && null) {
  const settings = {
    theme: "system" as const,
    text_size: "normal" as const,
    language: chosen,
    formats: "system" as const,
  };
  program({
    app_state: () => appState({ settings, spoken }),
    speak: ({ language }: { language: Language }) => {
      spoken = language;
      return speak(language);
    },
  });
  render(App);
  return (language: Language) => {
    settings.language = language;
    return announce({ kind: "settings" });
  };
}

test("a program that speaks another language than the window is told so, and again when that changes", async () => {
  const choose = open("de", "en");
  await waitFor(() => expect(argumentsOf("speak")).toEqual([{ language: "de" }]));
  await announce({ kind: "everything" });
  await choose("en");
  await waitFor(() => expect(argumentsOf("speak")).toEqual([{ language: "de" }, { language: "en" }]));
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
