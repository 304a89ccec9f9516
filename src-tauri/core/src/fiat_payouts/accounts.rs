//! The accounts that fiat payouts go to. Of their numbers no more than the end is kept and shown.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use nowpayments::{
    Access, Endpoint, Method, Order, Page, Paged,
    fiat_payouts::{FiatAccount as Answered, ListFiatAccounts},
};
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{
    catalogue::{self, read_currency},
    kinds,
};
use crate::{
    failure::Failure,
    hashing::FieldHash,
    language::{said, words},
    moves::{
        MoveKind, MoveOrder,
        lists::{Absorbed, Cached, End, List},
    },
    payments::Terms,
    second_factor::local,
    shops::ShopContext,
    store,
};

/// So many characters of a number are shown, if it has many more.
const SHOWN: usize = 4;
/// No value of an account is longer.
const LONGEST_VALUE: usize = 200;

/// An account, as it was typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct NewFiatAccount {
    /// The company, by its code.
    pub provider: String,
    /// The currency.
    pub currency: String,
    /// The kind of account, by its code.
    pub method: String,
    /// The country of the account, two letters.
    pub country: String,
    /// What the kind of account wants to be known.
    pub values: Vec<FiatAccountValue>,
}

/// One value of an account.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatAccountValue {
    /// Of which field.
    pub name: String,
    /// It.
    pub value: String,
}

/// An account that fiat payouts go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct FiatAccount {
    /// Ours.
    pub id: String,
    /// The company, by its code.
    pub provider: String,
    /// The currency, lower case.
    pub currency: String,
    /// The kind of account, in words.
    pub method: Option<String>,
    /// What the company calls it.
    pub name: Option<String>,
    /// The end of its number: `…4455`.
    pub account: Option<String>,
    /// Whether the company uses it, in its own words.
    pub status: Option<String>,
    /// When it was made known, by the clock of this computer.
    pub created_at: Option<DateTime<Utc>>,
}

/// What is told to NOWPayments of a new account. Its values are in no log.
#[derive(Clone)]
pub(crate) struct NewAccount {
    pub(crate) method: String,
    pub(crate) country: String,
    pub(crate) values: BTreeMap<String, String>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewFiatAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewFiatAccount").field("method", &self.method).finish_non_exhaustive()
    }
}

impl fmt::Debug for FiatAccountValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FiatAccountValue").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The end of the number of an account; of a short one nothing.
pub(super) fn masked(number: &str) -> String {
    let letters: Vec<char> = number.trim().chars().collect();
    let shown = if letters.len() >= 2 * SHOWN { SHOWN } else { 0 };
    std::iter::once('…').chain(letters.into_iter().rev().take(shown).rev()).collect()
}

/// Reads what was typed, held against what the kind of account wants.
pub(super) async fn read(ctx: &ShopContext, new: &NewFiatAccount) -> Result<MoveOrder, Failure> {
    let currency = read_currency(&new.currency)?;
    let catalogue = catalogue::read(ctx).await?;
    let provider = catalogue.provider(&new.provider)?;
    catalogue.check_currency(&new.provider, &currency)?;
    let methods = catalogue::methods(ctx, &new.provider, &currency).await?;
    let method = methods.into_iter().find(|method| method.code == new.method).ok_or_else(|| {
        Failure::invalid("method", said!(en: "Choose a kind of account.", de: "Wählen Sie eine Kontoart."))
    })?;
    let country = new.country.trim().to_uppercase();
    if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_uppercase()) {
        return Err(Failure::invalid(
            "country",
            said!(
                en: "Write the country as two letters: DE for Germany.",
                de: "Schreiben Sie das Land mit zwei Buchstaben: DE für Deutschland."
            ),
        ));
    }
    let mut values = BTreeMap::new();
    for field in &method.fields {
        let typed = new.values.iter().find(|value| value.name == field.name);
        let value = typed.map(|typed| typed.value.trim()).unwrap_or_default();
        if let Some(complaint) = field.complaint(value) {
            return Err(Failure::invalid(&field.name, complaint));
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(Failure::invalid(
                &field.name,
                words!(
                    en: "This is longer than {LONGEST_VALUE} characters.",
                    de: "Dies ist länger als {LONGEST_VALUE} Zeichen."
                ),
            ));
        }
        if !value.is_empty() {
            values.insert(field.name.clone(), value.to_owned());
        }
    }
    let numbers: Vec<_> = values.iter().map(|(name, value)| format!("{name} {}", masked(value))).collect();
    let words = words!(
        en: "The account {numbers} ({kind}, {money}) is made known to {provider}. No money is moved.",
        de: "Das Konto {numbers} ({kind}, {money}) wird {provider} bekannt gemacht. Es wird kein Geld bewegt.",
        numbers = numbers.join(", "),
        kind = method.name,
        money = currency.to_uppercase()
    );
    Ok(MoveOrder {
        kind: MoveKind::FiatAccount,
        from: None,
        to: None,
        coin: None,
        amount: None,
        to_coin: Some(currency),
        estimate: None,
        name: None,
        terms: Terms::default(),
        provider: Some(new.provider.clone()),
        account: Some(NewAccount { method: method.code, country, values }),
        worth: None,
        words,
    })
}

#[derive(sqlx::FromRow)]
struct Stored {
    id: String,
    provider: String,
    currency: String,
    method: Option<String>,
    name: Option<String>,
    account: Option<String>,
    status: Option<String>,
    created_at: DateTime<Utc>,
    dated: bool,
}

