//! The one call that makes a move, and what its answer means.

use nowpayments::{
    Amount, CustodyUserId, Outcome, Ticker,
    conversions::{Conversion, CreateConversion},
    custody::{
        CreateCustodyPayment, CreateCustodyUser, CreateDeposit, CreateTransfer, CreateWriteOff, CustodyUser,
        Transfer, UserName,
    },
    fiat_payouts::{CreateFiatAccount, CreateFiatPayout, FiatPayout},
};
use sqlx::SqliteConnection;
use tokio::sync::MutexGuard;

use super::{
    Move, MoveKind, MoveState, Moves,
    journal::{self, MoveRow},
    lists::{self, BackTo, Cached, List},
    words,
};
use crate::{
    custody::payments::UserPayment,
    failure::{Failure, FailureCode},
    fiat_payouts::{Account, NewAccount},
    language::{said, words},
    payments::Terms,
    second_factor::provider_now,
};

/// What is asked of NOWPayments, right in itself.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) kind: MoveKind,
    /// The user that gives; `None`: the shop.
    pub(crate) from: Option<CustodyUserId>,
    /// The user that gets; `None`: the shop.
    pub(crate) to: Option<CustodyUserId>,
    pub(crate) coin: Option<Ticker>,
    pub(crate) amount: Option<Amount>,
    pub(crate) to_coin: Option<Ticker>,
    pub(crate) estimate: Option<Amount>,
    pub(crate) name: Option<UserName>,
    /// Those of a payment.
    pub(crate) terms: Terms,
    /// The company that pays out.
    pub(crate) provider: Option<String>,
    /// A new account at a bank.
    pub(crate) account: Option<NewAccount>,
    /// What a payout to a bank is worth, and in which currency.
    pub(crate) worth: Option<(Amount, String)>,
    /// What it does.
    pub(crate) words: String,
}

impl Order {
    pub(super) fn giver(&self) -> Option<&str> {
        self.from.as_ref().map(CustodyUserId::as_str)
    }

    pub(super) fn taker(&self) -> Option<&str> {
        self.to.as_ref().map(CustodyUserId::as_str)
    }

    pub(super) fn coin(&self) -> Option<&str> {
        self.coin.as_deref()
    }

    pub(super) fn to_coin(&self) -> Option<&str> {
        self.to_coin.as_deref()
    }

    pub(super) fn amount(&self) -> Option<String> {
        self.amount.as_ref().map(Amount::to_string)
    }

    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_ref().map(UserName::as_str)
    }

    pub(super) fn method(&self) -> Option<&str> {
        self.account.as_ref().map(|account| account.method.as_str())
    }

    /// The user in whose list it will stand, where each has one.
    pub(super) fn owner(&self) -> Option<&str> {
        self.taker().filter(|_| self.kind == MoveKind::Payment)
    }
}

/// What a call has made.
enum Made {
    Transfer(Transfer),
    Conversion(Conversion),
    Payment(UserPayment),
    User(CustodyUser),
    FiatPayout(FiatPayout),
    FiatAccount(Account),
}

/// An order that its kind has not all for. It is never made.
fn incomplete() -> Failure {
    Failure::other(said!(
        en: "Paydesk failed inside. Nothing was sent.",
        de: "In Paydesk ist ein Fehler aufgetreten. Es wurde nichts gesendet."
    ))
}

impl Moves {
    /// Looks at the list once more, writes the call down, makes it once, and writes down what became of it.
    pub(super) async fn send(
        &self,
        id: &str,
        order: &Order,
        announcing: MutexGuard<'_, ()>,
    ) -> Result<Move, Failure> {
        self.ctx.may_change()?;
        let list = List::of(order.kind);
        // What is there already is not what this call makes. A list that nobody answers for leaves too much open.
        let before = self.read_list(list, order.owner(), BackTo::Time(self.earliest())).await;
        if order.kind != MoveKind::Payment {
            before?;
        }
        let _mark = self.desk.under_way.begin(id);
        let mut db = self.ctx.write().await?;
        journal::refuse_twin(&mut db, order).await?;
        if order.kind == MoveKind::FiatPayout {
            self.payouts.keep_limits(&mut db, order.worth.as_ref()).await?;
        }
        journal::announce_call(&mut db, id, order, provider_now(&self.ctx), self.ctx.now()).await?;
        db.commit().await?;
        drop(announcing);
        self.announce();

        let Some(answer) = self.call(order).await else { return Err(incomplete()) };
        match self.conclude(id, order, answer).await.map_err(Failure::after_sending)? {
            Some(refusal) => Err(refusal),
            None => self.get(id).await.map_err(Failure::after_sending),
        }
    }

