import { untrack } from "svelte";
import {
  api,
  Failure,
  type FollowUp,
  type Invoice,
  type MadePayment,
  type PaymentChoices,
  type PaymentDraft,
  type QuoteRequest,
  type SandboxCase,
} from "../../bridge";
import { plainAmount } from "../../lib/money";

/** What is typed is kept when nothing more was typed for so long. */
const KEEP_AFTER_MS = 400;

const nothing: PaymentDraft = {
  link: false,
  price_amount: "",
  price_currency: "",
  pay_currency: "",
  terms: { fixed_rate: false, fee_paid_by_customer: false },
  order_id: "",
  order_description: "",
  success_url: "",
  cancel_url: "",
};

/** What a new payment or payment link is made of, as it is typed. Make it while a component is being set up. */
export class PaymentForm {
  draft = $state<PaymentDraft>({ ...nothing });
  /** How a payment in the sandbox ends. */
  ending = $state<SandboxCase | "">("");
  /** What was typed earlier is there. */
  ready = $state(false);
  busy = $state(false);
  failure = $state.raw<Failure>();
  #follow: FollowUp | undefined;
  #kept = "";

  /** The missing part of another payment is asked for, or what was typed earlier goes on. */
  constructor(follow: FollowUp | undefined, link: boolean) {
    this.#follow = follow;
    if (follow) this.#take(follow);
    else void this.#load(link);
    $effect(() => {
      const now = JSON.stringify(this.draft);
      if (!this.ready || this.#follow || now === this.#kept) return;
      const timer = setTimeout(() => void this.#keep(now), KEEP_AFTER_MS);
      return () => clearTimeout(timer);
    });
    $effect(() => () => {
      const now = JSON.stringify(this.draft);
      if (this.ready && !this.#follow && now !== this.#kept) void this.#keep(now);
    });
  }

  get question(): QuoteRequest {
    const { price_amount, price_currency, pay_currency, terms } = this.draft;
    return { price_amount: plainAmount(price_amount), price_currency, pay_currency, terms: { ...terms } };
  }

  error(field: string): string | null {
    return this.failure?.field === field ? this.failure.message : null;
  }

  touched(): void {
    this.failure = undefined;
  }

  /** What the shop uses most stands there until something else is chosen. */
  suggest({ currencies, coins }: PaymentChoices): void {
    untrack(() => {
      this.draft.price_currency ||= currencies[0] ?? "usd";
      if (!this.draft.link) this.draft.pay_currency ||= coins[0]?.ticker ?? "";
    });
  }

  /** Makes the payment; `undefined` when it could not be made, and `failure` says why. */
  async makePayment(): Promise<MadePayment | undefined> {
    const { order_id, order_description } = this.draft;
    return await this.#make(() =>
      api.makePayment({
        ...this.question,
        order_id,
        order_description,
        purchase_id: this.#follow?.purchase_id ?? null,
        case: this.ending || null,
      }),
    );
  }

  /** Makes the payment link. */
  async makeLink(): Promise<Invoice | undefined> {
    const { order_id, order_description, success_url, cancel_url } = this.draft;
    return await this.#make(() =>
      api.makeInvoice({ ...this.question, order_id, order_description, success_url, cancel_url }),
    );
  }

  async #make<Made>(make: () => Promise<Made>): Promise<Made | undefined> {
    if (this.busy) return undefined;
    this.busy = true;
    this.failure = undefined;
    try {
      const made = await make();
      this.#clear();
      return made;
    } catch (thrown) {
      this.failure = Failure.from(thrown);
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  /** The program has forgotten what was typed, since it is made. The next one is likely in the same currency. */
  #clear(): void {
    const { link, price_currency, pay_currency, terms } = this.draft;
    this.draft = { ...nothing, link, price_currency, pay_currency, terms };
    this.#kept = JSON.stringify(this.draft);
  }

  #take(follow: FollowUp): void {
    const { price_amount, price_currency, pay_currency } = follow;
    const [order_id, order_description] = [follow.order_id ?? "", follow.order_description ?? ""];
    this.draft = { ...nothing, price_amount, price_currency, pay_currency, order_id, order_description };
    this.ready = true;
  }

  async #load(link: boolean): Promise<void> {
    // Without it nothing is lost but what was typed earlier.
    const draft = await api.paymentDraft().catch(() => null);
    if (draft) this.draft = draft;
    this.#kept = JSON.stringify(this.draft);
    this.draft.link = link;
    this.ready = true;
  }

  async #keep(now: string): Promise<void> {
    this.#kept = now;
    await api.keepPaymentDraft(JSON.parse(now)).catch(() => (this.#kept = ""));
  }
}
