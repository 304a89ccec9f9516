import BookUser from "@lucide/svelte/icons/book-user";
import UserPlus from "@lucide/svelte/icons/user-plus";
import type { Action } from "../lib/actions.svelte";
import { Asked } from "../lib/asked.svelte";
import { route } from "../lib/router.svelte";
import { m } from "../messages";

/** Where the address book is. */
export const CONTACTS = ["payouts", "contacts"];

/** A contact that is added. */
export const contactAsked = new Asked<true>(CONTACTS);

/** What can be done with the address book, from everywhere. */
export function contactActions(): Action[] {
  return [
    {
      id: "go-contacts",
      label: m.go_to({ place: m.contacts() }),
      group: m.go(),
      icon: BookUser,
      keys: "g b",
      run: () => route.go(CONTACTS),
    },
    {
      id: "contact-add",
      label: m.contact_add(),
      group: m.contacts(),
      icon: UserPlus,
      run: () => contactAsked.for(true),
    },
  ];
}
