//! Who is paid: the address book, who is new to the shop, and who is made to look like somebody known.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::{FromRow, SqliteConnection, SqlitePool};

use super::{
    Payouts,
    batch::RowProblem,
    files::unreadable,
    import::{self, Column, Row},
    record::Record,
    rules,
};
use crate::{
    addresses,
    audit::{self, AuditArea},
    changes::Changed,
    failure::Failure,
    language::{said, words},
    store,
};

/// The longest name of a contact, in characters.
const LONGEST_NAME: usize = 80;
/// The most contacts that are listed at once.
const MOST: u32 = 500;

/// A recipient whom the owner knows by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, FromRow)]
pub struct Contact {
    /// A UUID.
    pub id: String,
    /// What the owner calls it.
    pub name: String,
    /// The address.
    pub address: String,
    /// The ticker of the coin, lower case.
    pub currency: String,
    /// The memo or tag.
    pub extra_id: Option<String>,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// How many payouts it has got.
    pub paid: u32,
}

/// Contacts, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ContactPage {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// How many match in all.
    pub total: u32,
}

/// A contact as the owner writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ContactEdit {
    /// Which one is changed; `None` for a new one.
    pub id: Option<String>,
    /// What the owner calls it.
    pub name: String,
    /// The address.
    pub address: String,
    /// The ticker of the coin.
    pub currency: String,
    /// The memo or tag; empty for none.
    pub extra_id: String,
}

