//! What a move would do: read from what was typed, with the balances of now; and whether it is still so when it is confirmed.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use nowpayments::{
    Amount, AmountError, CustodyUserId, Ticker,
    balance::{Balance, GetBalance},
    custody::GetCustodyBalance,
    estimates::GetEstimate,
};

use super::{
    Move, MoveBank, MoveEnd, MoveKind, MovePreview, Moves, NewMove,
    call::Order,
    journal::MoveRow,
    lists::{BackTo, List},
    not_shown, words,
};
use crate::{
    coins::Catalogue,
    custody::users,
    failure::{Failure, FailureCode},
    fiat_payouts::{Account, read_catalogue, read_currency},
    hashing::FieldHash,
    language::{said, words},
    payments::Terms,
    payouts::BothPins,
};

/// So long what was shown can be confirmed.
const SHOWN_FOR: TimeDelta = TimeDelta::minutes(10);
/// So many are kept.
const MOST_SHOWN: usize = 64;
/// By so many percent less may come of a conversion when it is confirmed than was shown.
const MAY_FALL_BY: u64 = 1;
/// What an amount has at the most where the decimals of its coin are not known.
const COIN_DECIMALS: u32 = 8;

/// What was shown, and what it would have NOWPayments do.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    preview: MovePreview,
    order: Order,
}

/// What was typed, right in itself.
struct Wanted {
    kind: MoveKind,
    from: Option<CustodyUserId>,
    to: Option<CustodyUserId>,
    coin: Ticker,
    to_coin: Option<Ticker>,
    amount: Amount,
    provider: Option<String>,
}

impl Moves {
    pub(super) async fn show(&self, new: &NewMove) -> Result<MovePreview, Failure> {
        let wanted = Wanted::read(new, &*self.ctx.coins().await?)?;
        let shown = self.work_out(&wanted, self.ctx.surroundings.uuid().to_string()).await?;
        let preview = shown.preview.clone();
        let now = self.ctx.now();
        let mut all = self.desk.shown();
        all.retain(|_, shown| shown.preview.until > now);
        if all.len() >= MOST_SHOWN {
            all.clear();
        }
        all.insert(preview.id.clone(), shown);
        Ok(preview)
    }

    /// Makes what was shown, unless it was made already, or is not so any more.
    pub(super) async fn make_shown(
        &self,
        id: &str,
        hash: &str,
        pins: Option<BothPins>,
    ) -> Result<Move, Failure> {
        let announcing = self.desk.announcing.lock().await;
        if let Some(row) = MoveRow::find(&self.ctx.db, id).await? {
            return row.into_move();
        }
        let shown = self.desk.shown().get(id).cloned();
        let shown = shown.filter(|shown| shown.preview.hash == hash && shown.preview.until > self.ctx.now());
        let Shown { preview, mut order } = shown.ok_or_else(not_shown)?;
        if order.kind == MoveKind::FiatPayout {
            self.payouts.agreed_by_both(pins).await?;
        }
        let now = self.work_out(&Wanted::of(&order)?, id.to_owned()).await?;
        is_still_so(&preview, &now.preview)?;
        // The limits count what it is worth now.
        order.worth = now.order.worth;
        let made = self.send(id, &order, announcing).await;
        // What came before the call, such as a list that could not be read, is no reason not to press again.
        if MoveRow::find(&self.ctx.db, id).await.is_ok_and(|row| row.is_some()) {
            self.desk.shown().remove(id);
        }
        made
    }

