//! What the owner wants to be told, and when.

use std::{fmt, str::FromStr};

use chrono::{NaiveTime, Timelike};
use nowpayments::{Amount, payments::PaymentStatus};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::failure::Failure;
use crate::language::{said, words};

/// The most amounts that can be set, one for each currency.
const MOST_AMOUNTS: usize = 20;
/// The most single notifications within a minute that can be asked for.
const MOST_SINGLES: u32 = 20;

/// What the owner is told of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum PaymentNews {
    /// The shop has got its money.
    Finished,
    /// Less than the price was paid.
    PartiallyPaid,
    /// Something went wrong.
    Failed,
    /// Nothing was paid in time.
    Expired,
    /// The customer has got the money back.
    Refunded,
    /// A customer has begun to pay.
    New,
}

impl PaymentNews {
    /// The news that a status is; `None` for a step on the way.
    pub(super) fn of(status: &str) -> Option<Self> {
        Some(match PaymentStatus::from(status) {
            PaymentStatus::Finished => Self::Finished,
            PaymentStatus::PartiallyPaid => Self::PartiallyPaid,
            PaymentStatus::Failed => Self::Failed,
            PaymentStatus::Expired => Self::Expired,
            PaymentStatus::Refunded => Self::Refunded,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::PartiallyPaid => "partially_paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
            Self::New => "new",
        }
    }

    pub(super) const ALL: [Self; 6] =
        [Self::Finished, Self::PartiallyPaid, Self::Failed, Self::Expired, Self::Refunded, Self::New];
}

/// What the owner is told of subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionNews {
    /// A period was paid.
    Paid,
    /// Less than the price was paid.
    Underpaid,
    /// Nothing was paid in time.
    Expired,
}

impl SubscriptionNews {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Paid, Self::Underpaid, Self::Expired];

    /// As it stands in keys and in the database, beside that of payments.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Paid => "subscription_paid",
            Self::Underpaid => "subscription_underpaid",
            Self::Expired => "subscription_expired",
        }
    }
}

/// The owner's rules for notifications. They decide about what happens from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NotificationRules {
    /// Which news of payments are told.
    pub news: Vec<PaymentNews>,
    /// Which news of subscriptions are told.
    pub subscriptions: Vec<SubscriptionNews>,
    /// From which price on. A price in a currency that is not here is always told.
    pub at_least: Vec<AtLeast>,
    /// When nothing is told.
    pub quiet: Option<QuietHours>,
    /// Whether payouts are told in quiet hours all the same.
    pub payouts_when_quiet: bool,
    /// Whether the ends of moves inside the account are told that were made here: transfers, conversions and the like. They
    /// are told when payouts are.
    pub moves: bool,
    /// How many payments are told one by one within a minute; more are told as one.
    pub singles: u32,
}

/// Payments that came in, came short and failed, and subscriptions, whatever their price, at any hour.
impl Default for NotificationRules {
    fn default() -> Self {
        Self {
            news: vec![PaymentNews::Finished, PaymentNews::PartiallyPaid, PaymentNews::Failed],
            subscriptions: SubscriptionNews::ALL.to_vec(),
            at_least: Vec::new(),
            quiet: None,
            payouts_when_quiet: true,
            moves: true,
            singles: 3,
        }
    }
}

/// The smallest price in a currency that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AtLeast {
    /// The currency of the price, in any case.
    pub currency: String,
    /// The price.
    #[specta(type = String)]
    pub amount: Amount,
}

/// A part of the day, by the clock where the owner is. It may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct QuietHours {
    /// The first quiet minute.
    #[specta(type = String)]
    pub from: TimeOfDay,
    /// The first minute that is not quiet any more.
    #[specta(type = String)]
    pub to: TimeOfDay,
}

/// A minute of the day, `07:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        NaiveTime::parse_from_str(text, "%H:%M").map(Self).map_err(|error| {
            words!(
                en: "{text:?} is no time: {error}",
                de: "{text:?} ist keine Uhrzeit: {error}",
            )
        })
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl QuietHours {
    /// Whether it is quiet when the owner's clock shows `time`.
    pub(super) fn hold_at(self, time: NaiveTime) -> bool {
        let (TimeOfDay(from), TimeOfDay(to)) = (self.from, self.to);
        match from <= to {
            true => from <= time && time < to,
            false => from <= time || time < to,
        }
    }
}

