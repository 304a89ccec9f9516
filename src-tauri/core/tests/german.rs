//! A shop whose owner reads German: everything that core writes is German, with numbers as they are written there. What is spoken
//! belongs to the process, so these tests have one of their own.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

#[path = "common"]
mod common {
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use nowpayments_simulator::{Fault, History, Switches};
use paydesk_core::{
    FailureCode, Language,
    payouts::batch::{Batch, BatchRow, BatchState, Control, ControlSum, RowFilter, RowQuery},
    shops::NewShop,
};

use crate::common::{
    payouts::{FILE, Owner, TRX},
    world::World,
};

async fn german_owner() -> Owner {
    Language::German.speak();
    Owner::new().await
}

/// Words that stand in nearly every English sentence and in no German one.
const ENGLISH: [&str; 14] =
    ["the", "is", "are", "of", "and", "not", "has", "were", "it", "this", "that", "there", "your", "with"];

#[track_caller]
fn assert_german<'a>(texts: impl IntoIterator<Item = &'a str>) {
    let mut count = 0;
    for text in texts {
        let word =
            text.split(|c: char| !c.is_alphanumeric()).find(|word| ENGLISH.contains(&&*word.to_lowercase()));
        assert_eq!(word, None, "{text}");
        count += 1;
    }
    assert!(count > 0, "there is nothing to read");
}

/// All that a batch says.
fn said(batch: &Batch) -> Vec<&str> {
    let Batch { obstacles, warnings, trouble, steps, .. } = batch;
    let notes = steps.iter().map(|step| step.note.as_str());
    obstacles.iter().chain(warnings).chain(trouble).map(String::as_str).chain(notes).collect()
}

async fn rows(owner: &Owner, batch: &Batch) -> Vec<BatchRow> {
    let query = RowQuery { batch: batch.summary.id.clone(), filter: RowFilter::All, limit: 100, after: None };
    owner.payouts().rows(query).await.unwrap().rows
}

#[tokio::test]
async fn what_is_wrong_with_rows_is_said_in_german() {
    let owner = german_owner().await;
    let text = "address;currency;amount;extra_id;external_id
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAh;trx;200;;1
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed;trx;5;;2
;usdttrc20;12.5;;3
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;trx;1.5\u{200B};;4
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;trx;-3;;5
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;dollars;3;;6
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;trx;0.1234567;;7
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;trx;3;99;7
rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat;xrp;30;;8
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH;trx;40;;9
";
    let batch = owner.import(text).await;
    assert_german(said(&batch));
    assert_eq!(
        batch.obstacles[0],
        "8 Zeilen sind nicht zahlbar. Berichtigen Sie sie hier, oder entfernen Sie sie."
    );
    assert_eq!(
        batch.steps[0].note,
        "Gelesen aus „wages.csv“: 11 Datensätze, 2 zahlbar, 8 sind so nicht zahlbar. Die Felder sind durch Semikolons getrennt."
    );
    let rows = rows(&owner, &batch).await;
    let of = |line: u32| {
        let row = rows.iter().find(|row| row.line == line).unwrap();
        row.problems.iter().chain(&row.warnings).map(|problem| problem.message.as_str()).collect::<Vec<_>>()
    };
    assert_german((2..=10).flat_map(of));
    assert_eq!(
        of(2),
        [
            "Die Adresse hat eine falsche Prüfsumme: ein Zeichen ist vertippt, fehlt oder ist fälschlich groß oder klein \
             geschrieben. Kopieren Sie sie noch einmal von ihrer Quelle."
        ]
    );
    assert!(of(3)[0].starts_with(
        "Das sieht aus wie eine Adresse für Ethereum oder ein ähnliches Netzwerk, trx wird aber über TRON"
    ));
    assert_eq!(of(4), ["Die Adresse fehlt."]);
    assert_eq!(
        of(5),
        [
            "An Stelle 4 steht U+200B, ein unsichtbares Leerzeichen ohne Breite. Schreiben Sie die Ziffern 0 bis 9 und vor \
             Nachkommastellen einen Punkt."
        ]
    );
    assert_eq!(of(6), ["Der Betrag ist negativ: Eine Auszahlung kann nur zahlen."]);
    assert_eq!(
        of(8),
        ["NOWPayments nimmt höchstens 6 Nachkommastellen; runden Sie den Betrag in der Datei."]
    );

    for (text, words) in [
        ("", "Die Datei ist leer. Es wurde nichts importiert."),
        (
            "%PDF-1.7",
            "Die Datei ist ein PDF und keine Liste von Auszahlungen. Öffnen Sie sie in Ihrer Tabellenkalkulation, und speichern \
             Sie sie als Excel-Mappe (XLSX) oder als „CSV UTF-8“. Es wurde nichts importiert.",
        ),
    ] {
        let failure = owner.payouts().open_text("b.csv", text).await.unwrap_err();
        assert_eq!((failure.code, failure.message.as_str()), (FailureCode::File, words));
    }
}