    async fn call(&self, order: &Order) -> Option<Result<Made, nowpayments::Error>> {
        let client = &self.ctx.client;
        let user = |id: &Option<CustodyUserId>| id.clone();
        if order.kind == MoveKind::User {
            let call = CreateCustodyUser { name: order.name.clone()? };
            return Some(client.send(&call).await.map(Made::User));
        }
        if order.kind == MoveKind::FiatAccount {
            let NewAccount { method, country, values } = order.account.clone()?;
            let call = CreateFiatAccount {
                currency: order.to_coin.clone()?,
                payment_code: method,
                fields: values,
                provider: order.provider.clone()?,
                country_code: country,
            };
            return Some(client.send(&call).await.map(|account| Made::FiatAccount(account.into())));
        }
        let (currency, amount) = (order.coin.clone()?, order.amount.clone()?);
        Some(match order.kind {
            MoveKind::Deposit => {
                let call = CreateDeposit { currency, amount, user_id: user(&order.to)? };
                client.send(&call).await.map(Made::Transfer)
            }
            MoveKind::WriteOff => {
                let call = CreateWriteOff { currency, amount, user_id: user(&order.from)? };
                client.send(&call).await.map(Made::Transfer)
            }
            MoveKind::Transfer => {
                let call =
                    CreateTransfer { currency, amount, from_id: user(&order.from)?, to_id: user(&order.to)? };
                client.send(&call).await.map(Made::Transfer)
            }
            MoveKind::Conversion => {
                let call =
                    CreateConversion { amount, from_currency: currency, to_currency: order.to_coin.clone()? };
                client.send(&call).await.map(Made::Conversion)
            }
            MoveKind::Payment => {
                let terms = order.terms;
                let call = CreateCustodyPayment {
                    is_fixed_rate: Some(terms.fixed_rate || terms.fee_paid_by_customer),
                    is_fee_paid_by_user: Some(terms.fee_paid_by_customer),
                    ..CreateCustodyPayment::new(currency, amount, user(&order.to)?)
                };
                client.send(&call).await.map(|payment| Made::Payment(payment.into()))
            }
            MoveKind::FiatPayout => {
                let call = CreateFiatPayout {
                    fiat_currency: order.to_coin.clone()?,
                    crypto_currency: currency,
                    amount,
                    provider: order.provider.clone()?,
                };
                client.send(&call).await.map(Made::FiatPayout)
            }
            MoveKind::User | MoveKind::FiatAccount => return None,
        })
    }

    /// Writes down what became of the call. Gives why nothing was done, if that is certain.
    async fn conclude(
        &self,
        id: &str,
        order: &Order,
        answer: Result<Made, nowpayments::Error>,
    ) -> Result<Option<Failure>, Failure> {
        let ended_at = provider_now(&self.ctx);
        let row = MoveRow::load(&self.ctx.db, id).await?;
        let now = self.ctx.now();
        let error = match answer {
            Ok(made) => {
                let mut db = self.ctx.write().await?;
                let asked = order.amount.clone().unwrap_or_default();
                match &made {
                    Made::Transfer(transfer) => {
                        let other = match order.kind {
                            MoveKind::Deposit => Some(&transfer.from_id),
                            MoveKind::WriteOff => Some(&transfer.to_id),
                            _ => None,
                        };
                        if let Some(shop) = other {
                            journal::keep_shop(&mut db, shop.as_str()).await?;
                        }
                        take_made(&mut db, &row, order, transfer, &transfer.amount, now).await?;
                    }
                    Made::Conversion(conversion) => {
                        take_made(&mut db, &row, order, conversion, &conversion.from_amount, now).await?;
                    }
                    Made::Payment(payment) => {
                        take_made(&mut db, &row, order, payment, &payment.amount, now).await?;
                    }
                    Made::User(user) => {
                        take_made(&mut db, &row, order, user, &Amount::zero(), now).await?;
                    }
                    Made::FiatPayout(payout) => {
                        let amount = payout.crypto_amount.as_ref().unwrap_or(&asked);
                        take_made(&mut db, &row, order, payout, amount, now).await?;
                    }
                    Made::FiatAccount(account) => {
                        take_made(&mut db, &row, order, account, &asked, now).await?;
                    }
                }
                db.commit().await?;
                self.announce();
                return Ok(None);
            }
            Err(error) => error,
        };
        if error.outcome() == Outcome::NotDone {
            let failure = refusal(&error, order);
            let mut db = self.ctx.write().await?;
            journal::settle(&mut db, &row, MoveState::Refused, Some(&failure.message), now).await?;
            db.commit().await?;
            self.announce();
            return Ok(Some(failure));
        }
        tracing::warn!(moved = id, %error, "a move has an unknown end");
        let mut db = self.ctx.write().await?;
        journal::settle(&mut db, &row, MoveState::Unknown, Some(words::lost()), now).await?;
        journal::note_end_of_call(&mut db, id, ended_at).await?;
        db.commit().await?;
        // Whether this look succeeds or not, others follow.
        if let Err(failure) = self.look(id).await {
            tracing::info!(%failure, "the first look failed");
        }
        self.announce();
        Ok(None)
    }
}

