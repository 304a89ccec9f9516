import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import type { ExportChoices, ExportRequest, ExportStatus, PaymentPage } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { row } from "../payments/make/test-shop";

function page(): PaymentPage {
  const finished = row({
    id: "501",
    status: "finished",
    order_id: "ORD-1",
    price_amount: "12.5",
    pay_amount: null,
  });
  return { rows: [finished], total: 1 };
}

/** The export of the program; a test changes it. */
let running: ExportStatus | null;

function shop(own: Record<string, (args: never) => unknown> = {}) {
  running = null;
  program({
    list_payments: page,
    payment_filters: () => ({ statuses: [], coins: [] }),
    payment_views: () => [],
    payment_columns: () => [],
    payment_totals: () => ({ count: 1, price: [], paid: [], worth: [] }),
    export_choices: () => null,
    export_status: () => running,
    preview_export: ({ request }: { request: ExportRequest }) => {
      if (request.what.kind === "period" && !/^\d{4}-\d\d-\d\d$/.test(request.what.from))
        throw failure("invalid", "Write the day as year, month and day.", "from");
      if (!request.choices.columns.length) throw failure("invalid", "Choose at least one column.", "columns");
      const heads = request.words.heads;
      const sheet = request.choices.format === "xlsx";
      const cells = [heads, heads.map((_, at) => `cell ${at}`)];
      return {
        total: 1234,
        file_name: "payments.csv",
        text: sheet ? null : `${heads.join(";")}\n\u202eevil`,
        rows: sheet ? cells.map((row) => row.map((text) => ({ text, number: false }))) : [],
      };
    },
    export_payments: () => {
      running = {
        state: "running",
        done: 0,
        total: 0,
        path: "/mnt/shop/payments-2026-11.csv",
        notes: { cut: 0, numbers_as_text: 0, apostrophes: 0, pictures: 0 },
        failure: null,
      };
      return true;
    },
    cancel_export: () => null,
    show_exported_file: () => null,
    ...own,
  });
}

/** The dialog, opened over the list. */
async function opened(own: Record<string, (args: never) => unknown> = {}) {
  shop(own);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Export…" }));
  const dialog = await screen.findByRole("dialog", { name: "Export payments" });
  await within(dialog).findByRole("radio", { name: "CSV" });
  return { user, dialog: within(dialog) };
}

const asked = (command = "preview_export") =>
  (argumentsOf(command).at(-1) as { request: ExportRequest }).request;

async function change(own: Partial<ExportStatus>) {
  running = { ...running!, ...own };
  await announce({ kind: "export" });
}

beforeEach(() => {
  vi.setSystemTime("2026-11-20T12:00:00Z");
  route.replace(["payments"]);
});

test("the list on the screen is exported as it is, and how many payments that are is said", async () => {
  route.replace(["payments"], { search: "coffee status:finished", sort: "-price" });
  const { user, dialog } = await opened();
  expect(dialog.getByRole("radio", { name: "This list" })).toBeChecked();
  expect(await dialog.findByText(/Payments: 1,234/)).toHaveTextContent(
    "narrowed to “coffee status:finished”",
  );
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await waitFor(() => expect(argumentsOf("export_payments")).toHaveLength(1));
  const { what, choices, words } = asked("export_payments");
  const selection = {
    kind: "all",
    search: "coffee status:finished",
    sort: "price",
    descending: true,
    except: [],
  };
  expect(what).toEqual({ kind: "selected", selection });
  expect(choices).toMatchObject({ format: "csv", delimiter: "comma", decimal_mark: "point" });
  expect(words.heads).toHaveLength(choices.columns.length);
  expect(words.statuses).toContainEqual({ status: "partially_paid", word: "Underpaid" });
});

test("what is selected in the list is exported alone", async () => {
  shop();
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("checkbox", { name: /ORD-1/ }));
  await user.click(screen.getByRole("button", { name: "Export…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Export payments" }));
  expect(await dialog.findByRole("radio", { name: "The selection" })).toBeChecked();
  await waitFor(() =>
    expect(asked().what).toEqual({ kind: "selected", selection: { kind: "ids", ids: ["501"] } }),
  );
  await user.click(dialog.getByRole("radio", { name: "This list" }));
  await waitFor(() => expect(asked().what).toMatchObject({ selection: { kind: "all" } }));
});

test("a period is one press, its days can be typed, and a wrong one is said at its field", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("radio", { name: "A period" }));
  expect(dialog.getByLabelText("From (year-month-day)")).toHaveValue("2026-10-01");
  await user.click(dialog.getByRole("button", { name: "Last year" }));
  await waitFor(() =>
    expect(asked().what).toEqual({ kind: "period", from: "2025-01-01", to: "2025-12-31", search: "" }),
  );
  const from = dialog.getByLabelText("From (year-month-day)");
  await user.type(from, "x");
  await waitFor(() => expect(from).toBeInvalid());
  expect(from).toHaveAccessibleDescription("Write the day as year, month and day.");
  expect(dialog.getByRole("button", { name: "Save as…" })).toBeDisabled();
});

