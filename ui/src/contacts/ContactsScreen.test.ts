import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Contact, ContactEdit } from "../bridge";
import { announce, argumentsOf, failure, payoutRules, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../payouts/PayoutsScreen.svelte";
import "./ContactsScreen.svelte";

beforeEach(() => route.replace(["payouts", "contacts"]));

const TRON = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";
const anna: Contact = {
  id: "c1",
  name: "Anna Weber",
  address: TRON,
  currency: "trx",
  extra_id: null,
  added_at: "2026-11-01T10:00:00Z",
  paid: 12,
};

/** The address book, which keeps what it is given. */
function open(first: Contact[] = [], own = {}) {
  let contacts = first;
  program({
    contacts: ({ search }: { search: string }) => {
      const found = contacts.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
      return { contacts: found, total: found.length };
    },
    save_contact: ({ edit }: { edit: ContactEdit }) => {
      const kept = { ...anna, ...edit, id: edit.id ?? "c2", extra_id: edit.extra_id || null };
      contacts = [...contacts.filter(({ id }) => id !== kept.id), kept];
      void announce({ kind: "everything" });
      return kept;
    },
    remove_contact: ({ id }: { id: string }) => {
      contacts = contacts.filter((each) => each.id !== id);
      void announce({ kind: "everything" });
      return null;
    },
    ...own,
  });
  render(App);
  return userEvent.setup();
}

const dialog = (name: string) => screen.findByRole("dialog", { name });

test("an empty address book says what it is for, and takes the first contact", async () => {
  const user = open();
  expect(await screen.findByText("The recipients you know will be here")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Add the first contact" }));
  const form = within(await dialog("Add contact"));
  await user.type(form.getByRole("textbox", { name: "Name" }), "Anna Weber");
  await user.type(form.getByRole("textbox", { name: "Coin" }), "trx");
  await user.type(form.getByRole("textbox", { name: "Address" }), TRON);
  await user.click(form.getByRole("button", { name: "Keep contact" }));
  const list = await screen.findByRole("grid", { name: "Address book" });
  expect(await within(list).findByText("Anna Weber")).toBeInTheDocument();
  expect(list.textContent).toContain(TRON);
  expect(argumentsOf("save_contact")).toEqual([
    { edit: { id: null, name: "Anna Weber", currency: "trx", address: TRON, extra_id: "" }, pin: null },
  ]);
});

test("what is wrong is said at its field, and what was typed stays", async () => {
  const user = open([], {
    save_contact: () => {
      throw failure("invalid", "This address is for another network.", "address");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add contact" }));
  const form = within(await dialog("Add contact"));
  const address = form.getByRole("textbox", { name: "Address" });
  await user.type(address, "0xabc");
  await user.click(form.getByRole("button", { name: "Keep contact" }));
  await waitFor(() => expect(address).toHaveAccessibleDescription("This address is for another network."));
  expect(address).toHaveValue("0xabc");
});

test("where only contacts are paid a new one takes the PIN, and a wrong one is said there", async () => {
  const user = open([], {
    payout_rules: () => payoutRules({ contacts_only: true, needs_pin: true }),
    save_contact: ({ pin }: { pin: string | null }) => {
      if (pin !== "246810") throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return anna;
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add contact" }));
  const shown = await dialog("Add contact");
  const form = within(shown);
  const pin = await form.findByLabelText("PIN");
  await user.type(pin, "111111");
  await user.click(form.getByRole("button", { name: "Keep contact" }));
  await waitFor(() => expect(pin).toHaveAccessibleDescription(/This PIN is wrong\./));
  expect(pin).toHaveValue("");
  await user.type(pin, "246810");
  await user.click(form.getByRole("button", { name: "Keep contact" }));
  await waitFor(() => expect(shown).not.toBeInTheDocument());
});

test("a contact is found by its name, opened, and changed", async () => {
  const user = open([anna, { ...anna, id: "c3", name: "Roastery" }]);
  await user.type(await screen.findByRole("searchbox", { name: "Search name, coin, address…" }), "anna");
  await waitFor(() => expect(screen.queryByText("Roastery")).not.toBeInTheDocument());
  await user.click(screen.getByText("Anna Weber"));
  const panel = within(await screen.findByRole("complementary", { name: "Contact" }));
  expect(panel.getByText("Times paid").closest("div")).toHaveTextContent("12");
  await user.click(panel.getByRole("button", { name: "Change" }));
  const form = within(await dialog("Change contact"));
  const name = form.getByRole("textbox", { name: "Name" });
  expect(name).toHaveValue("Anna Weber");
  await user.type(name, "-Roth");
  await user.click(form.getByRole("button", { name: "Keep contact" }));
  await waitFor(() =>
    expect(argumentsOf("save_contact")).toMatchObject([{ edit: { id: "c1", name: "Anna Weber-Roth" } }]),
  );
});

test("a contact is removed once that was confirmed", async () => {
  const user = open([anna]);
  const grid = await screen.findByRole("grid", { name: "Address book" });
  grid.focus();
  await user.keyboard("{Delete}");
  const asked = await dialog("Remove Anna Weber from your address book?");
  expect(argumentsOf("remove_contact")).toEqual([]);
  await user.click(within(asked).getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(argumentsOf("remove_contact")).toEqual([{ id: "c1" }]));
  expect(await screen.findByText("The recipients you know will be here")).toBeInTheDocument();
});

test("the payouts lead to the address book", async () => {
  route.replace(["payouts"]);
  const user = open([anna]);
  await user.click(await screen.findByRole("button", { name: "Address book" }));
  expect(route.path).toEqual(["payouts", "contacts"]);
  expect(await screen.findByRole("heading", { name: "Address book" })).toBeInTheDocument();
});
