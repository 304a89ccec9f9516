import { api, Failure, type CheckState, type ConnectionReport, type NewShop } from "../bridge";

const nothing = (): NewShop => ({
  name: "",
  environment: "live",
  api_key: "",
  email: "",
  password: "",
  read_only: false,
});

/** What the owner has typed to connect a shop, and what a check of it found. */
class Connection {
  shop = $state(nothing());
  report = $state.raw<ConnectionReport>();
  failure = $state.raw<Failure>();
  busy = $state(false);

  /** Without these the shop cannot be used at all. */
  readonly usable: boolean = $derived(
    !!this.report && [this.report.reachable, this.report.key, this.report.keychain].every(isGood),
  );
  readonly complete: boolean = $derived(this.usable && Object.values(this.report ?? {}).every(isGood));

  /** Tries what was typed and, when all of it is right, keeps the shop. True once it is connected. */
  async checkAndConnect(): Promise<boolean> {
    const typed = $state.snapshot(this.shop);
    return this.#run(async () => {
      this.report = await api.checkConnection(typed);
      if (this.complete) await api.addShop(typed);
      return this.complete;
    });
  }

  /** Keeps the shop although something that can wait is not right yet. */
  async connectAnyway(): Promise<boolean> {
    return this.#run(async () => {
      await api.addShop(this.shop);
      return true;
    });
  }

  /** Secrets do not outlive the form; the rest is there when its owner comes back. */
  left(): void {
    this.shop = { ...this.shop, api_key: "", password: "" };
    this.touched();
  }

  /** What was found no longer speaks of what is typed. */
  touched(): void {
    this.report = undefined;
    this.failure = undefined;
  }

  /** Forgets all that was typed. */
  forget(): void {
    this.shop = nothing();
    this.touched();
  }

  /** What is wrong with a field, from the check or from a refusal. */
  error(field: keyof NewShop): string | null {
    if (this.failure?.field === field) return this.failure.message;
    const item = { api_key: this.report?.key, password: this.report?.login }[field as string];
    return item?.state === "bad" ? item.message : null;
  }

  async #run(attempt: () => Promise<boolean>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.failure = undefined;
    try {
      const connected = await attempt();
      if (connected) this.shop = nothing();
      return connected;
    } catch (thrown) {
      this.failure = Failure.from(thrown);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

const isGood = ({ state }: { state: CheckState }) => state === "good";

/** Lives as long as the window, so that a look at another screen loses nothing that was typed but the secrets. */
export const connection = new Connection();