/// Takes what the answer says was made into its cache and the journal.
async fn take_made<T: Cached>(
    db: &mut SqliteConnection,
    row: &MoveRow,
    order: &Order,
    made: &T,
    amount: &Amount,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Failure> {
    lists::absorb(db, made, order.owner(), now).await?;
    let other = order.amount.as_ref().filter(|asked| *asked != amount).map(|asked| {
        words!(
            en: "NOWPayments made this with {amount} in place of {asked}.",
            de: "NOWPayments hat dies mit {amount} statt {asked} angelegt."
        )
    });
    journal::settle_made(db, row, made.id(), true, other.as_deref(), now).await
}

/// What a refusal means at the fields of the form.
fn refusal(error: &nowpayments::Error, order: &Order) -> Failure {
    let failure = Failure::from_api(error);
    let Some(refused) = error.refused() else { return failure };
    let coin = order.coin().unwrap_or_default().to_uppercase();
    if let MoveKind::FiatPayout | MoveKind::FiatAccount = order.kind {
        return refusal_of_fiat(refused, order, &coin, failure);
    }
    if refused.is_duplicate_user() {
        Failure::invalid(
            "name",
            words!(
                en: "There is a user called “{name}” already. Nothing was made.",
                de: "Es gibt schon einen Benutzer namens „{name}“. Es wurde nichts angelegt.",
                name = order.name().unwrap_or_default()
            ),
        )
    } else if refused.is_balance_missing() {
        Failure::invalid(
            "amount",
            words!(en: "There is no {coin} to move. Nothing was done.", de: "Es gibt kein Guthaben in {coin}. Es wurde nichts getan."),
        )
    } else if refused.is_below_minimum() {
        Failure::invalid(
            "amount",
            words!(
                en: "The amount is smaller than NOWPayments takes.{least} Nothing was done.",
                de: "Der Betrag ist kleiner, als NOWPayments annimmt.{least} Es wurde nichts getan.",
                least = words::smallest(refused, &coin)
            ),
        )
    } else if refused.is_currency_unavailable() {
        let field = if order.kind == MoveKind::Conversion { "to_coin" } else { "coin" };
        Failure::invalid(
            field,
            words!(
                en: "NOWPayments cannot do this with {coin} at the moment. Nothing was done.",
                de: "NOWPayments kann das mit {coin} zurzeit nicht. Es wurde nichts getan."
            ),
        )
    } else if refused.is_not_found() && order.kind != MoveKind::Conversion {
        Failure::new(
            FailureCode::NotFound,
            words!(
                en: "NOWPayments does not know this user. Nothing was done.",
                de: "NOWPayments kennt diesen Benutzer nicht. Es wurde nichts getan."
            ),
        )
    } else {
        failure
    }
}

/// What a refusal of a fiat payout, or of an account for it, means at the fields of the form. None is documented: these are
/// guesses from the words.
fn refusal_of_fiat(refused: &nowpayments::Refused, order: &Order, coin: &str, failure: Failure) -> Failure {
    let currency = order.to_coin().unwrap_or_default().to_uppercase();
    if refused.is_insufficient_balance() {
        return Failure::invalid(
            "amount",
            words!(
                en: "There is not enough {coin}. Nothing was done.",
                de: "Es ist nicht genug {coin} da. Es wurde nichts getan."
            ),
        );
    }
    if refused.is_duplicate_account() {
        return Failure::invalid(
            "currency",
            words!(
                en: "NOWPayments has an account for {currency} already, and takes no other and no change. Nothing was done.",
                de: "NOWPayments hat schon ein Konto für {currency} und nimmt weder ein anderes noch eine Änderung an. Es wurde \
                     nichts getan."
            ),
        );
    }
    if order.kind == MoveKind::FiatPayout && refused.is_not_found() {
        return Failure::invalid("currency", words::no_account(&currency));
    }
    if refused.is_currency_unavailable() {
        let (field, what) =
            if refused.names(coin) { ("coin", coin) } else { ("currency", currency.as_str()) };
        return Failure::invalid(
            field,
            words!(
                en: "NOWPayments cannot do this with {what} at the moment. Nothing was done.",
                de: "NOWPayments kann das mit {what} zurzeit nicht. Es wurde nichts getan."
            ),
        );
    }
    let own = order
        .account
        .iter()
        .flat_map(|account| account.values.keys())
        .map(|name| (name.as_str(), name.as_str()));
    let known = [
        ("paymentCode", "method"),
        ("countryCode", "country"),
        ("provider", "provider"),
        ("amount", "amount"),
    ];
    match own.chain(known).find(|(theirs, _)| refused.names(theirs)) {
        Some((_, field)) => Failure { field: Some(field.to_owned()), ..failure },
        None => failure,
    }
}
