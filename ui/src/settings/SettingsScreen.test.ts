import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import { program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "../components/CommandPalette.svelte";
import "./SettingsScreen.svelte";

const GROUPS = [
  "Appearance and language",
  "Notifications",
  "Security",
  "Rules for payouts",
  "Shop and connection",
  "Data",
  "Audit and callbacks",
];

beforeEach(() => route.replace(["settings"]));
afterEach(() => vi.restoreAllMocks());

function open() {
  program({ second_factor: () => null });
  render(App);
  return userEvent.setup();
}

test("the settings are in groups, which an index leads to in the same order", async () => {
  const user = open();
  const index = within(await screen.findByRole("navigation", { name: "Groups of settings" }));
  const links = index.getAllByRole("link");
  expect(links.map((link) => link.textContent?.trim())).toEqual(GROUPS);
  for (const name of GROUPS) expect(screen.getByRole("group", { name })).toBeInTheDocument();
  await user.click(index.getByRole("link", { name: "Security" }));
  await waitFor(() => expect(route.path).toEqual(["settings", "security"]));
  expect(index.getByRole("link", { name: "Security" })).toHaveAttribute("aria-current", "true");
  const security = within(screen.getByRole("group", { name: "Security" }));
  expect(security.getByRole("region", { name: "Lock" })).toBeInTheDocument();
});

test("the address of a group brings it to the top", async () => {
  let arrived: (() => void) | undefined;
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: () => void) {
        arrived = callback;
      }
      observe() {}
      unobserve() {}
      disconnect() {}
    },
  );
  const scrolled = vi.spyOn(Element.prototype, "scrollIntoView");
  route.replace(["settings", "records"]);
  open();
  const group = await screen.findByRole("group", { name: "Audit and callbacks" });
  arrived?.();
  expect(scrolled.mock.contexts).toContain(group);
  vi.unstubAllGlobals();
});

test("the palette leads to each group from anywhere", async () => {
  route.replace(["payments", "links"]);
  const user = open();
  await screen.findByRole("heading", { name: "Payment links" });
  await waitFor(async () => {
    await user.keyboard("{Control>}k{/Control}");
    expect(screen.getByRole("combobox")).toBeInTheDocument();
  });
  await user.keyboard("Settings: Shop");
  await user.click(await screen.findByRole("option", { name: /Settings: Shop and connection/ }));
  await waitFor(() => expect(route.path).toEqual(["settings", "shop"]));
});