    async fn work_out(&self, wanted: &Wanted, id: String) -> Result<Shown, Failure> {
        let Wanted { kind, coin, amount, .. } = wanted;
        let mut from = self.end(wanted.from.as_ref(), coin).await?;
        if from.before < *amount {
            return Err(Failure::invalid("amount", words::too_little(&from, amount)));
        }
        from.after = from.before.clone() - amount.clone();
        let to_coin = wanted.to_coin.as_ref().unwrap_or(coin);
        let (to, bank, estimate) = match kind {
            MoveKind::Conversion => {
                let estimate = self.estimate(amount, coin, to_coin).await?;
                let mut to = self.end(None, to_coin).await?;
                to.after = to.before.clone() + estimate.clone();
                (Some(to), None, Some(estimate))
            }
            MoveKind::FiatPayout => {
                let bank = self.bank(wanted.provider.as_deref().unwrap_or_default(), coin, to_coin).await?;
                (None, Some(bank), self.estimate_in_fiat(amount, coin, to_coin).await?)
            }
            _ => {
                let mut to = self.end(wanted.to.as_ref(), coin).await?;
                to.after = to.before.clone() + amount.clone();
                (Some(to), None, None)
            }
        };
        let mut preview = MovePreview {
            id,
            hash: String::new(),
            kind: *kind,
            amount: amount.clone(),
            coin: coin.to_string(),
            from,
            to,
            bank,
            estimate: estimate.clone(),
            words: String::new(),
            two_persons: *kind == MoveKind::FiatPayout && self.payouts.takes_both().await?,
            until: self.ctx.now() + SHOWN_FOR,
        };
        let worth = match *kind {
            MoveKind::FiatPayout => self.worth(&preview).await?,
            _ => None,
        };
        preview.words = words::of(&preview);
        preview.hash = hash(&preview);
        let order = Order {
            kind: *kind,
            from: wanted.from.clone(),
            to: wanted.to.clone(),
            coin: Some(coin.clone()),
            amount: Some(amount.clone()),
            to_coin: wanted.to_coin.clone(),
            estimate,
            name: None,
            terms: Terms::default(),
            provider: wanted.provider.clone(),
            account: None,
            worth,
            words: preview.words.clone(),
        };
        Ok(Shown { preview, order })
    }

    /// What a fiat payout is worth in the currency of the limits, which must allow it.
    async fn worth(&self, preview: &MovePreview) -> Result<Option<(Amount, String)>, Failure> {
        let (currency, is_limited) = self.payouts.currency_of_limits().await?;
        let comes_in = preview.bank.as_ref().map(|bank| bank.currency.as_str());
        let told = match &preview.estimate {
            Some(estimate) if comes_in == Some(currency.as_str()) => Ok(Some(estimate.clone())),
            _ => match (preview.coin.parse(), currency.parse()) {
                (Ok(coin), Ok(to)) => self.estimate_in_fiat(&preview.amount, &coin, &to).await,
                _ => Ok(None),
            },
        };
        let worth = match told {
            Ok(worth) => worth.map(|worth| (worth, currency)),
            // Without limits nobody needs it now.
            Err(failure) if !is_limited => {
                tracing::info!(%failure, "what a bank payout is worth is not known");
                None
            }
            Err(failure) => return Err(failure),
        };
        self.payouts.keep_limits(&mut *self.ctx.db.acquire().await?, worth.as_ref()).await?;
        Ok(worth)
    }

    /// Where a fiat payout would go, once it is sure that it can be asked for.
    async fn bank(&self, provider: &str, coin: &Ticker, currency: &Ticker) -> Result<MoveBank, Failure> {
        let catalogue = read_catalogue(&self.ctx).await?;
        let name = catalogue.check(provider, currency, coin)?;
        self.read_list(List::FiatAccounts, None, BackTo::Known).await?;
        let account = Account::words_of(&self.ctx.db, provider, currency).await?;
        Ok(MoveBank {
            provider: name.to_owned(),
            currency: currency.to_string(),
            account: account
                .ok_or_else(|| Failure::invalid("currency", words::no_account(&currency.to_uppercase())))?,
        })
    }

