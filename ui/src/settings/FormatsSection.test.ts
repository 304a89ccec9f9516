import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Formats, Settings, WeekStart } from "../bridge";
import { announce, appState, argumentsOf, demoShop, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { language } from "../messages/language.svelte";
// Loaded by now, and not within the time of the first test.
import "./SettingsScreen.svelte";

beforeEach(() => route.replace(["settings"]));
afterEach(() => language.write("system"));

test("a form of dates and numbers is chosen, and an example shows it at once", async () => {
  let formats: Formats = "iso";
  program({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "dark", text_size: "normal", language: "en", formats },
      }),
    second_factor: () => null,
    save_settings: ({ settings }: { settings: { formats: Formats } }) => {
      formats = settings.formats;
      void announce({ kind: "everything" });
      return null;
    },
  });
  render(App);
  const user = userEvent.setup();
  const section = within(await screen.findByRole("region", { name: "Dates and numbers" }));
  const year = new Date().getFullYear() - 1;
  expect(section.getByRole("status")).toHaveTextContent(`1234567.89 EUR on ${year}-12-31 14:05`);
  section.getByRole("combobox", { name: /^Dates and numbers/ }).focus();
  await user.keyboard("German");
  await waitFor(() =>
    expect(section.getByRole("status")).toHaveTextContent(`1.234.567,89 EUR on 31.12.${year}, 14:05`),
  );
  expect(argumentsOf("save_settings")).toEqual([
    {
      settings: {
        theme: "dark",
        text_size: "normal",
        language: "en",
        formats: "german",
        week_start: "formats",
      },
    },
  ]);
});

test("weeks begin with the day that goes with the dates, or with the one that is chosen", async () => {
  let week_start: WeekStart = "formats";
  program({
    app_state: () => appState({ shops: [demoShop], open: demoShop.id, settings: { week_start } }),
    second_factor: () => null,
    save_settings: ({ settings }: { settings: Settings }) => {
      week_start = settings.week_start;
      void announce({ kind: "everything" });
      return null;
    },
  });
  render(App);
  const user = userEvent.setup();
  const first = await screen.findByRole("combobox", {
    name: "First day of the week As dates are written",
  });
  first.focus();
  await user.keyboard("m");
  expect(await screen.findByRole("combobox", { name: "First day of the week Monday" })).toBeVisible();
  expect(argumentsOf("save_settings")).toMatchObject([{ settings: { week_start: "monday" } }]);
});
