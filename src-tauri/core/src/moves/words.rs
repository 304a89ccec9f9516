//! The words of moves.

use nowpayments::{Amount, Refused};

use super::{MoveBank, MoveEnd, MoveKind, MovePreview};
use crate::language::{said, words};

/// `0.5 BTC`.
pub(crate) fn coins(amount: &Amount, coin: &str) -> String {
    format!("{amount} {}", coin.to_uppercase())
}

/// From how much on something that was refused as too little is taken: what NOWPayments names, and else its own words.
/// Begins with a space.
pub(super) fn smallest(refused: &Refused, coin: &str) -> String {
    match refused.minimum() {
        Some(least) => words!(
            en: " The smallest is {least}.",
            de: " Der kleinste Betrag ist {least}.",
            least = coins(&least, coin)
        ),
        None => words!(
            en: " NOWPayments does not say how much it takes, only: “{said}”.",
            de: " NOWPayments sagt nicht, wie viel es sein muss, nur: „{said}“.",
            said = refused.message
        ),
    }
}

/// Whose balance it is, at the beginning of a sentence or after "from" and "to".
pub(super) fn whose(end: &MoveEnd) -> String {
    match (&end.name, &end.user) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => id.clone(),
        (None, None) => said!(en: "the shop", de: "der Shop").to_owned(),
    }
}

fn stands(end: &MoveEnd, beginning: bool) -> String {
    let who = match (&end.user, beginning) {
        (None, true) => said!(en: "The shop", de: "Der Shop").to_owned(),
        _ => whose(end),
    };
    let (before, after) = (coins(&end.before, &end.coin), coins(&end.after, &end.coin));
    words!(en: "{who} has {before} before and {after} after", de: "{who} hat vorher {before} und nachher {after}")
}

/// What a move does, all of it.
pub(super) fn of(preview: &MovePreview) -> String {
    let MovePreview { from, to, kind, .. } = preview;
    let sum = coins(&preview.amount, &preview.coin);
    let (giver, from_name) = (stands(from, true), whose(from));
    let taker = to.as_ref().map(|to| stands(to, false)).unwrap_or_default();
    let to_name = to.as_ref().map(whose).unwrap_or_default();
    match kind {
        MoveKind::Deposit => words!(
            en: "{sum} goes from the balance of the shop to {to_name}. {giver}; {taker}. NOWPayments cannot take it back: only \
                 a write-off brings it back.",
            de: "{sum} geht vom Guthaben des Shops an {to_name}. {giver}; {taker}. NOWPayments kann das nicht zurücknehmen: \
                 Zurück kommt es nur durch eine Abbuchung."
        ),
        MoveKind::WriteOff => words!(
            en: "{sum} goes from {from_name} to the balance of the shop. {giver}; {taker}. NOWPayments cannot take it back: \
                 only a deposit brings it back.",
            de: "{sum} geht von {from_name} an das Guthaben des Shops. {giver}; {taker}. NOWPayments kann das nicht \
                 zurücknehmen: Zurück kommt es nur durch eine Einzahlung."
        ),
        MoveKind::Conversion => {
            let about = preview.estimate.as_ref().zip(to.as_ref());
            let about = about.map(|(about, to)| coins(about, &to.coin)).unwrap_or_default();
            words!(
                en: "{sum} of the shop's balance becomes about {about}. The rate is that of the moment in which NOWPayments \
                     converts it, so that it may be more or less. {giver}. It cannot be taken back: only another conversion, \
                     at its own rate, leads back.",
                de: "{sum} vom Guthaben des Shops wird zu etwa {about}. Es gilt der Kurs des Augenblicks, in dem NOWPayments \
                     umtauscht; es kann also mehr oder weniger werden. {giver}. Das lässt sich nicht zurücknehmen: Zurück führt \
                     nur ein weiterer Umtausch zu dessen Kurs."
            )
        }
        MoveKind::FiatPayout => bank_payout(preview, &sum, &giver),
        _ => words!(
            en: "{sum} goes from {from_name} to {to_name}. {giver}; {taker}. NOWPayments cannot take it back: only a transfer \
                 from {to_name} brings it back.",
            de: "{sum} geht von {from_name} an {to_name}. {giver}; {taker}. NOWPayments kann das nicht zurücknehmen: Zurück \
                 kommt es nur durch eine Übertragung von {to_name}."
        ),
    }
}

