import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { Chart as Drawn, ChartSize, Palette } from "../bridge";
import { announce, program } from "../bridge/test-program";
import { language } from "../messages/language.svelte";
import { chart } from "../overview/test-takings";
import Chart from "./Chart.svelte";
import DrawnChart from "./DrawnChart.svelte";

beforeEach(() => {
  language.choose("en");
  delete document.documentElement.dataset.theme;
});

test("a chart is a picture with its title, which runs nothing of what it holds", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>document.title = "ran"</script></svg>';
  render(Chart, { chart: chart({ svg }) });
  const picture = screen.getByRole("img", { name: "Sales by day, in EUR" });
  expect(picture.tagName).toBe("IMG");
  expect(picture).toHaveAttribute("src", `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`);
  expect(document.querySelector("script, svg title")).toBeNull();
  expect(document.title).not.toBe("ran");
});

test.each(["<svg", "<p>Sales</p>", "", '<html xmlns="http://www.w3.org/1999/xhtml"/>'])(
  "what is no picture is not shown as one: %s",
  (svg) => {
    render(Chart, { chart: chart({ svg }) });
    expect(screen.queryByRole("img")).toBeNull();
    expect(screen.getByText(/The table has the same numbers/)).toBeVisible();
  },
);

test("the same numbers are there as a table, in the way of the language", async () => {
  language.choose("de");
  render(Chart, { chart: chart(), least: 2 });
  expect(screen.queryByRole("table")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Als Tabelle zeigen" }));
  const table = within(screen.getByRole("table", { name: "Sales by day, in EUR" }));
  expect(table.getAllByRole("columnheader").map((head) => head.textContent)).toEqual(["Day", "Sales"]);
  expect(table.getByRole("row", { name: /2026-11-27/ })).toHaveTextContent("1.234,50");
  await userEvent.click(screen.getByRole("button", { name: "Tabelle verbergen" }));
  expect(screen.queryByRole("table")).toBeNull();
});

test("where there is nothing to draw yet that is said", () => {
  render(Chart, { chart: chart({ table: { columns: ["Day"], rows: [] } }), none: "Nothing yet." });
  expect(screen.getByText("Nothing yet.")).toBeVisible();
  expect(screen.queryByRole("img")).toBeNull();
});

/** A chart that is drawn, and how it was asked for. */
function drawn(answer: () => Drawn = chart) {
  program();
  const asked: { palette: Palette; size: ChartSize }[] = [];
  const draw = async (palette: Palette, size: ChartSize) => {
    asked.push({ palette, size });
    return answer();
  };
  render(DrawnChart, { draw, tags: ["takings"] });
  return asked;
}

test("it is drawn again when its numbers, the theme or the language change, and for nothing else", async () => {
  const asked = drawn();
  await screen.findByRole("img");
  expect(asked).toHaveLength(1);
  expect(asked[0]!.size).toEqual({ width: 160, height: 220 });
  await announce({ kind: "takings" });
  await waitFor(() => expect(asked).toHaveLength(2));
  document.documentElement.dataset.theme = "dark";
  await waitFor(() => expect(asked).toHaveLength(3));
  language.choose("de");
  await waitFor(() => expect(asked).toHaveLength(4));
  await announce({ kind: "payments" });
  await announce({ kind: "takings" });
  await waitFor(() => expect(asked).toHaveLength(5));
});

test("one that cannot be drawn says why, and is asked for again", async () => {
  let broken = true;
  drawn(() => {
    if (broken) throw new Error("The disk is full.");
    return chart();
  });
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("img", { name: "Sales by day, in EUR" })).toBeVisible();
  expect(screen.queryByRole("button", { name: "Try again" })).toBeNull();
});
