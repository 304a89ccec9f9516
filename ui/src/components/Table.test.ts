import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { createRawSnippet } from "svelte";
import { expect, test, vi } from "vitest";
import { fitting, type Column, type Direction, type RowSelection, type Sorting } from "./table";
import Table from "./Table.svelte";

const text = createRawSnippet((row: () => string) => ({ render: () => `<span>${row()}</span>` }));
const columns: Column<string>[] = [{ id: "name", label: "Name", min: 6, cell: text }];

function show(count: number, more: { open?: number; loaded?: number } = {}) {
  const onopen = vi.fn();
  const onsee = vi.fn();
  const row = (at: number) => (at < (more.loaded ?? count) ? `row ${at}` : undefined);
  const { container } = render(Table<string>, {
    label: "Things",
    columns,
    count,
    row,
    open: more.open,
    onopen,
    onsee,
  });
  const active = () => {
    const id = screen.getByRole("grid").getAttribute("aria-activedescendant");
    return container.querySelector(`[id="${id}"]`)?.textContent?.trim();
  };
  return { onopen, onsee, active };
}

test("a list says how long it is, though it draws only what is in sight", () => {
  show(1_000_000);
  expect(screen.getByRole("grid", { name: "Things" })).toHaveAttribute("aria-rowcount", "1000001");
  expect(screen.getAllByRole("row").length).toBeLessThan(50);
});

test("arrows move, Enter opens", async () => {
  const user = userEvent.setup();
  const { onopen, active } = show(5);
  await user.tab();
  await user.keyboard("{ArrowDown}{ArrowDown}{ArrowUp}");
  expect(active()).toBe("row 1");
  expect(onopen).not.toHaveBeenCalled();
  await user.keyboard("{Enter}");
  expect(onopen).toHaveBeenCalledExactlyOnceWith(1);
});

test("End goes to the last of very many rows, Home back to the first", async () => {
  const user = userEvent.setup();
  const { active } = show(100_000);
  await user.tab();
  await user.keyboard("{End}");
  expect(active()).toBe("row 99999");
  await user.keyboard("{Home}");
  expect(active()).toBe("row 0");
});

test("with details open, moving shows the details of the row moved to", async () => {
  const user = userEvent.setup();
  const { onopen } = show(5, { open: 2 });
  await user.tab();
  await user.keyboard("{ArrowDown}");
  expect(onopen).toHaveBeenCalledExactlyOnceWith(3);
});

test("a click opens a row, and the open row is marked", async () => {
  const user = userEvent.setup();
  const { onopen } = show(5, { open: 2 });
  expect(screen.getByRole("row", { selected: true })).toHaveTextContent("row 2");
  await user.click(screen.getByText("row 4"));
  expect(onopen).toHaveBeenCalledExactlyOnceWith(4);
});

test("rows that are not read yet are blank and asked for", () => {
  const { onsee } = show(5, { loaded: 3 });
  expect(onsee).toHaveBeenCalledWith(0, 5);
  const blank = screen.getAllByRole("row", { busy: true });
  expect(blank).toHaveLength(2);
  expect(within(blank[0]!).getByRole("gridcell")).toHaveTextContent("");
});

test("an empty list takes keys without harm", async () => {
  const user = userEvent.setup();
  const { onopen } = show(0);
  await user.tab();
  await user.keyboard("{ArrowDown}{End}{Enter}");
  expect(onopen).not.toHaveBeenCalled();
});

test("a narrow list drops its least important columns first and never those that must stay", () => {
  const column = (id: string, keep?: number) => ({ id, label: id, min: 10, keep, cell: text });
  const all = [column("a"), column("b", 1), column("c", 2)];
  const names = (columns: Column<string>[], width: number) =>
    fitting(columns, width)
      .map(({ id }) => id)
      .join("");
  expect([60, 30, 20, 1].map((width) => names(all, width))).toEqual(["abc", "ac", "a", "a"]);
  const wide = { ...column("d", 3), min: 40 };
  expect(names([...all, wide], 40)).toBe("abc");
});