    /// About how much a coin is worth in a currency; `None` where NOWPayments does not say it.
    async fn estimate_in_fiat(
        &self,
        amount: &Amount,
        from: &Ticker,
        to: &Ticker,
    ) -> Result<Option<Amount>, Failure> {
        let question =
            GetEstimate { amount: amount.clone(), currency_from: from.clone(), currency_to: to.clone() };
        match self.ctx.client.send(&question).await {
            Ok(answer) => Ok(Some(answer.estimated_amount)),
            Err(error) if error.refused().is_some_and(|refused| matches!(refused.status, 400 | 404)) => {
                Ok(None)
            }
            Err(error) => Err(Failure::from_api(&error)),
        }
    }

    /// One of the two ends, with what it has now.
    async fn end(&self, user: Option<&CustodyUserId>, coin: &Ticker) -> Result<MoveEnd, Failure> {
        let (name, balances) = match user {
            None => (None, self.balances().await?),
            Some(id) => {
                let name = users::name_of(&self.ctx.db, id.as_str()).await?;
                (name, self.balances_of(id).await?)
            }
        };
        let before = balances.get(coin).map(|balance| balance.amount.clone()).unwrap_or_default();
        Ok(MoveEnd {
            user: user.map(CustodyUserId::to_string),
            name,
            coin: coin.to_string(),
            after: before.clone(),
            before,
        })
    }

    /// What the shop has.
    pub(crate) async fn balances(&self) -> Result<BTreeMap<Ticker, Balance>, Failure> {
        self.ctx.client.send(&GetBalance {}).await.map_err(|error| Failure::from_api(&error))
    }

    /// What a user has. It is kept, too.
    pub(crate) async fn balances_of(&self, id: &CustodyUserId) -> Result<BTreeMap<Ticker, Balance>, Failure> {
        let asked_at = self.ctx.now();
        let answer = self.ctx.client.send(&GetCustodyBalance { id: id.clone() }).await;
        let answer = answer.map_err(|error| match error.refused() {
            Some(refused) if refused.is_not_found() => Failure::new(
                FailureCode::NotFound,
                said!(
                    en: "NOWPayments does not know this user. Nothing was done.",
                    de: "NOWPayments kennt diesen Benutzer nicht. Es wurde nichts getan."
                ),
            ),
            _ => Failure::from_api(&error),
        })?;
        users::keep_balances(&self.ctx, id.as_str(), &answer.balances, asked_at).await?;
        Ok(answer.balances)
    }

    /// About how much comes of a conversion, which is more than nothing.
    ///
    /// What is too little is known only from NOWPayments' refusal: its API names no smallest conversion beforehand.
    /// `GET /min-amount` is about payments of customers, and has the outcome wallet in it.
    pub(crate) async fn estimate(
        &self,
        amount: &Amount,
        from: &Ticker,
        to: &Ticker,
    ) -> Result<Amount, Failure> {
        let question =
            GetEstimate { amount: amount.clone(), currency_from: from.clone(), currency_to: to.clone() };
        let answer = self.ctx.client.send(&question).await.map_err(|error| match error.refused() {
            Some(refused) if refused.is_currency_unavailable() => Failure::invalid(
                "to_coin",
                words!(
                    en: "NOWPayments does not convert {from} into {to} at the moment. Nothing was done.",
                    de: "NOWPayments tauscht {from} zurzeit nicht in {to} um. Es wurde nichts getan.",
                    from = from.to_uppercase(),
                    to = to.to_uppercase()
                ),
            ),
            Some(refused) if refused.is_below_minimum() => Failure::invalid(
                "amount",
                words!(
                    en: "{sum} is too little to be converted.{least} Nothing was done.",
                    de: "{sum} sind zu wenig für einen Umtausch.{least} Es wurde nichts getan.",
                    sum = words::coins(amount, from),
                    least = words::smallest(refused, from)
                ),
            ),
            _ => Failure::from_api(&error),
        })?;
        if answer.estimated_amount.is_zero() {
            let least = self.least_for_anything(from, to).await;
            return Err(Failure::invalid(
                "amount",
                words!(
                    en: "{sum} is too little to be converted: no {to} would come of it.{least} Nothing was done.",
                    de: "{sum} sind zu wenig für einen Umtausch: Es würden keine {to} daraus.{least} Es wurde nichts getan.",
                    sum = words::coins(amount, from),
                    to = to.to_uppercase(),
                    least = least.unwrap_or_default()
                ),
            ));
        }
        Ok(answer.estimated_amount)
    }