impl Payouts {
    pub(super) async fn read_contacts(&self, search: &str) -> Result<ContactPage, Failure> {
        const MATCHES: &str = "instr(lower(name || ' ' || currency || ' ' || address), lower(?1)) > 0";
        let search = search.trim();
        let total =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM contacts WHERE {MATCHES}")))
                .bind(search)
                .fetch_one(&self.ctx.db)
                .await?;
        let contacts = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT id, name, address, currency, extra_id, added_at,
                    (SELECT count(*) FROM payout_rows WHERE payout_rows.account = contacts.account AND payout_rows.status = 'paid'
                     AND payout_rows.currency = contacts.currency AND payout_rows.extra_id IS contacts.extra_id) AS paid
             FROM contacts WHERE {MATCHES} ORDER BY name COLLATE NOCASE, currency, id LIMIT ?2"
        )))
        .bind(search)
        .bind(MOST)
        .fetch_all(&self.ctx.db)
        .await?;
        Ok(ContactPage { contacts, total })
    }

    pub(super) async fn write_contact(
        &self,
        edit: &ContactEdit,
        pin: Option<SecretString>,
    ) -> Result<Contact, Failure> {
        let name = edit.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(Failure::invalid(
                "name",
                words!(
                    en: "Give it a name of at most {LONGEST_NAME} characters.",
                    de: "Geben Sie ihm einen Namen mit höchstens {LONGEST_NAME} Zeichen.",
                ),
            ));
        }
        let (address, extra_id) = (edit.address.trim(), edit.extra_id.trim());
        let coins = self.ctx.coins().await?;
        let fields = [
            (Column::Address, address),
            (Column::Currency, edit.currency.trim()),
            (Column::Amount, "1"),
            (Column::ExtraId, extra_id),
        ];
        let currency = match import::check_row(&fields, 1, &coins).map_err(unreadable)? {
            Row::Accepted(row) => row.currency,
            Row::Rejected(row) => {
                let field = row.problem.column.as_deref().unwrap_or("address");
                return Err(Failure::invalid(field, row.problem.message.clone()));
            }
        };
        if rules::contacts_only(&self.ctx.db).await? {
            self.permit(pin).await?;
        }
        let contact = Contact {
            id: edit.id.clone().unwrap_or_else(|| self.ctx.surroundings.uuid().to_string()),
            name: name.to_owned(),
            address: address.to_owned(),
            currency,
            extra_id: (!extra_id.is_empty()).then(|| extra_id.to_owned()),
            added_at: self.ctx.now(),
            paid: 0,
        };
        let account = addresses::account(address);
        let mut tx = self.ctx.write().await?;
        let known: Option<(String, String)> = sqlx::query_as(
            "SELECT id, name FROM contacts WHERE account = ? AND currency = ? AND extra_id IS ?",
        )
        .bind(&*account)
        .bind(&contact.currency)
        .bind(&contact.extra_id)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some((_, name)) = known.filter(|(id, _)| *id != contact.id) {
            return Err(Failure::invalid(
                "address",
                words!(
                    en: "It is in your address book already, as “{name}”.",
                    de: "Das steht schon in Ihrem Adressbuch, als „{name}“.",
                ),
            ));
        }
        sqlx::query(
            "INSERT INTO contacts (id, name, address, account, currency, extra_id, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET name = ?2, address = ?3, account = ?4, currency = ?5, extra_id = ?6",
        )
        .bind(&contact.id)
        .bind(&contact.name)
        .bind(&contact.address)
        .bind(&*account)
        .bind(&contact.currency)
        .bind(&contact.extra_id)
        .bind(store::time(contact.added_at))
        .execute(&mut *tx)
        .await?;
        let what = if edit.id.is_some() {
            said!(
                en: "Changed",
                de: "Geändert",
            )
        } else {
            said!(en: "Added", de: "Hinzugefügt")
        };
        self.note_contact(&mut tx, &contact, what).await?;
        self.judge_checked(&mut tx).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Everything);
        Ok(contact)
    }

    pub(super) async fn delete_contact(&self, id: &str) -> Result<(), Failure> {
        let mut tx = self.ctx.write().await?;
        let contact: Option<Contact> = sqlx::query_as(
            "DELETE FROM contacts WHERE id = ? RETURNING id, name, address, currency, extra_id, added_at, 0 AS paid",
        )
        .bind(id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(contact) = contact else { return Ok(()) };
        self.note_contact(&mut tx, &contact, said!(en: "Removed", de: "Entfernt")).await?;
        self.judge_checked(&mut tx).await?;
        tx.commit().await?;
        self.ctx.announce(Changed::Everything);
        Ok(())
    }

    async fn note_contact(
        &self,
        tx: &mut SqliteConnection,
        contact: &Contact,
        what: &str,
    ) -> Result<(), Failure> {
        let memo = contact
            .extra_id
            .as_deref()
            .map(|memo| {
                words!(
                    en: ", memo {memo}",
                    de: ", Memo {memo}",
                )
            })
            .unwrap_or_default();
        let words = format!("{what}: {} {}{memo}.", contact.currency.to_ascii_uppercase(), contact.address);
        audit::write(tx, self.ctx.now(), AuditArea::Contacts, &contact.name, &contact.id, &words).await
    }

    /// Judges the recipients of all checked batches anew. Those of drafts are judged at the end of their check.
    pub(super) async fn judge_checked(&self, tx: &mut SqliteConnection) -> Result<(), Failure> {
        let open: Vec<Record> = sqlx::query_as("SELECT * FROM payout_batches WHERE state = 'checked'")
            .fetch_all(&mut *tx)
            .await?;
        for mut record in open {
            judge(tx, &record.id).await?;
            record.recount(tx).await?;
        }
        Ok(())
    }
}

/// Reads accounts anew that are written in another way since the shop was opened last.
pub(crate) async fn complete_accounts(db: &SqlitePool) -> Result<(), sqlx::Error> {
    loop {
        let mut db = db.begin().await?;
        let sql = "SELECT account FROM accounts_to_read LIMIT 1000";
        let accounts: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *db).await?;
        if accounts.is_empty() {
            return Ok(());
        }
        for before in accounts {
            let now = addresses::account(&before);
            if now != before {
                // Of a recipient who is there twice now one keeps the account that nobody is found by.
                for sql in [
                    "UPDATE payout_rows SET account = ? WHERE account = ?",
                    "UPDATE OR IGNORE contacts SET account = ? WHERE account = ?",
                ] {
                    sqlx::query(sql).bind(&*now).bind(&before).execute(&mut *db).await?;
                }
            }
            let sql = "DELETE FROM accounts_to_read WHERE account = ?";
            sqlx::query(sql).bind(&before).execute(&mut *db).await?;
        }
        db.commit().await?;
    }
}

