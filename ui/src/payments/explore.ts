import { toast } from "svelte-sonner";
import { api, Failure, type PaymentTrace } from "../bridge";

/** Has the program open the page of a block explorer that shows this of a payment. */
export async function explore(id: string, trace: PaymentTrace): Promise<void> {
  try {
    await api.openPaymentInExplorer(id, trace);
  } catch (thrown) {
    toast.error(Failure.from(thrown).message);
  }
}
