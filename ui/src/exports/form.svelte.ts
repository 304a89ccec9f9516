import type { ExportChoices, ExportRequest, ExportWords, PaymentSelection } from "../bridge";
import { m } from "../messages";
import type { Locale } from "../messages/language.svelte";
import { statuses, statusWords } from "../payments/status";
import type { PaymentFilter } from "../payments/list.svelte";
import { columnWords, forTheBooks, inOrder } from "./columns";
import type { Period } from "./periods";

/** The list on the screen, and what is selected in it, if anything is. */
export interface Shown {
  list: PaymentFilter;
  selection: PaymentSelection | undefined;
}

/** What is asked for in the dialog. */
export class ExportForm {
  what = $state<"listed" | "period" | "selected">("listed");
  period = $state<Period>({ from: "", to: "" });
  /** Only these in a period; empty for all. */
  status = $state("");
  choices = $state<ExportChoices>()!;
  #shown: () => Shown;

  constructor(shown: () => Shown, choices: ExportChoices, period: Period) {
    this.#shown = shown;
    this.choices = choices;
    this.period = { from: period.from, to: period.to };
    if (shown().selection) this.what = "selected";
  }

  /** What the program is asked; made anew as soon as anything of it changes. */
  get request(): ExportRequest {
    const columns = inOrder(this.choices.columns);
    const words: ExportWords = {
      title: m.payments(),
      heads: columns.map((column) => columnWords[column]()),
      statuses: statuses.map((status) => ({ status, word: statusWords(status).word })),
      stated: m.export_stated(),
      worked_out: m.export_worked_out(),
    };
    return { what: this.#what(), choices: { ...this.choices, columns }, words };
  }

  #what(): ExportRequest["what"] {
    const { list, selection } = this.#shown();
    if (this.what === "period") {
      return { kind: "period", ...this.period, search: this.status && `status:${this.status}` };
    }
    const whole: PaymentSelection = { kind: "all", ...list, except: [] };
    return { kind: "selected", selection: (this.what === "selected" && selection) || whole };
  }
}

/** What is chosen before anybody has chosen: what the spreadsheets of a language expect. */
export function usualChoices(language: Locale): ExportChoices {
  const german = language === "de";
  return {
    format: "csv",
    delimiter: german ? "semicolon" : "comma",
    decimal_mark: german ? "comma" : "point",
    byte_order_mark: true,
    time_zone: "local",
    columns: forTheBooks,
  };
}