/// Marks the rows of a batch whose recipients are new, look like somebody known, or are not allowed by the rules. The batch
/// must be counted anew afterwards.
pub(super) async fn judge(tx: &mut SqliteConnection, batch: &str) -> Result<(), Failure> {
    let contacts_only = rules::contacts_only(&mut *tx).await?;
    sqlx::query(
        "UPDATE payout_rows SET
            is_new = NOT EXISTS (SELECT 1 FROM payout_rows AS other WHERE other.account = payout_rows.account AND other.status = 'paid')
                 AND NOT EXISTS (SELECT 1 FROM contacts WHERE contacts.account = payout_rows.account),
            taken_for = CASE WHEN ?2 AND NOT EXISTS (
                SELECT 1 FROM contacts WHERE contacts.account = payout_rows.account
                 AND contacts.currency = payout_rows.currency AND contacts.extra_id IS payout_rows.extra_id) THEN '' END
         WHERE batch = ?1 AND removed_at IS NULL AND problems = '[]'",
    )
    .bind(batch)
    .bind(contacts_only)
    .execute(&mut *tx)
    .await?;
    for (number, known) in alike(tx, batch).await? {
        sqlx::query("UPDATE payout_rows SET taken_for = ? WHERE batch = ? AND number = ?")
            .bind(known)
            .bind(batch)
            .bind(number)
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "UPDATE payout_rows SET status = CASE WHEN problems = '[]' AND found_problems = '[]' AND taken_for IS NULL THEN 'ready' ELSE 'bad' END
         WHERE batch = ? AND removed_at IS NULL AND status IN ('ready', 'bad')",
    )
    .bind(batch)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// The rows of a batch to somebody new whose address begins and ends like that of somebody else, with that address.
async fn alike(tx: &mut SqliteConnection, batch: &str) -> Result<Vec<(u32, String)>, Failure> {
    let mut known = HashMap::<String, String>::new();
    {
        let mut accounts = sqlx::query_scalar::<_, String>(
            "SELECT account FROM contacts UNION SELECT account FROM payout_rows WHERE status = 'paid'",
        )
        .fetch(&mut *tx);
        while let Some(account) = accounts.try_next().await? {
            for (ends, form) in forms(&account) {
                known.entry(ends).or_insert(form);
            }
        }
    }
    let rows: Vec<(u32, String)> = sqlx::query_as(
        "SELECT number, account FROM payout_rows
         WHERE batch = ? AND removed_at IS NULL AND problems = '[]' AND is_new ORDER BY number",
    )
    .bind(batch)
    .fetch_all(&mut *tx)
    .await?;
    let mut alike = Vec::new();
    // Of two new ones in the same batch it cannot be said which one is meant: both are shown.
    let mut new = HashMap::<String, (u32, &str)>::new();
    for (number, account) in &rows {
        for (ends, form) in forms(account) {
            if let Some(other) = known.get(&ends) {
                alike.push((*number, other.clone()));
                break;
            }
            let (first, other) = *new.entry(ends).or_insert((*number, account));
            if other != account {
                alike.push((first, form));
                alike.push((*number, other.to_owned()));
                break;
            }
        }
    }
    Ok(alike)
}

/// What people compare of an account, in each way that it is written, with that.
fn forms(account: &str) -> impl Iterator<Item = (String, String)> {
    let written = [Some(account.to_owned()), addresses::other_form(account)];
    written.into_iter().flatten().filter_map(|form| Some((ends(&form)?, form)))
}

/// The four characters at each end of an address that do not follow from its network: what people compare, and what somebody
/// who wants to be taken for somebody else therefore has made alike.
fn ends(account: &str) -> Option<String> {
    let own = match account.split_once('1') {
        _ if account.starts_with("0x") => &account[2..],
        // bech32: a prefix, `1`, and for most networks a version.
        Some((prefix, rest)) if is_bech32(prefix, rest) => rest.get(1..)?,
        _ => account,
    };
    let (first, last) = (own.get(..4)?, own.get(own.len().checked_sub(4)?..)?);
    // Of a shorter one more would be alike than differs.
    (own.len() >= 20).then(|| format!("{first}…{last}"))
}

fn is_bech32(prefix: &str, rest: &str) -> bool {
    (2..=12).contains(&prefix.len())
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase())
        && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// What is wrong with the recipient of a row by what [`judge`] has found.
pub(super) fn problem(taken_for: &str, address: &str, currency: &str) -> RowProblem {
    let (code, message) = match taken_for {
        "" => (
            "not_a_contact",
            words!(
                en: "Your rules allow payouts to contacts only, and your address book has none with this address for \
                     {}. Add it there if it is right, or remove the row.",
                de: "Ihre Regeln erlauben Auszahlungen nur an Kontakte, und in Ihrem Adressbuch steht keiner mit \
                     dieser Adresse für {}. Fügen Sie sie dort hinzu, wenn sie stimmt, oder entfernen Sie die Zeile.",
                currency.to_ascii_uppercase(),
            ),
        ),
        known => (
            "looks_like_another",
            words!(
                en: "This address begins and ends like {known}, and is another one. Swindlers make such addresses so \
                     that they are copied by mistake. Compare it whole with what the recipient says; if it is right, \
                     add it to your address book, else correct or remove the row.",
                de: "Diese Adresse beginnt und endet wie {known} und ist doch eine andere. Betrüger machen solche \
                     Adressen, damit sie versehentlich kopiert werden. Vergleichen Sie sie ganz mit dem, was der \
                     Empfänger sagt; stimmt sie, nehmen Sie sie ins Adressbuch auf, sonst berichtigen oder entfernen \
                     Sie die Zeile.",
            ),
        ),
    };
    RowProblem {
        column: Some("address".to_owned()),
        value: address.to_owned(),
        code: code.to_owned(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_of_litecoin_is_compared_in_both_of_its_forms() {
        let forms: Vec<_> = forms("3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC").map(|(ends, _)| ends).collect();
        assert_eq!(forms, ["3CWF…MTzC", "MJiP…Uqhf"]);
    }

    #[tokio::test]
    async fn accounts_that_were_written_in_two_ways_become_one_when_the_shop_is_opened() {
        const TON: &str = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N";
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(&folder.path().join("shop.sqlite"), &store::SHOP).await.unwrap();
        for sql in [
            format!(
                "INSERT INTO contacts (id, name, address, account, currency, added_at) VALUES ('a', 'Anna', '{TON}', '{TON}', 'ton', '')"
            ),
            format!("INSERT INTO accounts_to_read VALUES ('{TON}'), ('word')"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&db).await.unwrap();
        }
        complete_accounts(&db).await.unwrap();
        let account: String =
            sqlx::query_scalar("SELECT account FROM contacts").fetch_one(&db).await.unwrap();
        assert_eq!(account, "UQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqEBI");
        let left: u32 =
            sqlx::query_scalar("SELECT count(*) FROM accounts_to_read").fetch_one(&db).await.unwrap();
        assert_eq!(left, 0);
    }

    #[test]
    fn what_people_compare_of_an_address_is_not_what_its_network_says() {
        for (account, expected) in [
            ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", Some("5aae…eaed")),
            ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH", Some("TKpp…pYAH")),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Some("w508…f3t4")),
            ("addr1vx2fxv2umyhttkxyxp8x0dlpdt3k6cwng5pxj3jhsydzers66hrl8", Some("x2fx…hrl8")),
            // No prefix of bech32, though there is a 1 in it.
            ("rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat", Some("rLVo…Qwat")),
            ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", Some("1BvB…NVN2")),
            ("short", None),
            ("", None),
        ] {
            assert_eq!(ends(account).as_deref(), expected, "{account}");
        }
    }
}
