import { afterEach, expect, test, vi } from "vitest";
import { href, route } from "./router.svelte";

afterEach(() => route.go([]));

test("going somewhere changes the path, and back comes back", async () => {
  route.go(["payments"]);
  route.go(["payments", "507/71"], { status: "failed", search: undefined });
  expect(route.path).toEqual(["payments", "507/71"]);
  expect(route.query.get("status")).toBe("failed");
  expect(location.hash).toBe("#/payments/507%2F71?status=failed");

  history.back();
  await vi.waitFor(() => expect(route.path).toEqual(["payments"]));
});

test("refining a screen leaves no steps in the history", () => {
  route.go(["payments"]);
  const steps = history.length;
  route.replace(["payments"], { search: "a b&c" });
  expect(history.length).toBe(steps);
  expect(route.query.get("search")).toBe("a b&c");
});

test("an address that nobody could have made is read as it is", () => {
  route.go([]);
  location.hash = "#/payments/%E0%A4%A";
  dispatchEvent(new HashChangeEvent("hashchange"));
  expect(route.path).toEqual(["payments", "%E0%A4%A"]);
});

test("an address leaves out what is not set", () => {
  expect(href(["payouts"], { filter: "" })).toBe("#/payouts");
});