    /// About from how much on anything comes of a conversion, in words: what the last decimal of the other coin is worth.
    async fn least_for_anything(&self, from: &Ticker, to: &Ticker) -> Option<String> {
        let coins = self.ctx.coins().await.ok()?;
        let decimals = coins.get(to).and_then(crate::coins::ListedCoin::decimals).unwrap_or(COIN_DECIMALS);
        let question = GetEstimate {
            amount: Amount::of_units(1, decimals.min(COIN_DECIMALS)),
            currency_from: to.clone(),
            currency_to: from.clone(),
        };
        let least = self.ctx.client.send(&question).await.ok()?.estimated_amount;
        let least = least.is_positive().then(|| words::coins(&least, from))?;
        Some(words!(
            en: " It takes more than about {least}.",
            de: " Es müssen mehr als etwa {least} sein."
        ))
    }
}

/// Whether what was shown still holds: no balance has less, not even by the last digit, and an estimate only a little. A balance
/// that customers have paid into meanwhile is no reason to ask again.
fn is_still_so(shown: &MovePreview, now: &MovePreview) -> Result<(), Failure> {
    let stale = |message: String| Err(Failure::new(FailureCode::Stale, message));
    let ends = [(Some(&shown.from), Some(&now.from)), (shown.to.as_ref(), now.to.as_ref())];
    for (was, is) in ends.into_iter().filter_map(|(was, is)| was.zip(is)) {
        if is.before < was.before {
            return stale(words!(
                en: "Nothing was moved: {who} has {held} by now, not {was} as was shown. Look at it again.",
                de: "Es wurde nichts bewegt: {who} hat inzwischen {held}, nicht {was} wie angezeigt. Sehen Sie es sich noch einmal an.",
                who = words::whose(is),
                held = words::coins(&is.before, &is.coin),
                was = words::coins(&was.before, &was.coin)
            ));
        }
    }
    if shown.bank != now.bank {
        return stale(
            said!(
                en: "Nothing was paid out: the account that it goes to is another one by now. Look at it again.",
                de: "Es wurde nichts ausgezahlt: Das Konto, auf das es geht, ist inzwischen ein anderes. Sehen Sie es sich noch \
                     einmal an."
            )
            .to_owned(),
        );
    }
    let comes_in = now.bank.as_ref().map(|bank| &bank.currency).or(now.to.as_ref().map(|to| &to.coin));
    if let (Some(was), Some(is), Some(coin)) = (&shown.estimate, &now.estimate, comes_in)
        && percent(is, 100) < percent(was, 100 - MAY_FALL_BY)
    {
        return stale(words!(
            en: "Nothing was done: about {is} would come of it by now, not {was} as was shown. Look at it again.",
            de: "Es wurde nichts getan: Daraus würden inzwischen etwa {is}, nicht {was} wie angezeigt. Sehen Sie es sich noch \
                 einmal an.",
            is = words::coins(is, coin),
            was = words::coins(was, coin)
        ));
    }
    Ok(())
}

/// So many hundredths of an amount, times a hundred: exact.
fn percent(amount: &Amount, percent: u64) -> bigdecimal::BigDecimal {
    amount.as_decimal() * bigdecimal::BigDecimal::from(percent)
}

