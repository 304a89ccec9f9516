import { render, screen } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import Address from "./Address.svelte";

const address = "TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA";

test("an address is shown whole and without gaps of its own", () => {
  const { container } = render(Address, { address, copy: false });
  expect(container.textContent?.trim()).toBe(address);
});

test("copying takes the whole address and says so", async () => {
  const user = userEvent.setup();
  render(Address, { address });
  await user.click(screen.getByRole("button", { name: "Copy the address" }));
  expect(await navigator.clipboard.readText()).toBe(address);
  expect(screen.getByRole("status")).toHaveTextContent("Copied");
});

test("the memo stands with its address", () => {
  render(Address, { address, memo: "104857" });
  expect(screen.getByText("104857")).toBeVisible();
  expect(screen.getByRole("button", { name: "Copy the memo" })).toBeVisible();
});
