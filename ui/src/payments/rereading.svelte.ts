import { api, type PaymentSelection } from "../bridge";

/** Reading payments again at NOWPayments, one after another. */
export class Rereading {
  /** So many at the most: NOWPayments is not asked without end. */
  static readonly most = 200;
  /** How many there are in all, while they are being read. */
  total = $state<number>();
  done = $state(0);
  #stopped = false;

  stop = (): void => void (this.#stopped = true);

  /** Reads them until all are read or it is stopped; how many were read, and how many had changed. */
  async run(selection: PaymentSelection): Promise<{ asked: number; changed: number }> {
    if (this.total !== undefined) return { asked: 0, changed: 0 };
    [this.done, this.total, this.#stopped] = [0, 0, false];
    let changed = 0;
    try {
      const ids = (await api.selectedPaymentIds(selection)).slice(0, Rereading.most);
      this.total = ids.length;
      for (const id of ids) {
        if (this.#stopped) break;
        if (await api.readPaymentAgain(id)) changed += 1;
        this.done += 1;
      }
      return { asked: this.done, changed };
    } finally {
      this.total = undefined;
    }
  }
}
