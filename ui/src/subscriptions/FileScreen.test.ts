import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { SubscriberFile, SubscriberProgress, SubscriberRow, SubscriberRowStatus } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { language } from "../messages/language.svelte";
import { call, choose, fileRow, subscriberFile, subscriptions } from "./test-subscriptions";

// What the window loads when it is needed is there before a test waits for it.
import "./SubscriptionsScreen.svelte";

beforeEach(() => {
  language.choose("en");
  route.replace(["subscriptions", "files", "f1"]);
});

const problem = { column: "email", value: "anna@", message: "The part after the @ is missing." };
const rows: SubscriberRow[] = [
  fileRow(),
  fileRow({ number: 2, line: 3, email: "", raw: "anna@,A", status: "bad", problem }),
  fileRow({
    number: 3,
    line: 5,
    status: "duplicate",
    problem: { column: "email", value: "anna@mail.example", message: "Line 2 has the same address." },
  }),
  fileRow({ number: 4, line: 6, email: "kim@mail.example", status: "already" }),
];

/** A program that has one file, which the test changes. */
function open(own = {}, first: Partial<SubscriberFile> = {}) {
  const now = { file: subscriberFile(first), rows };
  subscriptions({
    subscriber_file: () => now.file,
    subscriber_rows: ({ status }: { status: SubscriberRowStatus | null }) => {
      const found = now.rows.filter((each) => !status || each.status === status);
      return { rows: found, total: found.length, next: null };
    },
    ...own,
  });
  render(App);
  return { user: userEvent.setup(), now };
}

function progress(own: Partial<SubscriberProgress>): SubscriberProgress {
  return { ...subscriberFile().progress, ...own };
}

const dialog = async (name: string) => within(await screen.findByRole("dialog", { name }));
const list = () => screen.findByRole("grid", { name: "Rows of the file" });
const panel = async (name: string) => within(await screen.findByRole("complementary", { name }));

test("files are listed with their plan and how far they are, and opened", async () => {
  route.replace(["subscriptions", "files"]);
  const { user } = open();
  const grid = await screen.findByRole("grid", { name: "Files of subscribers" });
  await waitFor(() => expect(grid).toHaveTextContent(/club\.csv.*Coffee club.*Nothing sent yet.*0 of 4/));
  await user.click(within(grid).getByText("club.csv"));
  expect(route.path).toEqual(["subscriptions", "files", "f1"]);
});

test("without files it says what they are for; a list of them that cannot be read says why", async () => {
  route.replace(["subscriptions", "files"]);
  let broken = false;
  open({
    subscriber_files: () => {
      if (broken) throw failure("other", "The disk is full.");
      return [];
    },
  });
  expect(await screen.findByText("Files of subscribers will be here")).toBeInTheDocument();
  broken = true;
  await announce({ kind: "subscriptions" });
  await waitFor(() => expect(argumentsOf("subscriber_files").length).toBeGreaterThan(1));
});

test("a file is chosen for a plan, and shown as a draft", async () => {
  route.replace(["subscriptions", "files"]);
  const { user } = open({ choose_subscriber_file: () => ({ is: "draft", file: subscriberFile() }) });
  await user.click(await screen.findByRole("button", { name: "Many from a file" }));
  const form = await dialog("Many from a file");
  expect(form.getByRole("button", { name: "Choose a file…" })).toBeDisabled();
  await choose(user, form.getByRole("combobox", { name: "Plan Choose a plan" }), "Cof");
  await user.click(form.getByRole("button", { name: "Choose a file…" }));
  await waitFor(() => expect(argumentsOf("choose_subscriber_file")).toEqual([{ plan: "11" }]));
  expect(await screen.findByRole("heading", { name: "club.csv" })).toBeInTheDocument();
});