fn hash(preview: &MovePreview) -> String {
    let mut hash = FieldHash::new("paydesk move 1");
    hash.text(Some(&preview.id));
    hash.text(Some(&preview.words));
    hash.text(Some(&preview.amount.to_string()));
    hash.text(Some(&preview.coin));
    for end in std::iter::once(&preview.from).chain(&preview.to) {
        hash.text(end.user.as_deref());
        hash.text(Some(&end.coin));
        hash.text(Some(&end.before.to_string()));
        hash.text(Some(&end.after.to_string()));
    }
    if let Some(bank) = &preview.bank {
        for text in [&bank.provider, &bank.currency, &bank.account] {
            hash.text(Some(text));
        }
    }
    hash.finish()
}

impl Wanted {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Names the first field that is not right.
    fn read(new: &NewMove, coins: &Catalogue) -> Result<Self, Failure> {
        let (kind, from, to, coin, to_coin, amount) = match new {
            NewMove::Deposit { user, coin, amount } => {
                (MoveKind::Deposit, None, Some(("user", user)), coin, None, amount)
            }
            NewMove::WriteOff { user, coin, amount } => {
                (MoveKind::WriteOff, Some(("user", user)), None, coin, None, amount)
            }
            NewMove::Transfer { from, to, coin, amount } => {
                (MoveKind::Transfer, Some(("from", from)), Some(("to", to)), coin, None, amount)
            }
            NewMove::Conversion { from_coin, to_coin, amount } => {
                (MoveKind::Conversion, None, None, from_coin, Some(to_coin), amount)
            }
            NewMove::FiatPayout { provider, coin, amount, currency } => {
                let coin = read_coin("coin", coin, coins)?;
                let amount = read_amount("amount", amount, &coin, coins)?;
                return Ok(Self {
                    kind: MoveKind::FiatPayout,
                    from: None,
                    to: None,
                    coin,
                    to_coin: Some(read_currency(currency)?),
                    amount,
                    provider: Some(provider.clone()),
                });
            }
        };
        let is_conversion = kind == MoveKind::Conversion;
        let (from, to) = (from.map(read_user).transpose()?, to.map(read_user).transpose()?);
        if from.is_some() && from == to {
            return Err(Failure::invalid(
                "to",
                said!(en: "Choose two different users.", de: "Wählen Sie zwei verschiedene Benutzer."),
            ));
        }
        let coin = read_coin(if is_conversion { "from_coin" } else { "coin" }, coin, coins)?;
        let to_coin = to_coin.map(|coin| read_coin("to_coin", coin, coins)).transpose()?;
        if to_coin.as_ref() == Some(&coin) {
            return Err(Failure::invalid(
                "to_coin",
                said!(en: "Choose two different coins.", de: "Wählen Sie zwei verschiedene Coins."),
            ));
        }
        let amount = read_amount("amount", amount, &coin, coins)?;
        Ok(Self { kind, from, to, coin, to_coin, amount, provider: None })
    }

    fn of(order: &Order) -> Result<Self, Failure> {
        Ok(Self {
            kind: order.kind,
            from: order.from.clone(),
            to: order.to.clone(),
            coin: order.coin.clone().ok_or_else(not_shown)?,
            to_coin: order.to_coin.clone(),
            amount: order.amount.clone().ok_or_else(not_shown)?,
            provider: order.provider.clone(),
        })
    }
}

fn read_user((field, id): (&'static str, &String)) -> Result<CustodyUserId, Failure> {
    id.trim()
        .parse()
        .map_err(|_| Failure::invalid(field, said!(en: "Choose a user.", de: "Wählen Sie einen Benutzer.")))
}

/// Reads the ticker of a coin that there is.
pub(crate) fn read_coin(field: &str, typed: &str, coins: &Catalogue) -> Result<Ticker, Failure> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err(Failure::invalid(field, said!(en: "Choose a coin.", de: "Wählen Sie einen Coin.")));
    }
    let coin = coins.get(typed).ok_or_else(|| {
        Failure::invalid(
            field,
            words!(en: "NOWPayments has no coin “{typed}”.", de: "NOWPayments hat keinen Coin „{typed}“."),
        )
    })?;
    Ok(coin.coin().code.clone())
}