test("heads of columns that can be sorted by are buttons, and say by what the list is sorted", async () => {
  const user = userEvent.setup();
  const onsort = vi.fn();
  const column = (id: string, label: string, sort?: Direction) => ({ id, label, sort, min: 6, cell: text });
  const props = {
    label: "Things",
    columns: [
      column("name", "Name", "ascending"),
      column("price", "Price", "descending"),
      column("note", "Note"),
    ],
    count: 1,
    row: (at: number) => `row ${at}`,
    sorting: { column: "name", direction: "ascending" } as Sorting,
    onsort,
  };
  const { rerender } = render(Table<string>, props);
  const head = (name: string) => screen.getByRole("columnheader", { name });
  expect(head("Name")).toHaveAttribute("aria-sort", "ascending");
  expect(head("Price")).toHaveAttribute("aria-sort", "none");
  expect(head("Note")).not.toHaveAttribute("aria-sort");
  expect(within(head("Note")).queryByRole("button")).toBeNull();

  await user.click(screen.getByRole("button", { name: "Price" }));
  expect(onsort).toHaveBeenLastCalledWith({ column: "price", direction: "descending" });
  screen.getByRole("button", { name: "Name" }).focus();
  await user.keyboard("{Enter}");
  expect(onsort).toHaveBeenLastCalledWith({ column: "name", direction: "descending" });

  await rerender({ ...props, sorting: { column: "price", direction: "descending" } });
  expect(head("Price")).toHaveAttribute("aria-sort", "descending");
  await user.keyboard(" ");
  expect(onsort).toHaveBeenLastCalledWith({ column: "name", direction: "ascending" });
});

test("a column is made wider and narrower by the arrow keys on its edge, and by the pointer", async () => {
  const user = userEvent.setup();
  const onwidth = vi.fn();
  render(Table<string>, { label: "Things", columns, count: 1, row: (at) => `row ${at}`, onwidth });
  const head = screen.getByRole("columnheader", { name: "Name" });
  vi.spyOn(head, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 200, 32));
  const edge = screen.getByRole("separator", { name: "Width of Name" });
  edge.focus();
  await waitFor(() => expect(edge).toHaveAttribute("aria-valuenow", "200"));
  await user.keyboard("{ArrowRight}");
  expect(onwidth).toHaveBeenLastCalledWith("name", 216);
  await user.keyboard("{ArrowLeft}");
  expect(onwidth).toHaveBeenLastCalledWith("name", 184);
  await user.pointer([
    { keys: "[MouseLeft>]", target: edge, coords: { x: 200, y: 5 } },
    { target: edge, coords: { x: 150, y: 5 } },
    { keys: "[/MouseLeft]", target: edge, coords: { x: 150, y: 5 } },
  ]);
  expect(onwidth).toHaveBeenLastCalledWith("name", 150);
  onwidth.mockClear();
  await user.pointer({ target: edge, coords: { x: 10, y: 5 } });
  expect(onwidth).not.toHaveBeenCalled();
});

/** A selection that only writes down what is asked of it. */
function selection(extent: RowSelection["extent"] = "some") {
  const done = { toggle: vi.fn(), extend: vi.fn(), all: vi.fn(), none: vi.fn() };
  return { ...done, extent, has: (at: number) => at === 1, label: (at: number) => `Select ${at}` };
}

test("keys select, extend, select all and let go", async () => {
  const user = userEvent.setup();
  const own = selection();
  const onopen = vi.fn();
  render(Table<string>, {
    label: "Things",
    columns,
    count: 5,
    row: (at) => `row ${at}`,
    onopen,
    selection: own,
  });
  expect(screen.getByRole("grid")).toHaveAttribute("aria-multiselectable", "true");
  expect(screen.getByRole("row", { selected: true })).toHaveTextContent("row 1");
  screen.getByRole("grid").focus();
  await user.keyboard(" ");
  expect(own.toggle).toHaveBeenLastCalledWith(0);
  await user.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
  expect(own.extend.mock.calls).toEqual([
    [0, 1],
    [1, 2],
  ]);
  await user.keyboard("{Control>}a{/Control}{Escape}");
  expect(own.all).toHaveBeenCalledOnce();
  expect(own.none).toHaveBeenCalledOnce();
  expect(onopen).not.toHaveBeenCalled();
});

test("boxes select rows without opening them, with Shift all from the row that is current", async () => {
  const user = userEvent.setup();
  const own = selection("all");
  const onopen = vi.fn();
  render(Table<string>, {
    label: "Things",
    columns,
    count: 5,
    row: (at) => `row ${at}`,
    onopen,
    selection: own,
  });
  await user.click(screen.getByRole("checkbox", { name: "Select 3" }));
  expect(own.toggle).toHaveBeenLastCalledWith(3);
  await user.keyboard("{Shift>}");
  await user.click(screen.getByRole("checkbox", { name: "Select 4" }));
  expect(own.extend).toHaveBeenLastCalledWith(3, 4);
  await user.keyboard("{/Shift}");
  await user.click(screen.getByRole("checkbox", { name: "Select all that match" }));
  expect(own.none).toHaveBeenCalledOnce();
  expect(onopen).not.toHaveBeenCalled();
});