impl NotificationRules {
    /// Reads rules as they are kept. Those of an earlier Paydesk say nothing of moves.
    pub(super) fn read(json: &str) -> Result<Self, serde_json::Error> {
        let mut rules: serde_json::Value = serde_json::from_str(json)?;
        if let Some(rules) = rules.as_object_mut() {
            rules.entry("moves").or_insert(true.into());
        }
        serde_json::from_value(rules)
    }

    /// Whether news of a payment with this price are told.
    pub(super) fn want(&self, news: PaymentNews, amount: &Amount, currency: &str) -> bool {
        self.news.contains(&news) && self.is_enough(amount, currency)
    }

    /// Whether news of a subscription with this price are told.
    pub(super) fn want_of_subscription(
        &self,
        news: SubscriptionNews,
        amount: &Amount,
        currency: &str,
    ) -> bool {
        self.subscriptions.contains(&news) && self.is_enough(amount, currency)
    }

    fn is_enough(&self, amount: &Amount, currency: &str) -> bool {
        let enough =
            |least: &AtLeast| !least.currency.eq_ignore_ascii_case(currency) || *amount >= least.amount;
        self.at_least.iter().all(enough)
    }

    /// The same rules, written in one way.
    ///
    /// # Errors
    /// When something in them is not right; the failure names the field.
    pub(super) fn checked(mut self) -> Result<Self, Failure> {
        self.news = PaymentNews::ALL.into_iter().filter(|news| self.news.contains(news)).collect();
        self.subscriptions =
            SubscriptionNews::ALL.into_iter().filter(|news| self.subscriptions.contains(news)).collect();
        for AtLeast { currency, amount } in &mut self.at_least {
            *currency = currency.trim().to_ascii_lowercase();
            let known =
                (2..=16).contains(&currency.len()) && currency.bytes().all(|b| b.is_ascii_alphanumeric());
            if !known {
                return Err(Failure::invalid(
                    "currency",
                    said!(
                        en: "Name the currency by its code, such as EUR.",
                        de: "Nennen Sie die Währung bei ihrem Kürzel, etwa EUR.",
                    ),
                ));
            }
            if !amount.is_positive() {
                return Err(Failure::invalid(
                    "amount",
                    said!(
                        en: "The amount must be more than nothing.",
                        de: "Der Betrag muss größer als null sein.",
                    ),
                ));
            }
        }
        self.at_least.sort_by(|a, b| a.currency.cmp(&b.currency));
        if let Some([twice, _]) = self.at_least.array_windows().find(|[a, b]| a.currency == b.currency) {
            let currency = twice.currency.to_ascii_uppercase();
            return Err(Failure::invalid(
                "currency",
                words!(
                    en: "There is an amount in {currency} already.",
                    de: "Für {currency} gibt es schon einen Betrag.",
                ),
            ));
        }
        if self.at_least.len() > MOST_AMOUNTS {
            return Err(Failure::invalid(
                "currency",
                words!(
                    en: "No more than {MOST_AMOUNTS} amounts can be set.",
                    de: "Es lassen sich höchstens {MOST_AMOUNTS} Beträge festlegen.",
                ),
            ));
        }
        if self.quiet.is_some_and(|quiet| quiet.from == quiet.to) {
            let message = said!(
                en: "Quiet hours that end when they begin never end. Choose two different times.",
                de: "Eine Ruhezeit, die endet, wenn sie beginnt, endet nie. Wählen Sie zwei verschiedene Uhrzeiten.",
            );
            return Err(Failure::invalid("quiet", message));
        }
        if !(1..=MOST_SINGLES).contains(&self.singles) {
            let message = words!(
                en: "Choose a number from 1 to {MOST_SINGLES}.",
                de: "Wählen Sie eine Zahl von 1 bis {MOST_SINGLES}.",
            );
            return Err(Failure::invalid("singles", message));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    #[test]
    fn quiet_hours_begin_and_end_on_the_minute_over_midnight_too() {
        let held = |quiet: QuietHours, time: &str| quiet.hold_at(time.parse().unwrap());
        let night = quiet("22:00", "07:30");
        for time in ["22:00:00", "23:59:59", "00:00:00", "07:29:59"] {
            assert!(held(night, time), "{time}");
        }
        for time in ["07:30:00", "12:00:00", "21:59:59"] {
            assert!(!held(night, time), "{time}");
        }
        let noon = quiet("12:00", "13:00");
        let hours = ["11:59:59", "12:00:00", "12:59:59", "13:00:00"].map(|time| held(noon, time));
        assert_eq!(hours, [false, true, true, false]);
    }

    #[test]
    fn a_price_is_compared_with_the_amount_in_its_own_currency_and_others_are_told() {
        let at_least = [("EUR", "50"), ("usd", "20.00")].map(|(currency, amount)| AtLeast {
            currency: currency.to_owned(),
            amount: amount.parse().unwrap(),
        });
        let rules = NotificationRules { at_least: at_least.to_vec(), ..NotificationRules::default() };
        let told = |news, amount: &str, currency| rules.want(news, &amount.parse().unwrap(), currency);
        assert!(told(PaymentNews::Finished, "50.000", "eur"));
        assert!(!told(PaymentNews::Finished, "49.999999999999999999", "eur"));
        assert!(told(PaymentNews::Failed, "20", "usd") && !told(PaymentNews::Failed, "19.99", "usd"));
        assert!(told(PaymentNews::Finished, "0.01", "gbp"), "no amount was set for pounds");
        assert!(!told(PaymentNews::Expired, "50", "eur"), "not one of the news that are told");
    }

    #[test]
    fn rules_are_written_in_one_way_or_refused_at_the_field_that_is_meant() {
        let least = |currency: &str, amount: &str| AtLeast {
            currency: currency.to_owned(),
            amount: amount.parse().unwrap(),
        };
        let checked = NotificationRules {
            news: vec![PaymentNews::New, PaymentNews::Finished, PaymentNews::New],
            at_least: vec![least(" USD ", "5"), least("Eur", "7")],
            ..NotificationRules::default()
        }
        .checked()
        .unwrap();
        assert_eq!(checked.news, [PaymentNews::Finished, PaymentNews::New]);
        assert_eq!(checked.at_least, [least("eur", "7"), least("usd", "5")]);

        let refused = |rules: NotificationRules| rules.checked().unwrap_err().field.unwrap();
        let with = |at_least| NotificationRules { at_least, ..NotificationRules::default() };
        assert_eq!(refused(with(vec![least("€", "5")])), "currency");
        assert_eq!(refused(with(vec![least("eur", "5"), least("EUR", "6")])), "currency");
        assert_eq!(refused(with(vec![least("eur", "0")])), "amount");
        let always = Some(quiet("07:00", "07:00"));
        assert_eq!(refused(NotificationRules { quiet: always, ..NotificationRules::default() }), "quiet");
        assert_eq!(refused(NotificationRules { singles: 0, ..NotificationRules::default() }), "singles");
    }

    #[test]
    fn rules_of_an_earlier_paydesk_are_kept_and_want_moves() {
        let at_least =
            AtLeast { currency: "eur".to_owned(), amount: "7.123456789012345678".parse().unwrap() };
        let rules =
            NotificationRules { at_least: vec![at_least], moves: false, ..NotificationRules::default() };
        let kept = serde_json::to_string(&rules).unwrap();
        assert_eq!(NotificationRules::read(&kept).unwrap(), rules);
        let earlier = kept.replace(r#","moves":false"#, "");
        assert_ne!(earlier, kept);
        assert_eq!(NotificationRules::read(&earlier).unwrap(), NotificationRules { moves: true, ..rules });
    }

    #[test]
    fn a_time_of_day_is_text_to_the_minute() {
        let json = serde_json::to_string(&quiet("22:05", "07:00")).unwrap();
        assert_eq!(json, r#"{"from":"22:05","to":"07:00"}"#);
        assert_eq!(serde_json::from_str::<QuietHours>(&json).unwrap(), quiet("22:05", "07:00"));
        assert!(serde_json::from_str::<TimeOfDay>(r#""25:00""#).is_err());
    }
}