test("a file that is dropped on the list of files is read once its plan is chosen, and elsewhere it is not theirs", async () => {
  route.replace(["subscriptions", "files"]);
  let times = 0;
  const { user } = open({
    open_dropped_subscribers: () => {
      if (!times++) throw failure("file", "The file is empty.");
      return { is: "draft", file: subscriberFile() };
    },
  });
  await screen.findByRole("grid", { name: "Files of subscribers" });
  await waitFor(() => expect(argumentsOf("aim_drops")).toEqual([{ target: "subscribers" }]));
  await announce({ kind: "dropped", name: "may.csv", only_first: true });
  const form = await dialog("Many from a file");
  expect(form.getByText("may.csv")).toBeInTheDocument();
  expect(form.getByText(/Several files were dropped/)).toBeInTheDocument();
  expect(form.queryByRole("textbox")).not.toBeInTheDocument();
  const read = form.getByRole("button", { name: "Check these rows" });
  expect(read).toBeDisabled();
  await choose(user, form.getByRole("combobox", { name: "Plan Choose a plan" }), "Cof");
  await user.click(read);
  expect(await form.findByText("The file is empty.")).toBeInTheDocument();
  await user.click(read);
  expect(await screen.findByRole("heading", { name: "club.csv" })).toBeInTheDocument();
  expect(argumentsOf("open_dropped_subscribers")).toEqual([{ plan: "11" }, { plan: "11" }]);
  await waitFor(() => expect(argumentsOf("aim_drops").at(-1)).toEqual({ target: "payouts" }));
});

