import type { Choices, Column, OpenFile } from "../bridge";

/** What the owner says that the columns of a file hold. */
export class ColumnChoice {
  /** By their place in the file; `null` for a note. */
  columns = $state.raw<(Column | null)[]>([]);
  /** The first row names the columns. */
  header = $state(true);
  /** The ticker of every row, where no column holds it. */
  currency = $state("");
  /** The currency of every sum of money, where no column holds it. */
  fiatCurrency = $state("");

  constructor({ survey, choices }: OpenFile) {
    this.columns = choices.columns ?? survey.columns;
    this.header = choices.header ?? survey.header;
    this.currency = choices.currency ?? "";
    this.fiatCurrency = choices.fiat_currency ?? "";
  }

  /** Gives a column its meaning, and takes it from the one that had it. */
  set(at: number, meaning: Column | null): void {
    this.columns = this.columns.map((known, index) => {
      if (index === at) return meaning;
      return known === meaning ? null : known;
    });
  }

  /** There are sums of money, and no column says in which currency. */
  get asksFiatCurrency(): boolean {
    return this.columns.includes("fiat_amount") && !this.columns.includes("fiat_currency");
  }

  /** What is still needed. */
  get missing(): Column[] {
    const has = (column: Column) => this.columns.includes(column);
    // How much is an amount of the coin, or a sum of money and its currency.
    const howMuch: Column[] =
      has("fiat_amount") || has("fiat_currency") ? ["fiat_amount", "fiat_currency"] : ["amount"];
    const needed: Column[] = ["address", ...howMuch];
    if (this.asksFiatCurrency && this.fiatCurrency) needed.pop();
    if (!this.currency.trim()) needed.splice(1, 0, "currency");
    return needed.filter((column) => !has(column));
  }

  get choices(): Pick<Choices, "columns" | "header" | "currency" | "fiat_currency"> {
    const own = this.columns.includes("currency") ? null : this.currency.trim() || null;
    const fiat_currency = (this.asksFiatCurrency && this.fiatCurrency) || null;
    return { columns: this.columns, header: this.header, currency: own, fiat_currency };
  }
}
