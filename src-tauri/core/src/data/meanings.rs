//! What the columns of an export of everything mean. A name means the same in every file.

use crate::language::said;

/// What a column of this name means; `None` for one that nobody has described.
pub(super) fn meaning(column: &str) -> Option<&'static str> {
    Some(match column {
        "about" => said!(en: "the id of what it is about", de: "die ID dessen, worum es geht"),
        "accepted" | "rejected" | "blank" | "records" => said!(
            en: "how many records of the file there were, were taken, were refused, were empty",
            de: "wie viele Datensätze der Datei es gab, angenommen, abgelehnt, leer waren",
        ),
        "account" => said!(en: "the end of the number of the account", de: "das Ende der Kontonummer"),
        "active" => {
            said!(en: "1: the period that is paid for has not ended", de: "1: der bezahlte Zeitraum läuft noch")
        }
        "actually_paid" => said!(en: "what was paid, in the coin", de: "was bezahlt wurde, im Coin"),
        "actually_paid_at_fiat" => {
            said!(en: "what that was worth, in the currency of the price", de: "was das wert war, in der Währung des Preises")
        }
        "added_at" | "created_at" | "at" => said!(en: "when (UTC)", de: "wann (UTC)"),
        "address" | "pay_address" => {
            said!(en: "the address on the chain", de: "die Adresse auf der Blockchain")
        }
        "amount" => {
            said!(en: "the amount, in the coin or currency beside it", de: "der Betrag, im Coin oder in der Währung daneben")
        }
        "area" => said!(en: "what it is about", de: "worum es geht"),
        "bad" => said!(en: "how many rows are bad", de: "wie viele Zeilen fehlerhaft sind"),
        "balance" => said!(en: "what was there", de: "was vorhanden war"),
        "batch" => said!(en: "the id of the batch of payouts", de: "die ID der Sammelauszahlung"),
        "batch_limit" => {
            said!(en: "the most that one batch may be worth", de: "wie viel eine Sammelauszahlung höchstens wert sein darf")
        }
        "billed_at" => {
            said!(en: "when the last bill was made", de: "wann die letzte Rechnung gestellt wurde")
        }
        "body" => said!(en: "the text", de: "der Text"),
        "call" => said!(en: "the id of the call that was made for it", de: "die ID des Aufrufs dafür"),
        "cause" => said!(en: "what was the cause", de: "was die Ursache war"),
        "checked_at" => said!(en: "when it was checked", de: "wann geprüft wurde"),
        "columns" | "file_columns" => said!(
            en: "the columns, as JSON, or how many there are",
            de: "die Spalten, als JSON, oder ihre Anzahl",
        ),
        "control_rows" => said!(
            en: "how many rows there had to be",
            de: "wie viele Zeilen es sein mussten",
        ),
        "callback_url" | "success_url" | "cancel_url" | "partially_paid_url" | "url" => {
            said!(en: "an address on the web", de: "eine Adresse im Web")
        }
        "coin" | "pay_currency" | "outcome_currency" | "outcome_coin" | "from_coin" | "to_coin" => {
            said!(en: "the coin", de: "der Coin")
        }
        "coin_amount" => said!(en: "what a sum of money was in coins", de: "was eine Geldsumme in Coins war"),
        "contacts_only" => said!(en: "1: only to the address book", de: "1: nur an das Adressbuch"),
        "currency" | "price_currency" | "fiat_currency" | "worth_currency" => {
            said!(en: "the coin or currency", de: "der Coin oder die Währung")
        }
        "day_limit" => {
            said!(en: "the most that may be paid in a day", de: "wie viel an einem Tag höchstens ausgezahlt werden darf")
        }
        "descending" => said!(en: "1: the largest first", de: "1: das Größte zuerst"),
        "description" | "order_description" | "note" | "notes" => {
            said!(en: "words of yours", de: "Ihre Worte")
        }
        "edited_at" => said!(en: "when the row was corrected", de: "wann die Zeile korrigiert wurde"),
        "effect" => said!(en: "what the callback did", de: "was der Callback bewirkt hat"),
        "email" => said!(en: "the e-mail address", de: "die E-Mail-Adresse"),
        "ended_at" => said!(en: "when it was seen to be gone", de: "seit wann es ihn nicht mehr gibt"),
        "error" | "trouble" | "reason" | "problems" | "problem" => {
            said!(en: "what went wrong", de: "was schiefging")
        }
        "estimate" => {
            said!(en: "about how much came of it, as it was shown", de: "ungefähres Ergebnis, wie es angezeigt wurde")
        }
        "execute_at" => said!(en: "when it is to be paid", de: "wann ausgezahlt werden soll"),
        "expires_at" => said!(
            en: "of a subscription: until when it is paid for; of a batch: until when it can be approved",
            de: "bei Abos: bis wann bezahlt ist; bei Sammelauszahlungen: bis wann freigegeben werden kann",
        ),
        "external_id" => said!(en: "your id of the row", de: "Ihre ID der Zeile"),
        "extra_id" | "payin_extra_id" | "memo" => {
            said!(en: "the memo or tag that belongs to the address", de: "Memo oder Tag zur Adresse")
        }
        "failed" => said!(en: "how many rows were not paid", de: "wie viele Zeilen nicht bezahlt wurden"),
        "fee" => said!(en: "the fees", de: "die Gebühren"),
        "fee_estimate" => said!(en: "about what the fee was to be", de: "die geschätzte Gebühr"),
        "fiat_amount" => said!(
            en: "of a payout in coins: the sum of money that it was to be; else what arrived at the bank",
            de: "bei Auszahlung in Coins: die Geldsumme, die zu zahlen war; sonst was bei der Bank ankam",
        ),
        "fiat_in_coins" => said!(
            en: "what the sums of money are in coins",
            de: "was die Geldsummen in Coins sind",
        ),
        "file" => said!(en: "the id of the file", de: "die ID der Datei"),
        "from_amount" | "to_amount" => {
            said!(en: "what went in, what came out", de: "was hineinging, was herauskam")
        }
        "from_id" | "from_user" => said!(en: "from whom", de: "von wem"),
        "from_status" | "to_status" => {
            said!(en: "the status before, and after", de: "der Status davor und danach")
        }
        "given_order_id" => said!(
            en: "1: the number of the order is from Paydesk",
            de: "1: die Nummer der Bestellung ist von Paydesk",
        ),
        "header" => {
            said!(en: "1: the first record names the columns", de: "1: der erste Datensatz nennt die Spalten")
        }
        "hash" | "rows_hash" | "file_hash" => said!(
            en: "of a payout: its transaction; else a check sum",
            de: "bei einer Auszahlung: ihre Transaktion; sonst eine Prüfsumme",
        ),
        "id" => said!(en: "its id", de: "die ID"),
        "interval_days" => said!(en: "how many days a period has", de: "wie viele Tage ein Zeitraum hat"),
        "invoice" | "invoice_id" => said!(en: "the id of the invoice", de: "die ID der Rechnung"),
        "kind" => said!(en: "of which kind it is", de: "welcher Art es ist"),
        "line" => said!(en: "the line of the file", de: "die Zeile der Datei"),
        "made" => {
            said!(en: "the id at NOWPayments, once it was known", de: "die ID bei NOWPayments, sobald sie bekannt war")
        }
        "method" => said!(en: "the kind of the account", de: "die Art des Kontos"),
        "moved_at" => {
            said!(en: "when the balance last changed", de: "wann sich das Guthaben zuletzt geändert hat")
        }
        "network" => said!(en: "the network that the file named", de: "das Netzwerk, das die Datei nannte"),
        "not_ours_at" => said!(
            en: "when you said that it is another one",
            de: "wann Sie gesagt haben, dass es eine andere ist",
        ),
        "name" | "title" => said!(en: "the name", de: "der Name"),
        "new_recipients" => {
            said!(en: "how many recipients were never paid before", de: "wie viele Empfänger noch nie bezahlt wurden")
        }
        "noticed_at" => said!(en: "when Paydesk noticed it", de: "wann Paydesk es bemerkt hat"),
        "number" => said!(en: "the number in its list", de: "die Nummer in ihrer Liste"),
        "order_id" => said!(en: "the number of the order", de: "die Nummer der Bestellung"),
        "origin_type" => said!(
            en: "where it came from, in the word of NOWPayments",
            de: "woher sie kam, im Wort von NOWPayments",
        ),
        "outcome_amount" => said!(en: "what you received", de: "was Sie erhalten haben"),
        "paid" => said!(en: "how many rows were paid", de: "wie viele Zeilen bezahlt wurden"),
        "paid_at" => said!(en: "when it was paid", de: "wann bezahlt wurde"),
        "parent_payment_id" => {
            said!(en: "the payment that this one repeats", de: "die Zahlung, die diese wiederholt")
        }
        "part" | "parts" | "whole" => {
            said!(en: "of one that is sent in parts: which, how many, of which batch", de: "bei Teilen: der wievielte, wie viele, wovon")
        }
        "part_size" => {
            said!(en: "how many rows are sent at once", de: "wie viele Zeilen auf einmal gesendet werden")
        }
        "pay_amount" => said!(en: "what was to be paid, in the coin", de: "was zu zahlen war, im Coin"),
        "paused_until" => said!(en: "until when nothing is told", de: "bis wann nichts gemeldet wird"),
        "payout" => said!(en: "the id of the payout", de: "die ID der Auszahlung"),
        "payable" => said!(en: "how many rows are to be paid", de: "wie viele Zeilen zu zahlen sind"),
        "payment" => said!(en: "the id of the payment", de: "die ID der Zahlung"),
        "pays_again" => {
            said!(en: "the batch whose unpaid rows these are", de: "wessen unbezahlte Zeilen es sind")
        }
        "pending" => said!(en: "what is on its way", de: "was unterwegs ist"),
        "plan" => said!(en: "the id of the plan", de: "die ID des Plans"),
        "price_amount" => said!(en: "the price", de: "der Preis"),
        "provider" => said!(en: "the company that pays out", de: "das Unternehmen, das auszahlt"),
        "provider_id" | "provider_status" => {
            said!(en: "the id and the status at NOWPayments", de: "ID und Status bei NOWPayments")
        }
        "purchase_id" => said!(en: "the id of the purchase", de: "die ID des Kaufs"),
        "raw" => {
            said!(en: "the row of the file, where it was refused", de: "die Zeile der Datei, wenn sie abgelehnt wurde")
        }
        "read_at" => said!(en: "when it was read", de: "wann gelesen"),
        "reference" => said!(en: "the id of what it was done to", de: "die ID dessen, womit es geschah"),
        "removed" => said!(en: "how many rows you removed", de: "wie viele Zeilen Sie entfernt haben"),
        "removed_at" => said!(en: "when you removed the row", de: "wann Sie die Zeile entfernt haben"),
        "request_id" => said!(en: "what that company calls it", de: "wie jenes Unternehmen es nennt"),
        "rows" => said!(en: "how many rows", de: "wie viele Zeilen"),
        "rules" => said!(en: "the rules, as JSON", de: "die Regeln, als JSON"),
        "repeat_interval" | "repeat_every" | "repeat_until" | "repeats" => {
            said!(en: "of a series: how often, until when, of which batch", de: "bei einer Reihe: wie oft, bis wann, wovon")
        }
        "search" => said!(en: "what is searched for", de: "wonach gesucht wird"),
        "sort" => said!(en: "what it is sorted by", de: "wonach sortiert wird"),
        "seen_at" => said!(en: "when Paydesk first saw it", de: "wann Paydesk es zuerst gesehen hat"),
        "settled_at" | "settled_by" => {
            said!(en: "when and by whom it was settled", de: "wann und durch wen es erledigt wurde")
        }
        "shelf" => said!(en: "whether it is open or settled", de: "ob offen oder erledigt"),
        "since" => said!(en: "since when", de: "seit wann"),
        "state" => {
            said!(en: "how far it is, in the word of Paydesk", de: "wie weit es ist, im Wort von Paydesk")
        }
        "status" => {
            said!(en: "the status, in the word of NOWPayments", de: "der Status, im Wort von NOWPayments")
        }
        "submitted_at" => said!(en: "when it was sent", de: "wann gesendet wurde"),
        "subject" => said!(en: "what it was done to", de: "womit es geschah"),
        "subscription" => said!(en: "the id of the subscription", de: "die ID des Abos"),
        "terms" => {
            said!(en: "whose the fees are, and which rate holds", de: "wer die Gebühren zahlt, und welcher Kurs gilt")
        }
        "to_id" | "to_user" => said!(en: "to whom", de: "an wen"),
        "unique_external_id" => {
            said!(en: "the id under which Paydesk sent the row", de: "die ID, unter der Paydesk die Zeile gesendet hat")
        }
        "updated_at" => {
            said!(en: "when it last changed (UTC)", de: "wann es sich zuletzt geändert hat (UTC)")
        }
        "user" => said!(en: "the id of the user", de: "die ID des Nutzers"),
        "verdict" => {
            said!(en: "what was thought of the row as it was read", de: "was von der Zeile beim Lesen gehalten wurde")
        }
        "wanted" => said!(en: "what was asked for, as JSON", de: "was verlangt wurde, als JSON"),
        "verified" => said!(en: "1: it is genuine", de: "1: er ist echt"),
        "warnings" => said!(en: "what was unusual", de: "was ungewöhnlich war"),
        "words" => said!(en: "what was done", de: "was getan wurde"),
        "worth_of" => {
            said!(en: "of how much of the coin that was asked", de: "für wie viel des Coins das gefragt wurde")
        }
        "worth" => said!(en: "what it was worth", de: "was es wert war"),
        _ => return None,
    })
}