/// Reads an amount of a coin, as it was typed.
pub(crate) fn read_amount(
    field: &str,
    typed: &str,
    coin: &Ticker,
    coins: &Catalogue,
) -> Result<Amount, Failure> {
    let typed = typed.trim();
    let wrong = |message: String| Failure::invalid(field, message);
    if typed.is_empty() {
        return Err(wrong(said!(en: "Say how much.", de: "Geben Sie an, wie viel.").to_owned()));
    }
    let amount: Amount = typed.parse().map_err(|error| {
        wrong(match error {
            AmountError::Malformed => words!(
                en: "“{typed}” is no amount that can mean one thing only. Write digits, and one point before the decimals: 12.50.",
                de: "„{typed}“ ist kein eindeutiger Betrag. Schreiben Sie Ziffern und einen Punkt vor den Nachkommastellen: 12.50."
            ),
            _ => words!(
                en: "“{typed}” has more digits than an amount can have.",
                de: "„{typed}“ hat mehr Stellen, als ein Betrag haben kann."
            ),
        })
    })?;
    if !amount.is_positive() {
        return Err(wrong(
            said!(en: "The amount must be more than zero.", de: "Der Betrag muss größer als null sein.")
                .to_owned(),
        ));
    }
    let decimals = coins.get(coin).and_then(crate::coins::ListedCoin::decimals).unwrap_or(COIN_DECIMALS);
    if amount.decimals() > decimals {
        let coin = coin.to_uppercase();
        return Err(wrong(words!(
            en: "An amount in {coin} has {decimals} decimals at the most.",
            de: "Ein Betrag in {coin} hat höchstens {decimals} Nachkommastellen."
        )));
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preview(before: &str, estimate: &str) -> MovePreview {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        let end = |coin: &str, before: &str| MoveEnd {
            user: None,
            name: None,
            coin: coin.to_owned(),
            before: amount(before),
            after: amount(before),
        };
        MovePreview {
            id: "1".to_owned(),
            hash: String::new(),
            kind: MoveKind::Conversion,
            amount: amount("10"),
            coin: "ltc".to_owned(),
            from: end("ltc", before),
            to: Some(end("trx", "5")),
            bank: None,
            estimate: Some(amount(estimate)),
            words: String::new(),
            two_persons: false,
            until: chrono::DateTime::default(),
        }
    }

    #[test]
    fn an_estimate_may_fall_by_a_hundredth_and_a_balance_may_only_rise() {
        let shown = preview("50", "1000");
        let check = |now: MovePreview, words: Option<&str>| match (is_still_so(&shown, &now), words) {
            (Ok(()), None) => {}
            (Err(failure), Some(words)) => {
                assert_eq!(failure.code, FailureCode::Stale);
                assert!(failure.message.contains(words), "{words:?} is not in {failure}");
            }
            (so, words) => panic!("{so:?} instead of {words:?}"),
        };
        check(preview("50", "1000"), None);
        check(preview("50", "990"), None);
        check(preview("50", "2000"), None);
        check(
            preview("50", "989.999999999999999999"),
            Some("about 989.999999999999999999 TRX would come of it by now, not 1000"),
        );
        check(
            preview("49.999999999999999999", "1000"),
            Some("has 49.999999999999999999 LTC by now, not 50 LTC"),
        );
        check(preview("51", "1000"), None);
    }

    #[test]
    fn two_previews_that_show_anything_else_have_another_hash() {
        let hashes: std::collections::HashSet<_> = [
            preview("50", "1"),
            preview("51", "1"),
            MovePreview { words: "x".to_owned(), ..preview("50", "1") },
        ]
        .iter()
        .map(hash)
        .collect();
        assert_eq!(hashes.len(), 3);
    }
}