test("rows are pasted, and where several columns could hold the addresses it asks for one", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  const { user } = open({
    open_subscriber_text: () => ({
      is: "asks",
      columns: ["private", "work"],
      sample: [["a@x.example", "b@x.example"]],
    }),
    answer_subscriber_file: () => ({ is: "draft", file: subscriberFile() }),
  });
  await screen.findByRole("heading", { name: "Coffee club" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(within(await screen.findByRole("dialog")).getByRole("combobox"), "Many from a file");
  await user.keyboard("{Enter}");
  const form = await dialog("Many from a file");
  await user.click(form.getByRole("textbox", { name: "Or paste the rows" }));
  await user.paste("a@x.example,b@x.example");
  await user.click(form.getByRole("button", { name: "Check these rows" }));
  const asked = await dialog("Where are the addresses?");
  expect(argumentsOf("open_subscriber_text")).toEqual([
    { plan: "11", name: "Pasted rows", text: "a@x.example,b@x.example" },
  ]);
  expect(asked.getByRole("table", { name: "The first rows of the file" })).toHaveTextContent("b@x.example");
  await choose(
    user,
    asked.getByRole("combobox", { name: "Column with the e-mail addresses private" }),
    "work",
  );
  await user.click(asked.getByRole("checkbox", { name: "The first row names the columns" }));
  await user.click(asked.getByRole("button", { name: "Read the file" }));
  await waitFor(() => expect(argumentsOf("answer_subscriber_file")).toEqual([{ column: 1, header: false }]));
  expect(await screen.findByRole("heading", { name: "club.csv" })).toBeInTheDocument();
});

test("a file that is not taken says why, and choosing none changes nothing", async () => {
  route.replace(["subscriptions", "files"]);
  let chosen = 0;
  const { user } = open({
    choose_subscriber_file: () => {
      if (chosen++) return null;
      throw failure("file", "It holds no addresses.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Many from a file" }));
  const form = await dialog("Many from a file");
  await choose(user, form.getByRole("combobox", { name: "Plan Choose a plan" }), "Cof");
  await user.click(form.getByRole("button", { name: "Choose a file…" }));
  expect(await form.findByText("It holds no addresses.")).toBeInTheDocument();
  await user.click(form.getByRole("button", { name: "Choose a file…" }));
  await waitFor(() => expect(form.queryByText("It holds no addresses.")).not.toBeInTheDocument());
  expect(route.path).toEqual(["subscriptions", "files"]);
});

test("the counts of a draft add up in sight, and rows are shown by how they stand", async () => {
  const { user } = open();
  const grid = await list();
  expect(await screen.findByRole("note")).toHaveTextContent(
    "6 records = 1 header + 1 blank + 1 taken + 3 refused (1 no addresses, 1 twice, 1 subscribed already)",
  );
  expect(await within(grid).findByText(/The part after the @ is missing/)).toBeInTheDocument();
  expect(screen.getByRole("radio", { name: "All 4" })).toBeChecked();
  await user.click(screen.getByRole("radio", { name: "No address 1" }));
  await waitFor(() => expect(grid).not.toHaveTextContent("kim@mail.example"));
  expect(argumentsOf("subscriber_rows").at(-1)).toEqual({ id: "f1", status: "bad", after: null, limit: 500 });
});

test("a bad row is corrected in place; what is wrong with the correction is said at its field", async () => {
  const { user, now } = open({
    edit_subscriber_row: ({ email }: { email: string }) => {
      if (!email.includes(".")) throw failure("invalid", "There is no point in it.", "email");
      now.rows = [fileRow(), fileRow({ number: 2, line: 3, email })];
      now.file = subscriberFile({ progress: progress({ ready: 2, bad: 0 }) });
      void announce({ kind: "subscriptions" });
      return now.file;
    },
  });
  await user.click(await within(await list()).findByText(/The part after the @/));
  const beside = await panel("Line 3");
  const field = beside.getByRole("textbox", { name: "E-mail address" });
  expect(field).toHaveValue("anna@");
  await user.type(field, "mail");
  await user.click(beside.getByRole("button", { name: "Keep and check" }));
  await waitFor(() => expect(field).toHaveAccessibleDescription("There is no point in it."));
  await user.type(field, ".org");
  await user.click(beside.getByRole("button", { name: "Keep and check" }));
  expect(await screen.findByRole("radio", { name: "Ready 2" })).toBeInTheDocument();
  expect(argumentsOf("edit_subscriber_row").at(-1)).toEqual({ id: "f1", number: 2, email: "anna@mail.org" });
  await waitFor(() => expect(screen.queryByRole("complementary")).not.toBeInTheDocument());
});

test("a row is left out; one that was sent meanwhile says so and stays", async () => {
  let sent = true;
  const { user } = open({
    leave_subscriber_row_out: () => {
      if (sent) throw failure("stale", "This row was sent meanwhile.");
      return subscriberFile();
    },
  });
  await user.click(await within(await list()).findByText("kim@mail.example"));
  const beside = await panel("Line 6");
  await user.click(beside.getByRole("button", { name: "Leave it out" }));
  expect(await beside.findByText("This row was sent meanwhile.")).toBeInTheDocument();
  sent = false;
  await user.click(beside.getByRole("button", { name: "Leave it out" }));
  await waitFor(() => expect(screen.queryByRole("complementary")).not.toBeInTheDocument());
  expect(argumentsOf("leave_subscriber_row_out").at(-1)).toEqual({ id: "f1", number: 4 });
});

test("sending begins once it was confirmed, shows how far it is, stops, and goes on", async () => {
  const { user, now } = open({
    send_subscriber_file: () => {
      now.file = subscriberFile({ state: "sending", progress: progress({ ready: 3, subscribed: 1 }) });
      void announce({ kind: "subscriptions" });
      return now.file;
    },
    stop_subscriber_file: () => {
      now.file = { ...now.file, state: "stopped" };
      void announce({ kind: "subscriptions" });
      return now.file;
    },
  });
  await user.click(await screen.findByRole("button", { name: "Subscribe 1 row…" }));
  const asked = await dialog("Subscribe 1 address to Coffee club?");
  expect(asked.getByText(/Each goes once/)).toBeInTheDocument();
  expect(argumentsOf("send_subscriber_file")).toEqual([]);
  await user.click(asked.getByRole("button", { name: "Subscribe them" }));
  await waitFor(() => expect(argumentsOf("send_subscriber_file")).toEqual([{ id: "f1" }]));
  const bar = await screen.findByRole("progressbar", { name: "Subscribing the rows" });
  expect(bar).toHaveAttribute("aria-valuetext", "1 of 4");
  expect(screen.queryByRole("button", { name: "Throw the file away" })).not.toBeInTheDocument();
  now.file = { ...now.file, progress: progress({ ready: 2, subscribed: 2 }) };
  await announce({ kind: "subscriptions" });
  await waitFor(() => expect(bar).toHaveAttribute("aria-valuetext", "2 of 4"));
  await user.click(screen.getByRole("button", { name: "Stop" }));
  expect(argumentsOf("stop_subscriber_file")).toEqual([{ id: "f1" }]);
  await user.click(await screen.findByRole("button", { name: "Go on with 2 rows…" }));
  const again = await dialog("Subscribe 2 addresses to Coffee club?");
  await user.click(again.getByRole("button", { name: "Subscribe them" }));
  await waitFor(() => expect(argumentsOf("send_subscriber_file")).toHaveLength(2));
});

test("why a sending was interrupted is said, and what Paydesk does about rows it does not know of", async () => {
  const unknown = fileRow({ status: "unknown", call: "c1" });
  const { user, now } = open(
    {
      unsettled_subscription_calls: () => [call({ state: "unknown", may_give_up: true })],
      give_up_subscription_call: () => call({ state: "given_up" }),
    },
    {
      state: "stopped",
      trouble: "Several answers in a row were lost.",
      progress: progress({ ready: 1, unknown: 1 }),
    },
  );
  now.rows = [unknown];
  expect(await screen.findByText("Several answers in a row were lost.")).toBeInTheDocument();
  expect(screen.getByText(/Of 1 row it is not known yet.*never sends it a second time/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Throw the file away" })).not.toBeInTheDocument();
  await user.click(await within(await list()).findByText("anna@mail.example"));
  const beside = await panel("Line 2");
  expect(beside.getByText(/Paydesk looks for it by itself/)).toBeInTheDocument();
  expect(beside.queryByRole("textbox")).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "It was not done…" }));
  const asked = await dialog("Say that this was not done?");
  await user.click(asked.getByRole("checkbox"));
  await user.click(asked.getByRole("button", { name: "It was not done" }));
  await waitFor(() => expect(argumentsOf("give_up_subscription_call")).toEqual([{ id: "c1" }]));
});

test("a sending that is refused says so where it was asked for", async () => {
  const { user } = open({
    send_subscriber_file: () => {
      throw failure("stale", "There is no row that could be sent.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Subscribe 1 row…" }));
  const asked = await dialog("Subscribe 1 address to Coffee club?");
  await user.click(asked.getByRole("button", { name: "Subscribe them" }));
  expect(await asked.findByText("There is no row that could be sent.")).toBeInTheDocument();
});

test("a file is thrown away once that was confirmed", async () => {
  const { user } = open({ delete_subscriber_file: () => null });
  await user.click(await screen.findByRole("button", { name: "Throw the file away" }));
  const asked = await dialog("Throw this file away?");
  expect(argumentsOf("delete_subscriber_file")).toEqual([]);
  await user.click(asked.getByRole("button", { name: "Throw the file away" }));
  await waitFor(() => expect(argumentsOf("delete_subscriber_file")).toEqual([{ id: "f1" }]));
  await waitFor(() => expect(route.path).toEqual(["subscriptions", "files"]));
});

test("a file that is not there says so", async () => {
  open({
    subscriber_file: () => {
      throw failure("not_found", "There is no such file.");
    },
  });
  expect(await screen.findByText("There is no such file.")).toBeInTheDocument();
});

test("it speaks German", async () => {
  open({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  expect(await screen.findByRole("button", { name: "1 Zeile anmelden…" })).toBeInTheDocument();
  expect(screen.getByRole("note")).toHaveTextContent("1 keine Adressen, 1 doppelt, 1 schon angemeldet");
});
