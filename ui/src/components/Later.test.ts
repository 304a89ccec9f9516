import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import Later from "./Later.svelte";

test("a part is shown with what it is given once it is loaded", async () => {
  const load = () => import("./Progress.svelte");
  // `render` does not know what the part takes; a template does.
  render(Later, { load: load as never, parameters: { label: "Reading", done: 3, total: 4 } });
  expect(screen.queryByRole("progressbar")).toBeNull();
  expect(await screen.findByRole("progressbar", { name: "Reading" })).toBeVisible();
});

test("a part that cannot be loaded says so", async () => {
  render(Later, { load: () => Promise.reject(new Error("The file is gone.")) });
  expect(await screen.findByRole("alert")).toHaveTextContent("The file is gone.");
});