test("columns are chosen one by one or by a press, and stay in their order", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("button", { name: "Everything" }));
  await waitFor(() => expect(asked().choices.columns).toHaveLength(27));
  await user.click(dialog.getByRole("button", { name: "For the accountant" }));
  await waitFor(() => expect(asked().choices.columns).toHaveLength(13));
  await user.click(dialog.getByRole("checkbox", { name: "Changed" }));
  await user.click(dialog.getByRole("checkbox", { name: "Price" }));
  await waitFor(() =>
    expect(asked().choices.columns.slice(0, 3)).toEqual(["created_at", "updated_at", "payment_id"]),
  );
  expect(asked().choices.columns).not.toContain("price_amount");
  expect(asked().words.heads.slice(0, 3)).toEqual(["Created", "Changed", "Payment ID"]);
});

test("without a column there is no export, and why is said", async () => {
  const none: ExportChoices = {
    format: "csv",
    delimiter: "comma",
    decimal_mark: "point",
    byte_order_mark: true,
    time_zone: "local",
    columns: [],
  };
  const { dialog } = await opened({ export_choices: () => none });
  expect(await dialog.findByRole("alert")).toHaveTextContent("Choose at least one column.");
  expect(dialog.getByRole("button", { name: "Save as…" })).toBeDisabled();
});

test("the first lines are shown as text or table, and no mark of direction turns them about", async () => {
  const { user, dialog } = await opened();
  const preview = await dialog.findByRole("region", { name: "The first lines of the file" });
  expect(preview).toHaveTextContent("\ufffdevil");
  expect(dialog.getByText(/choose XLSX/)).toBeVisible();
  await user.click(dialog.getByRole("radio", { name: "XLSX" }));
  expect(await dialog.findByRole("columnheader", { name: "Payment ID" })).toBeVisible();
  expect(dialog.queryByRole("radio", { name: "Semicolon" })).toBeNull();
});

test("in German a CSV begins with semicolons and commas, and with the heads in German", async () => {
  shop({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Exportieren …" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Zahlungen exportieren" }));
  expect(await dialog.findByRole("radio", { name: "Semikolon" })).toBeChecked();
  expect(dialog.getByRole("radio", { name: "1,5" })).toBeChecked();
  await waitFor(() => expect(asked().words.heads).toContain("Zahlungs-ID"));
});

test("what was chosen the last time is there again", async () => {
  const kept: ExportChoices = {
    format: "csv",
    delimiter: "tab",
    decimal_mark: "comma",
    byte_order_mark: false,
    time_zone: "utc",
    columns: ["order_id", "worth"],
  };
  const { dialog } = await opened({ export_choices: () => kept });
  expect(dialog.getByRole("radio", { name: "Tab" })).toBeChecked();
  expect(dialog.getByRole("radio", { name: "UTC" })).toBeChecked();
  expect(dialog.getByRole("checkbox", { name: "Mark as UTF-8 for Excel" })).not.toBeChecked();
  expect(dialog.getAllByRole("checkbox", { checked: true })).toHaveLength(2);
});

test("a long export shows how far it is, and its end with what the file does not hold as it was", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await dialog.findByRole("progressbar", { name: "Writing the file" });
  await change({ done: 500, total: 2000 });
  expect(await dialog.findByText("500 of 2,000")).toBeVisible();
  await change({ done: 2000 });
  await dialog.findByRole("progressbar", { name: "Finishing the file" });
  const notes = { cut: 2, numbers_as_text: 0, apostrophes: 7, pictures: 0 };
  await change({ state: "done", notes });
  expect(await dialog.findByText("The export is saved")).toBeVisible();
  expect(dialog.getByText("/mnt/shop/payments-2026-11.csv")).toBeVisible();
  expect(dialog.getAllByRole("listitem").map(({ textContent }) => textContent)).toEqual([
    expect.stringContaining("marked with […]: 2."),
    expect.stringContaining("formula: 7."),
  ]);
  await user.click(dialog.getByRole("button", { name: "Show the file" }));
  await waitFor(() => expect(argumentsOf("show_exported_file")).toHaveLength(1));
  await user.click(dialog.getByRole("button", { name: "Another export" }));
  expect(await dialog.findByRole("button", { name: "Save as…" })).toBeVisible();
});

test("an export is cancelled, and that there is no file is said", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await user.click(await dialog.findByRole("button", { name: "Cancel the export" }));
  await waitFor(() => expect(argumentsOf("cancel_export")).toHaveLength(1));
  await change({ state: "cancelled" });
  expect(await dialog.findByText(/No file was written/)).toBeVisible();
});

test("an export that fails says why", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await dialog.findByRole("progressbar");
  await change({ state: "failed", failure: failure("other", "The disk has no room.") });
  expect(await dialog.findByRole("alert")).toHaveTextContent("The disk has no room.");
});

test("no file was named: the form stays as it was", async () => {
  const { user, dialog } = await opened({ export_payments: () => false });
  await user.click(dialog.getByRole("button", { name: "Everything" }));
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await waitFor(() => expect(argumentsOf("export_payments")).toHaveLength(1));
  expect(dialog.queryByRole("progressbar")).toBeNull();
  expect(dialog.getByRole("checkbox", { name: "Memo" })).toBeChecked();
});

test("it goes on with the dialog closed, tells its end, and is found again by its key", async () => {
  const { user, dialog } = await opened();
  await user.click(dialog.getByRole("button", { name: "Save as…" }));
  await dialog.findByRole("progressbar");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.keyboard("{Control>}e{/Control}");
  await screen.findByRole("progressbar", { name: "Writing the file" });
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await change({ state: "done", done: 5, total: 5 });
  expect(await screen.findByText("The export is saved")).toBeVisible();
});
