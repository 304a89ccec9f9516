import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import CoinPicker from "./CoinPicker.svelte";
import { coin } from "./test-shop";

const coins = [
  coin("btc", "Bitcoin"),
  coin("usdttrc20", "Tether USD", { network: "trx" }),
  coin("dgb", "DigiByte", { chosen: false }),
];

test("a coin is found by its name from the keyboard", async () => {
  const chosen: string[] = [];
  const user = userEvent.setup();
  render(CoinPicker, {
    label: "Coin",
    coins,
    value: "btc",
    onchange: (ticker: string) => chosen.push(ticker),
  });
  await user.tab();
  expect(screen.getByRole("button", { name: "Coin BTC Bitcoin" })).toHaveFocus();
  await user.keyboard("{Enter}");
  // jsdom lays nothing out, so that what floats has no place and stays hidden there.
  const search = await screen.findByRole("combobox", { hidden: true });
  await user.type(search, "digi");
  const found = () => screen.getByText("DigiByte").closest("[role=option]");
  await waitFor(() => expect(found()).toHaveAttribute("aria-selected", "true"));
  await user.keyboard("{Enter}");
  expect(chosen).toEqual(["dgb"]);
  await waitFor(() => expect(screen.queryByRole("combobox", { hidden: true })).toBeNull());
});