#[tokio::test]
async fn a_check_says_in_german_what_is_in_the_way() {
    let owner = german_owner().await;
    let text = format!("{FILE}TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,123456789.25,,\n");
    let batch = owner.import(&text).await;
    assert_german(said(&batch));
    let short =
        batch.obstacles.iter().find_map(|words| words.strip_prefix("In Ihrem Guthaben fehlen ")).unwrap();
    let (amount, rest) = short.split_once(' ').unwrap();
    assert_eq!(rest, "TRX: Füllen Sie es auf, oder entfernen Sie Zeilen.");
    assert!(amount.starts_with("1234") && amount.contains(',') && !amount.contains('.'), "{amount}");
    let id = &batch.summary.id;
    let wrong = Control {
        rows: Some(3),
        sums: vec![ControlSum { currency: "usdttrc20".to_owned(), amount: "10.5".to_owned() }],
    };
    let batch = owner.payouts().set_control(id, &wrong).await.unwrap();
    assert_german(said(&batch));
    for words in [
        "Nach Ihren Kontrollsummen sollen es 3 Auszahlungen sein, und es sind 5.",
        "Nach Ihren Kontrollsummen ergeben die Auszahlungen in USDTTRC20 10,5 USDTTRC20, und sie ergeben 12,5 USDTTRC20.",
    ] {
        assert!(batch.obstacles.iter().any(|said| said == words), "{:#?}", batch.obstacles);
    }
    let failure = owner.payouts().send(id, &batch.rows_hash, None).await.unwrap_err();
    assert_german([failure.message.as_str()]);
    assert!(failure.message.starts_with("Diese Zahlliste kann noch nicht gesendet werden. "), "{failure}");
}

#[tokio::test]
async fn what_became_of_sending_a_batch_is_said_in_german() {
    let owner = german_owner().await;
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let only = Switches { address_whitelist: Some(vec![TRX.to_owned()]), ..Switches::default() };
    owner.world.simulator.set_switches(only);
    let failure = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap_err();
    assert_german([failure.message.as_str()]);
    assert!(
        failure.message.starts_with("NOWPayments hat diese Zahlliste nicht angelegt: NOWPayments zahlt nur"),
        "{failure}"
    );
    owner.world.simulator.set_switches(Switches::default());

    owner.fault("POST", "/payout", Fault::DropBefore);
    let lost = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(lost.summary.state, BatchState::Unknown);
    assert_german(said(&lost));
    let failure = owner.payouts().release(&id).await.unwrap_err();
    assert_eq!(
        failure.message,
        "Es ist zu früh, um zu sagen, dass diese Zahlliste nicht angelegt wurde. Paydesk sucht weiter; warten Sie ein oder zwei \
         Minuten."
    );
}

#[tokio::test]
async fn a_batch_is_told_in_german_from_its_code_to_its_end() {
    let owner = german_owner().await;
    let batch = owner.sent().await;
    let failure = owner.approve(&batch, &owner.wrong_code()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::WrongCode);
    assert_german([failure.message.as_str()]);
    assert!(
        failure.message.starts_with(
            "NOWPayments hat diesen Code abgelehnt. Geben Sie den ein, den Ihr Telefon jetzt zeigt. Es wurde"
        ),
        "{failure}"
    );
    owner.pass(30);
    owner.approve(&batch, &owner.code()).await.unwrap();
    let done = owner.finish(&batch.summary.id).await;
    assert_eq!(done.summary.state, BatchState::Finished);
    assert_german(said(&done));
    assert_eq!(done.steps.last().unwrap().note, "Jede Zeile wurde gezahlt.");

    let told = owner.core.shop().unwrap().notifications.list().await.unwrap().entries;
    let told = &told[0].notification;
    assert_eq!(told.title, "Gezahlt: wages.csv");
    assert!(told.body.starts_with("Alle 4 Zeilen wurden gezahlt: "), "{}", told.body);
    assert!(told.body.contains("0,25 ETH") && told.body.contains("12,5 USDTTRC20"), "{}", told.body);
    let id = owner.core.shop().unwrap().shop.id.clone();
    owner.core.rename_shop(&id, "Turmfalke Tee").await.unwrap();
    owner.core.set_shop_currency(&id, "eur").await.unwrap();
    owner.core.begin_read_only(&id).await.unwrap();
    owner.core.end_read_only(&id, None).await.unwrap();
    let log = owner.core.shop().unwrap().audit.list(None, 100).await.unwrap().entries;
    assert_eq!(log[0].words, "Nur-Lesen ist beendet.");
    assert_german(log.iter().map(|entry| entry.words.as_str()));
}

#[tokio::test]
async fn a_connection_that_is_refused_says_why_in_german() {
    Language::German.speak();
    let world = World::new(History::None).await;
    let core = world.open().await;
    let mut said = Vec::new();
    for new in [
        world.new_shop(),
        NewShop { api_key: "WRONG".into(), ..world.new_shop() },
        NewShop { password: "wrong".into(), ..world.new_shop() },
    ] {
        let report = core.check_connection(&new).await;
        said.extend(
            [report.reachable, report.key, report.login, report.address, report.keychain]
                .map(|item| item.message),
        );
    }
    world
        .simulator
        .set_switches(Switches { foreign_address: Some("203.0.113.7".to_owned()), ..Switches::default() });
    said.push(core.check_connection(&world.new_shop()).await.address.message);
    let nameless = NewShop { name: String::new(), ..world.new_shop() };
    said.push(core.add_shop(nameless).await.unwrap_err().message);
    let new = world.new_shop();
    world.simulator.stop().await;
    said.push(core.check_connection(&new).await.reachable.message);
    assert_german(said.iter().map(String::as_str));
    for words in [
        "NOWPayments kennt den API-Schlüssel.",
        "NOWPayments erlaubt das nicht von der Adresse dieses Rechners (203.0.113.7). Es wurde nichts getan. Nehmen Sie die Adresse \
         im Dashboard in die erlaubten auf (Settings, Payouts, IP whitelist).",
        "NOWPayments ist nicht erreichbar. Es wurde nichts getan. Prüfen Sie die Internetverbindung, und versuchen Sie es noch einmal.",
    ] {
        assert!(said.iter().any(|said| said == words), "{said:#?}");
    }
}
