import { api } from "../bridge";
import { route } from "../lib/router.svelte";
import { importing } from "../payouts/importing.svelte";
import { connection } from "../shops/connection.svelte";

/** Takes everything of all shops from this computer, and from the window what was typed in it. */
export async function forgetEverything(): Promise<void> {
  await api.forgetAll();
  forgetInWindow();
}

/** Takes from the window what was typed in it of shops that are no more. */
export function forgetInWindow(): void {
  importing.forget();
  connection.forget();
  route.replace([]);
}