fn bank_payout(preview: &MovePreview, sum: &str, giver: &str) -> String {
    let Some(MoveBank { provider, currency, account }) = &preview.bank else { return String::new() };
    let money = currency.to_uppercase();
    let comes = match &preview.estimate {
        Some(about) => words!(
            en: "It is worth about {about} now; what {provider} and NOWPayments keep of it, and how much arrives, they do not say \
                 beforehand.",
            de: "Das sind jetzt etwa {about}; was {provider} und NOWPayments davon behalten und wie viel ankommt, sagen sie vorher \
                 nicht.",
            about = coins(about, currency)
        ),
        None => words!(
            en: "How much {money} arrives, NOWPayments does not say beforehand.",
            de: "Wie viel {money} ankommt, sagt NOWPayments vorher nicht."
        ),
    };
    words!(
        en: "{sum} leaves the balance of the shop, and {provider} pays it out in {money} to the account {account}. {comes} {giver}. It \
             cannot be taken back.",
        de: "{sum} gehen vom Guthaben des Shops ab, und {provider} zahlt sie in {money} auf das Konto {account} aus. {comes} {giver}. \
             Das lässt sich nicht zurücknehmen."
    )
}

/// That NOWPayments has no account for a currency.
pub(super) fn no_account(currency: &str) -> String {
    words!(
        en: "NOWPayments knows no account for {currency} yet. Add one first. Nothing was done.",
        de: "NOWPayments kennt noch kein Konto für {currency}. Fügen Sie zuerst eines hinzu. Es wurde nichts getan."
    )
}

/// That the money is not there, and by how much.
pub(super) fn too_little(end: &MoveEnd, amount: &Amount) -> String {
    let who = match &end.user {
        None => said!(en: "The shop", de: "Der Shop").to_owned(),
        Some(_) => whose(end),
    };
    let (there, sum) = (coins(&end.before, &end.coin), coins(amount, &end.coin));
    let missing = coins(&(amount.clone() - end.before.clone()), &end.coin);
    words!(
        en: "{who} has {there}, and this takes {sum}: {missing} is missing. Nothing was moved.",
        de: "{who} hat {there}, und gebraucht werden {sum}: Es fehlen {missing}. Es wurde nichts bewegt."
    )
}

pub(super) fn lost() -> &'static str {
    said!(
        en: "The answer of NOWPayments was lost. It is not known whether this was done; Paydesk is looking for it.",
        de: "Die Antwort von NOWPayments ging verloren. Ob es geschehen ist, weiß man nicht; Paydesk sucht danach."
    )
}

pub(super) fn cut_off() -> &'static str {
    said!(
        en: "Paydesk ended while this was being sent. It is not known whether it was done; Paydesk is looking for it.",
        de: "Paydesk wurde beendet, während dies gesendet wurde. Ob es geschehen ist, weiß man nicht; Paydesk sucht danach."
    )
}

pub(super) fn not_seen() -> &'static str {
    said!(
        en: "NOWPayments does not show this so far. Paydesk goes on looking.",
        de: "NOWPayments zeigt dies bisher nicht. Paydesk sucht weiter."
    )
}

pub(super) fn not_made() -> &'static str {
    said!(
        en: "NOWPayments does not show this, so it was most likely not done. You may give it up, and do it again.",
        de: "NOWPayments zeigt dies nicht; es ist also höchstwahrscheinlich nicht geschehen. Sie können es aufgeben und neu beginnen."
    )
}

pub(super) fn unclear() -> &'static str {
    said!(
        en: "NOWPayments shows something that this could be, but not for certain: there is more than one, or it has no date. \
             Look at the newest ones in the list, and do not do it again before you know.",
        de: "NOWPayments zeigt etwas, das dies sein könnte, aber nicht mit Sicherheit: Es gibt mehrere, oder das Datum fehlt. \
             Sehen Sie sich die neuesten in der Liste an, und wiederholen Sie nichts, bevor Sie es wissen."
    )
}

pub(super) fn unreadable() -> &'static str {
    said!(
        en: "NOWPayments shows something that Paydesk cannot read, and this could be it. Look at the newest ones in the dashboard, and \
             do not do it again before you know.",
        de: "NOWPayments zeigt etwas, das Paydesk nicht lesen kann, und dies könnte es sein. Sehen Sie sich die neuesten im Dashboard \
             an, und wiederholen Sie nichts, bevor Sie es wissen."
    )
}

pub(super) fn turned_up() -> &'static str {
    said!(
        en: "This turned up after it had been given up: it was done after all. If you did it again, it was done twice.",
        de: "Dies ist aufgetaucht, nachdem es aufgegeben war: Es ist doch geschehen. Falls Sie es wiederholt haben, geschah es zweimal."
    )
}

pub(super) fn given_up() -> &'static str {
    said!(
        en: "Given up: NOWPayments did not show it.",
        de: "Aufgegeben: NOWPayments hat es nicht gezeigt."
    )
}
