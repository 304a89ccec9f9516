import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import App from "../App.svelte";
import { program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

test("what is typed narrows the palette, and Enter does what is left", async () => {
  program({ list_payments: () => ({ rows: [], total: 0 }) });
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("navigation", { name: "Main" });
  await user.keyboard("{Control>}k{/Control}");
  const palette = await screen.findByRole("dialog");
  expect(within(palette).getAllByRole("option").length).toBeGreaterThan(2);
  await user.type(within(palette).getByRole("combobox"), "go to settings");
  await waitFor(() => expect(within(palette).getAllByRole("option")).toHaveLength(1));
  await user.keyboard("{Enter}");
  await waitFor(() => expect(route.path).toEqual(["settings"]));
});
