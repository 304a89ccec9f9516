import { toast } from "svelte-sonner";
import { Failure } from "../bridge";

/** Does what has no place on the screen to say that it failed. */
export async function attempt(doing: Promise<unknown>): Promise<void> {
  try {
    await doing;
  } catch (thrown) {
    toast.error(Failure.from(thrown).message);
  }
}
