import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "./SettingsScreen.svelte";

beforeEach(() => route.replace(["settings", "shop"]));

function open(own = {}) {
  let shop = demoShop;
  program({
    app_state: () => appState({ shops: [shop], open: shop.id }),
    second_factor: () => null,
    set_shop_currency: ({ currency }: { currency: string }) => {
      shop = { ...shop, currency };
      void announce({ kind: "everything" });
      return shop;
    },
    ...own,
  });
  render(App);
  return userEvent.setup();
}

const choice = async () =>
  within(await screen.findByRole("region", { name: "This shop" })).getByRole("combobox", {
    name: /Currency/,
  });

test("a shop counts in the currency that is chosen for it", async () => {
  const user = open();
  expect(await choice()).toHaveTextContent("USD");
  (await choice()).focus();
  await user.keyboard("eur");
  await waitFor(async () => expect(await choice()).toHaveTextContent("EUR"));
  expect(argumentsOf("set_shop_currency")).toEqual([{ id: "demo", currency: "eur" }]);
});

test("what fails is said, and the shop counts as before", async () => {
  const user = open({
    set_shop_currency: () => {
      throw failure("other", "The disk is full.");
    },
  });
  (await choice()).focus();
  await user.keyboard("eur");
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
  expect(await choice()).toHaveTextContent("USD");
});
