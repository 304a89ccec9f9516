import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import Money from "./Money.svelte";

test("an amount reads as one text with its coin", () => {
  const { container } = render(Money, { amount: "0.00405772", currency: "btc" });
  expect(container).toHaveTextContent("0.00405772 BTC");
});

test("room for missing decimals is not read out and not part of the amount", () => {
  const { container } = render(Money, { amount: "3", currency: "btc", places: 8 });
  expect(screen.getByText(".00000000")).toHaveAttribute("aria-hidden", "true");
  expect(container.querySelector(".digits")).toHaveTextContent(/^3$/);
});
