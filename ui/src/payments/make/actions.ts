import Link from "@lucide/svelte/icons/link";
import Plus from "@lucide/svelte/icons/plus";
import type { Action } from "../../lib/actions.svelte";
import { route } from "../../lib/router.svelte";
import { m } from "../../messages";

/** What makes customers pay; to be offered everywhere. */
export function makingActions(): Action[] {
  const group = m.payments();
  return [
    {
      id: "new-payment",
      label: m.make_title(),
      group,
      icon: Plus,
      keys: "n",
      run: () => route.go(["payments", "new"]),
    },
    {
      id: "new-link",
      label: m.make_link_title(),
      group,
      icon: Link,
      run: () => route.go(["payments", "new"], { kind: "link" }),
    },
    {
      id: "links",
      label: m.links(),
      group,
      icon: Link,
      keys: "g l",
      run: () => route.go(["payments", "links"]),
    },
  ];
}