pub(super) async fn all(ctx: &ShopContext) -> Result<Vec<FiatAccount>, Failure> {
    let rows: Vec<Stored> =
        sqlx::query_as("SELECT * FROM fiat_accounts ORDER BY created_at DESC, id").fetch_all(&ctx.db).await?;
    let account = |row: Stored| FiatAccount {
        id: row.id,
        provider: row.provider,
        currency: row.currency,
        method: row.method.as_deref().map(kinds::name),
        name: row.name,
        account: row.account,
        status: row.status,
        created_at: row.dated.then(|| local(ctx, row.created_at)),
    };
    Ok(rows.into_iter().map(account).collect())
}

/// An account, as far as an answer tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Answered")]
pub(crate) struct Account {
    id: String,
    provider: String,
    currency: String,
    method: Option<String>,
    name: Option<String>,
    account: Option<String>,
    status: Option<String>,
    created_at: Option<DateTime<Utc>>,
}

impl From<Answered> for Account {
    fn from(answer: Answered) -> Self {
        let info = answer.provider_account_info;
        let (method, number, name, status) = match info {
            Some(info) => (info.payment_code, info.account_number, info.display_name, info.status),
            None => (None, None, None, None),
        };
        // A list has no ids: what it does tell is the same in all answers.
        let mut id = FieldHash::new("paydesk bank account 1");
        id.text(Some(&answer.provider));
        id.text(Some(&answer.currency));
        id.text(method.as_deref());
        id.text(number.as_deref());
        Self {
            id: id.finish(),
            provider: answer.provider,
            currency: answer.currency.to_string(),
            method,
            name,
            account: number.as_deref().map(masked),
            status,
            created_at: answer.created_at,
        }
    }
}

impl Account {
    /// Where the money of one company and currency goes, in words, and the kinds of those accounts; none are known: `None`.
    pub(crate) async fn words_of(
        db: impl SqliteExecutor<'_>,
        provider: &str,
        currency: &str,
    ) -> Result<Option<String>, Failure> {
        let rows: Vec<(Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT method, account FROM fiat_accounts WHERE provider = ? AND currency = ? \
             ORDER BY created_at DESC, id",
        )
        .bind(provider)
        .bind(currency)
        .fetch_all(db)
        .await?;
        let accounts = rows.into_iter().map(|(method, account)| {
            let kind = method.as_deref().map(kinds::name).unwrap_or_default();
            format!("{kind} {}", account.unwrap_or_default()).trim().to_owned()
        });
        let or = said!(en: " or ", de: " oder ");
        Ok(Some(accounts.collect::<Vec<_>>().join(or)).filter(|words| !words.is_empty()))
    }
}

/// `GET /fiat-payouts/accounts`, newest first.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Accounts(ListFiatAccounts);

impl Default for Accounts {
    fn default() -> Self {
        Self(ListFiatAccounts {
            sort_by: Some("createdAt".to_owned()),
            order_by: Some(Order::Desc),
            ..ListFiatAccounts::default()
        })
    }
}

impl Endpoint for Accounts {
    const METHOD: Method = ListFiatAccounts::METHOD;
    const ACCESS: Access = ListFiatAccounts::ACCESS;
    type Response = Page<Account>;

    fn path(&self) -> Cow<'static, str> {
        self.0.path()
    }
}

impl Paged for Accounts {
    fn after(self, items: usize) -> Self {
        Self(self.0.after(items))
    }
}

impl Cached for Account {
    const LIST: List = List::FiatAccounts;

    fn id(&self) -> &str {
        &self.id
    }

    fn created_at(&self) -> Option<DateTime<Utc>> {
        self.created_at
    }

    fn end(&self) -> Option<End> {
        None
    }

    async fn absorb(
        &self,
        db: &mut SqliteConnection,
        _: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Absorbed, Failure> {
        let kept: Option<(Option<String>, Option<String>)> =
            sqlx::query_as("SELECT name, status FROM fiat_accounts WHERE id = ?")
                .bind(&self.id)
                .fetch_optional(&mut *db)
                .await?;
        if let Some((name, status)) = kept {
            // A list tells less than the answer to the making: what it leaves out stays.
            let is_new = |new: &Option<String>, old: &Option<String>| new.is_some() && new != old;
            if !is_new(&self.name, &name) && !is_new(&self.status, &status) {
                return Ok(Absorbed::Same);
            }
            sqlx::query(
                "UPDATE fiat_accounts SET name = coalesce(?, name), status = coalesce(?, status) WHERE id = ?",
            )
            .bind(&self.name)
            .bind(&self.status)
            .bind(&self.id)
            .execute(db)
            .await?;
            return Ok(Absorbed::Changed);
        }
        sqlx::query(
            "INSERT INTO fiat_accounts (id, provider, currency, method, name, account, status, created_at, dated) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&self.id)
        .bind(&self.provider)
        .bind(&self.currency)
        .bind(&self.method)
        .bind(&self.name)
        .bind(&self.account)
        .bind(&self.status)
        .bind(store::time(self.created_at.unwrap_or(now)))
        .bind(self.created_at.is_some())
        .execute(db)
        .await?;
        Ok(Absorbed::New)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_number_is_shown() {
        assert_eq!(masked("DE89370400440532013000"), "…3000");
        assert_eq!(masked("1234567"), "…");
        assert_eq!(masked(""), "…");
    }

    #[test]
    fn what_was_typed_is_not_in_what_a_log_would_show() {
        let value = FiatAccountValue { name: "iban".to_owned(), value: "DE8937040044".to_owned() };
        let new = NewFiatAccount { values: vec![value.clone()], ..NewFiatAccount::default() };
        let values = BTreeMap::from([(value.name.clone(), value.value.clone())]);
        let account = NewAccount { method: String::new(), country: String::new(), values };
        assert!(!format!("{value:?} {new:?} {account:?}").contains("DE89"));
    }
}
