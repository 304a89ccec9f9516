use std::{
    collections::HashSet,
    fs,
    io::{Cursor, Seek, SeekFrom, Write},
    sync::mpsc as std_mpsc,
};

use calamine::{Data, Reader, Xlsx};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    columns::Columns,
    job::Ended,
    writer::{Stoppable, Writer},
    xlsx::XlsxWriter,
    *,
};
use crate::{
    payments::{PaymentFee, PaymentRow, PaymentSort, WholeList, WholePayment, Worth},
    spreadsheet,
    surroundings::Surroundings,
    xlsx::SheetLimits,
};

/// How far the clocks of Berlin are from UTC in 2026.
fn berlin(at: DateTime<Utc>) -> FixedOffset {
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let summer = (time("2026-03-29T01:00:00Z")..time("2026-10-25T01:00:00Z")).contains(&at);
    FixedOffset::east_opt(if summer { 2 } else { 1 } * 3600).unwrap()
}

fn in_berlin(surroundings: &mut Surroundings) {
    surroundings.now = Arc::new(|| "2026-11-20T23:30:00Z".parse().unwrap());
    surroundings.local = Arc::new(|at| at.with_timezone(&berlin(at)).naive_local());
    surroundings.zone = Some("Europe/Berlin".to_owned());
    surroundings.day_begins = Arc::new(|day: NaiveDate| {
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        let begins = |hours| midnight - TimeDelta::hours(hours);
        if berlin(begins(2)).local_minus_utc() == 7200 { begins(2) } else { begins(1) }
    });
}

async fn shop(folder: &Path) -> Exports {
    let ctx = ShopContext::for_test_with(folder, in_berlin).await;
    Exports::new(ctx.clone(), Payments::new(ctx))
}

/// Adds `count` payments, one a minute from a time on. Their ids count from 5000000000.
async fn add(exports: &Exports, count: u32, from: &str) {
    sqlx::query(
        "INSERT INTO payments (id, status, order_id, order_description, price_amount, price_currency, pay_amount, \
         actually_paid, pay_currency, created_at, updated_at, answer) \
         WITH RECURSIVE counted (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n + 1 < ?1), \
         before (n) AS (SELECT count(*) FROM payments) \
         SELECT 5000000000 + before.n + counted.n, iif(counted.n % 3, 'finished', 'waiting'), 'ORDER-' || counted.n, 'Mug, blue', \
         '12.5', 'eur', '0.25', iif(counted.n % 3, '0.25', NULL), 'ltc', \
         strftime('%Y-%m-%dT%H:%M:%fZ', ?2, (counted.n * 60) || ' seconds'), '2026-11-20T10:00:00.000Z', '{}' \
         FROM counted, before",
    )
    .bind(count)
    .bind(from)
    .execute(&exports.ctx.db)
    .await
    .unwrap();
}

fn request(what: ExportedPayments, format: ExportFormat, columns: &[ExportColumn]) -> ExportRequest {
    let heads = columns.iter().map(|column| column.name().to_owned()).collect();
    ExportRequest {
        what,
        choices: ExportChoices {
            format,
            delimiter: Delimiter::Comma,
            decimal_mark: DecimalMark::Point,
            byte_order_mark: false,
            time_zone: ExportZone::Local,
            columns: columns.to_vec(),
        },
        words: ExportWords {
            title: "Payments".to_owned(),
            heads,
            statuses: vec![StatusWord { status: "finished".to_owned(), word: "Paid".to_owned() }],
            stated: "stated".to_owned(),
            worked_out: "worked out".to_owned(),
        },
    }
}

/// The whole list, the first first.
fn all() -> ExportedPayments {
    let (search, sort, except) = (String::new(), PaymentSort::Created, Vec::new());
    let selection = PaymentSelection::All { search, sort, descending: false, except };
    ExportedPayments::Selected { selection }
}

fn period(from: &str, to: &str) -> ExportedPayments {
    ExportedPayments::Period { from: from.to_owned(), to: to.to_owned(), search: String::new() }
}

/// A payment in which everything is filled in.
fn payment() -> WholePayment {
    let amount = |text: &str| text.parse().unwrap();
    WholePayment {
        row: PaymentRow {
            id: "5077125051".to_owned(),
            status: "finished".to_owned(),
            order_id: Some("00123".to_owned()),
            order_description: Some("Mug \"XL\", blue".to_owned()),
            price_amount: amount("12.5"),
            price_currency: "eur".to_owned(),
            pay_amount: Some(amount("0.25")),
            actually_paid: Some(amount("0.75")),
            pay_currency: "ltc".to_owned(),
            worth: Some(Worth { amount: amount("37.5"), about: true }),
            pay_address: Some("ltc1qexample".to_owned()),
            purchase_id: Some("4944856743".to_owned()),
            invoice_id: Some("4522625843".to_owned()),
            outcome_amount: Some(amount("0.000041013900000000004")),
            outcome_currency: Some("btc".to_owned()),
            into_balance: None,
            created_at: "2026-10-25T00:30:00Z".parse().unwrap(),
            updated_at: "2026-10-25T01:30:00.999Z".parse().unwrap(),
        },
        payin_extra_id: Some("memo 7".to_owned()),
        parent_payment_id: Some("5077125050".to_owned()),
        missing: Some(amount("-0.5")),
        fee: Some(PaymentFee {
            currency: "btc".to_owned(),
            deposit: Some(amount("0.00001")),
            service: Some(amount("0.00002")),
            withdrawal: None,
        }),
    }
}

/// What a file of these payments holds.
fn file(request: &ExportRequest, payments: &[WholePayment]) -> (Vec<u8>, ExportNotes) {
    let mut surroundings = Surroundings::native(
        PathBuf::new(),
        crate::secrets::Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap()),
    );
    in_berlin(&mut surroundings);
    let columns = Columns::new(request, &surroundings);
    let mut writer = Writer::new(Cursor::new(Vec::new()), columns, &request.choices).unwrap();
    for payment in payments {
        writer.payment(payment).unwrap();
    }
    let (to, notes) = writer.finish().unwrap();
    (to.into_inner(), notes)
}

fn csv_records(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(bytes);
    let record = |record: Result<::csv::StringRecord, _>| record.unwrap().iter().map(str::to_owned).collect();
    reader.records().map(record).collect()
}

fn sheets(bytes: Vec<u8>) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheets = book.worksheets();
    sheets.into_iter().map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect())).collect()
}

/// The XML of a part of a workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut book = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    std::io::read_to_string(book.by_name(name).unwrap()).unwrap()
}

#[test]
fn a_csv_has_everything_that_is_known_of_a_payment() {
    let request = request(all(), ExportFormat::Csv, &ExportColumn::ALL);
    let (bytes, notes) = file(&request, &[payment()]);
    let expected = [
        "created_at (Europe/Berlin),updated_at (Europe/Berlin),utc_offset,payment_id,status,status_word,order_id,\
         order_description,price_amount,price_currency,pay_currency,pay_amount,actually_paid,missing,worth,worth_origin,\
         outcome_amount,outcome_currency,fee_currency,deposit_fee,service_fee,withdrawal_fee,pay_address,payin_extra_id,invoice_id,purchase_id,parent_payment_id\r\n",
        "2026-10-25 02:30:00,2026-10-25 02:30:00,UTC+02:00,5077125051,finished,Paid,00123,\
         \"Mug \"\"XL\"\", blue\",12.5,EUR,LTC,0.25,0.75,-0.5,37.5,worked out,\
         0.000041013900000000004,BTC,BTC,0.00001,0.00002,,ltc1qexample,memo 7,4522625843,4944856743,5077125050\r\n",
    ];
    assert_eq!(String::from_utf8(bytes).unwrap(), expected.concat());
    assert_eq!(notes, ExportNotes::default());
}

#[test]
fn the_offset_tells_apart_what_the_clocks_say_twice() {
    let twice = |at: &str| {
        let mut payment = payment();
        payment.row.created_at = at.parse().unwrap();
        payment
    };
    let columns = [ExportColumn::CreatedAt, ExportColumn::UtcOffset];
    let payments = [twice("2026-10-25T00:30:00Z"), twice("2026-10-25T01:30:00Z")];
    let (bytes, _) = file(&request(all(), ExportFormat::Csv, &columns), &payments);
    let records = csv_records(&bytes, b',');
    assert_eq!(records[1], ["2026-10-25 02:30:00", "UTC+02:00"]);
    assert_eq!(records[2], ["2026-10-25 02:30:00", "UTC+01:00"]);

    let (bytes, _) = file(&request(all(), ExportFormat::Json, &columns), &payments);
    let objects: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(objects[0]["created_at"], "2026-10-25T02:30:00.000+02:00");
    assert_eq!(objects[1]["created_at"], "2026-10-25T02:30:00.000+01:00");
}

#[test]
fn in_german_a_csv_has_semicolons_commas_and_a_mark_and_in_utc_the_times_of_utc() {
    let mut request = request(
        all(),
        ExportFormat::Csv,
        &[ExportColumn::CreatedAt, ExportColumn::PriceAmount, ExportColumn::Missing],
    );
    request.choices.delimiter = Delimiter::Semicolon;
    request.choices.decimal_mark = DecimalMark::Comma;
    request.choices.byte_order_mark = true;
    request.choices.time_zone = ExportZone::Utc;
    let (bytes, _) = file(&request, &[payment()]);
    let expected =
        "\u{feff}created_at (UTC);price_amount;missing\r\n2026-10-25 00:30:00;\"12,5\";\"-0,5\"\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn json_has_amounts_as_text_times_with_their_offset_and_nothing_as_null() {
    let mut other = payment();
    (other.missing, other.row.worth, other.row.order_id) = (None, None, None);
    let (bytes, notes) = file(&request(all(), ExportFormat::Json, &ExportColumn::ALL), &[payment(), other]);
    assert_eq!(notes, ExportNotes::default());
    let objects: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[0]["outcome_amount"], "0.000041013900000000004");
    assert_eq!(objects[0]["missing"], "-0.5");
    assert_eq!(objects[0]["updated_at"], "2026-10-25T02:30:00.999+01:00");
    assert_eq!(objects[0]["price_currency"], "eur");
    assert_eq!(objects[0]["worth_origin"], "worked_out");
    assert_eq!(objects[1]["missing"], Value::Null);
    assert_eq!(objects[1].as_object().unwrap().len(), ExportColumn::ALL.len());
}

#[test]
fn the_names_of_columns_in_json_are_those_of_the_request() {
    for column in ExportColumn::ALL {
        assert_eq!(serde_json::to_value(column).unwrap(), column.name());
    }
    let names: HashSet<_> = ExportColumn::ALL.map(ExportColumn::name).into();
    assert_eq!(names.len(), ExportColumn::ALL.len());
}

#[test]
fn an_empty_export_has_its_heads_and_nothing_else() {
    let (csv, _) = file(&request(all(), ExportFormat::Csv, &[ExportColumn::Status]), &[]);
    assert_eq!(csv, b"status\r\n");
    let (json, _) = file(&request(all(), ExportFormat::Json, &[ExportColumn::Status]), &[]);
    assert_eq!(serde_json::from_slice::<Vec<Value>>(&json).unwrap(), Vec::<Value>::new());
    let (xlsx, _) = file(&request(all(), ExportFormat::Xlsx, &[ExportColumn::Status]), &[]);
    assert_eq!(sheets(xlsx)[0].1, [[Data::String("status".to_owned())]]);
}

#[test]
fn a_workbook_has_numbers_as_numbers_times_as_times_and_ids_as_text() {
    let (bytes, notes) = file(&request(all(), ExportFormat::Xlsx, &ExportColumn::ALL), &[payment()]);
    assert_eq!(notes, ExportNotes { numbers_as_text: 1, ..ExportNotes::default() });
    let book = sheets(bytes);
    let (name, rows) = &book[0];
    assert_eq!((name.as_str(), rows.len()), ("Payments", 2));
    let cell = |column: ExportColumn| {
        let at = ExportColumn::ALL.iter().position(|each| *each == column).unwrap();
        rows[1][at].clone()
    };
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(cell(ExportColumn::OrderId), text("00123"));
    assert_eq!(cell(ExportColumn::PaymentId), text("5077125051"));
    assert_eq!(cell(ExportColumn::OrderDescription), text("Mug \"XL\", blue"));
    assert_eq!(cell(ExportColumn::PriceAmount), Data::Float(12.5));
    assert_eq!(cell(ExportColumn::Missing), Data::Float(-0.5));
    assert_eq!(cell(ExportColumn::OutcomeAmount), text("0.000041013900000000004"));
    let Data::DateTime(updated) = cell(ExportColumn::UpdatedAt) else { panic!("no time") };
    assert!(updated.is_datetime());
    assert_eq!(updated.to_ymd_hms_milli(), (2026, 10, 25, 2, 30, 0, 0));
}

#[test]
fn a_number_shows_all_its_decimals_and_money_at_least_two() {
    let (bytes, _) = file(
        &request(all(), ExportFormat::Xlsx, &[ExportColumn::PriceAmount, ExportColumn::PayAmount]),
        &[payment()],
    );
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains(r#"<c r="A2" s="7"><v>12.5</v></c><c r="B2" s="7"><v>0.25</v></c>"#), "{sheet}");
    let styles = part(&bytes, "xl/styles.xml");
    let formats: Vec<_> = styles.match_indices("<xf ").map(|(at, _)| &styles[at..at + 19]).collect();
    assert_eq!(formats[1 + 7], r#"<xf numFmtId="167" "#); // behind the one of cellStyleXfs
    assert!(styles.contains(r#"numFmtId="167" formatCode="0.00""#), "{styles}");
}

#[test]
fn a_text_that_is_too_long_for_a_cell_is_cut_with_a_mark_and_counted_and_a_csv_has_it_whole() {
    let mut long = payment();
    let description = "😀".repeat(25_000); // 100 kB, 50,000 units of UTF-16
    long.row.order_description = Some(description.clone());
    let columns = [ExportColumn::OrderDescription];
    let (bytes, notes) = file(&request(all(), ExportFormat::Xlsx, &columns), &[long.clone(), payment()]);
    assert_eq!(notes, ExportNotes { cut: 1, ..ExportNotes::default() });
    let Data::String(cut) = sheets(bytes)[0].1[1][0].clone() else { panic!("no text") };
    assert_eq!(cut, format!("{} […]", "😀".repeat(16_381)));
    assert!(cut.encode_utf16().count() <= 32_767);

    let (bytes, notes) = file(&request(all(), ExportFormat::Csv, &columns), &[long]);
    assert_eq!(csv_records(&bytes, b',')[1], [description]);
    assert_eq!(notes, ExportNotes::default());
}

#[test]
fn what_is_beyond_a_sheet_is_on_the_next() {
    let request = request(all(), ExportFormat::Xlsx, &[ExportColumn::PaymentId]);
    let mut surroundings = Surroundings::native(
        PathBuf::new(),
        crate::secrets::Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap()),
    );
    in_berlin(&mut surroundings);
    let columns = Columns::new(&request, &surroundings);
    let of_three_rows = SheetLimits { rows: 3, ..SheetLimits::EXCEL };
    let of_hardly_a_row = SheetLimits { bytes: 200, ..SheetLimits::EXCEL };
    for (limits, expected) in [(of_three_rows, vec![3, 3, 2]), (of_hardly_a_row, vec![2; 5])] {
        let mut writer = XlsxWriter::new(Cursor::new(Vec::new()), &columns, limits).unwrap();
        for _ in 0..5 {
            writer.payment(&payment(), &columns).unwrap();
        }
        let sheets = sheets(writer.finish().unwrap().0.into_inner());
        let rows: Vec<_> = sheets.iter().map(|(_, rows)| rows.len()).collect();
        assert_eq!(rows, expected);
        for (at, (name, rows)) in sheets.iter().enumerate() {
            let expected = if at == 0 { "Payments".to_owned() } else { format!("Payments {}", at + 1) };
            assert_eq!(*name, expected);
            assert_eq!(rows[0][0], Data::String("payment_id".to_owned()));
        }
    }
}

/// Texts of somebody who means no good, and such as merely look like it.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "=", "+", "-", "@", "＝", "＋", "－", "＠", "\"", "'", ",", ";", "\t", "\r", "\n", " ", "\0", "\u{1b}", "\u{feff}",
            "\u{202e}", "\u{200b}", "_x000D_", "_x0041_", "&lt;", "<b>", "]]>", "1", "1E5", "00123", "HYPERLINK(1)", "é", "😀",
            "\u{ffff}", "http://x", "|", "\\",
        ]),
        1 => any::<char>().prop_map(String::from).prop_map(|text| -> &'static str { Box::leak(text.into_boxed_str()) }),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// A text without the apostrophes that stand where one may have been put before a formula, the last first.
fn unguarded(text: &str) -> String {
    let mut text = text.to_owned();
    let apostrophes: Vec<_> = text.match_indices('\'').map(|(at, _)| at).collect();
    for at in apostrophes.into_iter().rev() {
        let may_begin = at == 0 || text[..at].ends_with([',', ';', '\t', '\r', '\n']);
        if may_begin && spreadsheet::begins_formula(&text[at + 1..]) {
            text.remove(at);
        }
    }
    text
}

/// The cells that a spreadsheet which splits at `separator` sees at worst, where it takes no quotes for quotes.
fn worst_cells(text: &str, separator: char) -> impl Iterator<Item = &str> {
    text.split([separator, '\r', '\n'])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_texts_come_back_as_they_were_and_none_is_a_formula(order in hostile(), description in hostile()) {
        let mut given = payment();
        given.row.order_id = Some(order.clone());
        given.row.order_description = Some(description.clone());
        let columns = [ExportColumn::OrderId, ExportColumn::OrderDescription, ExportColumn::Missing];
        let texts = [order, description];
        let shown = texts.clone().map(|text| spreadsheet::pictured(&text).into_owned());

        for (delimiter, separator) in [(Delimiter::Comma, b','), (Delimiter::Semicolon, b';'), (Delimiter::Tab, b'\t')] {
            let mut request = request(all(), ExportFormat::Csv, &columns);
            request.choices.delimiter = delimiter;
            let (bytes, notes) = file(&request, std::slice::from_ref(&given));
            let records = csv_records(&bytes, separator);
            prop_assert_eq!(records.len(), 2);
            prop_assert_eq!(records[1].len(), 3);
            prop_assert_eq!(&records[1][2], "-0.5");
            for (expected, read) in shown.iter().zip(&records[1]) {
                prop_assert_eq!(unguarded(read), unguarded(expected));
                prop_assert_eq!(notes.apostrophes == 0, records[1][..2] == shown);
                if !expected.contains([',', ';', '\t', '\r', '\n']) && !spreadsheet::begins_formula(expected) {
                    prop_assert_eq!(read, expected);
                }
                prop_assert!(!spreadsheet::begins_formula(read), "{read:?} begins a formula");
                for other in [',', ';', '\t'].into_iter().filter(|other| *other != char::from(separator)) {
                    for cell in worst_cells(read, other) {
                        let seen = cell.trim_start_matches('\t');
                        prop_assert!(!spreadsheet::begins_formula(seen), "{cell:?} of {read:?} at {other:?}");
                    }
                }
            }
        }

        let (bytes, notes) = file(&request(all(), ExportFormat::Xlsx, &columns), std::slice::from_ref(&given));
        prop_assert_eq!(notes.cut, 0);
        let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
        prop_assert!(!sheet.contains("<f>") && !sheet.contains("<f ") && !sheet.contains("hyperlink"));
        let cells: Vec<_> = sheet.split("<c r=").skip(1 + columns.len()).collect();
        prop_assert!(cells[2].contains("<v>-0.5</v>"), "{sheet}");
        for (text, cell) in shown.iter().zip(&cells) {
            prop_assert!(cell.contains("t=\"inlineStr\""), "{cell}");
            let begin = cell.find("preserve\">").unwrap() + "preserve\">".len();
            prop_assert_eq!(&read_xml_text(&cell[begin..cell.find("</t>").unwrap()]), text);
        }

        let (bytes, _) = file(&request(all(), ExportFormat::Json, &columns), &[given]);
        let objects: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(objects[0]["order_id"].as_str(), Some(texts[0].as_str()));
        prop_assert_eq!(objects[0]["order_description"].as_str(), Some(texts[1].as_str()));
    }
}

/// A text of a cell as Excel reads it: XML first, then its own escapes.
fn read_xml_text(xml: &str) -> String {
    let escape = regex::Regex::new("_x([0-9A-Fa-f]{4})_").unwrap();
    let text = xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let (mut read, mut rest) = (String::new(), text.as_str());
    while let Some(found) = escape.captures(rest) {
        let whole = found.get(0).unwrap();
        read.push_str(&rest[..whole.start()]);
        read.push(char::from_u32(u32::from_str_radix(&found[1], 16).unwrap()).unwrap());
        rest = &rest[whole.end()..];
    }
    read + rest
}

#[test]
fn calamine_reads_texts_and_amounts_of_a_workbook_as_they_were() {
    let columns = [ExportColumn::OrderId, ExportColumn::OrderDescription, ExportColumn::PayAmount];
    for (order, amount) in
        [("=1+1", "0.1"), ("+49 30", "-12345678.9012345"), ("1E5", "0.000000000000000001"), ("é\n\"<&>", "3")]
    {
        let mut given = payment();
        given.row.order_id = Some(order.to_owned());
        given.row.order_description = Some(order.to_owned());
        given.row.pay_amount = Some(amount.parse().unwrap());
        let (bytes, _) = file(&request(all(), ExportFormat::Xlsx, &columns), &[given]);
        let row = sheets(bytes)[0].1[1].clone();
        let text = Data::String(order.to_owned());
        assert_eq!(row, [text.clone(), text, Data::Float(amount.parse().unwrap())]);
    }
}

#[tokio::test]
async fn a_period_has_the_days_of_the_owner_from_their_first_moment_to_their_last() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    // The last and the first moments of the day on which clocks are put back: it has 25 hours.
    for at in [
        "2026-10-24T21:59:59.999Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T22:59:59.999Z",
        "2026-10-25T23:00:00Z",
    ] {
        add(&exports, 1, at).await;
    }
    let ids = async |what, zone| {
        let mut request = request(what, ExportFormat::Csv, &[ExportColumn::PaymentId]);
        request.choices.time_zone = zone;
        let list = WholeList::open(&exports.payments, exports.which(&request).unwrap()).await.unwrap();
        let total = list.total();
        let ids: Vec<_> = list.first(9).await.unwrap().into_iter().map(|payment| payment.row.id).collect();
        assert_eq!(ids.len(), total as usize);
        ids
    };
    let day = || period("2026-10-25", "2026-10-25");
    assert_eq!(ids(day(), ExportZone::Local).await, ["5000000001", "5000000002"]);
    assert_eq!(ids(day(), ExportZone::Utc).await, ["5000000002", "5000000003"]);
    assert_eq!(ids(period("2026-10-24", "2026-10-24"), ExportZone::Local).await, ["5000000000"]);
    assert_eq!(ids(period("2026-01-01", "2026-12-31"), ExportZone::Local).await.len(), 4);

    let narrowed = |search: &str| ExportedPayments::Period {
        from: "2026-10-25".to_owned(),
        to: "2026-10-25".to_owned(),
        search: search.to_owned(),
    };
    assert_eq!(ids(narrowed("status:finished"), ExportZone::Local).await, Vec::<String>::new());
    assert_eq!(ids(narrowed("status:waiting"), ExportZone::Local).await, ["5000000001", "5000000002"]);
}

#[tokio::test]
async fn chosen_payments_come_in_the_order_in_which_they_were_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    add(&exports, 5, "2026-11-01T00:00:00Z").await;
    let chosen = ["5000000003", "5000000000", "5000000003", "gone", "5000000004"].map(str::to_owned).to_vec();
    let chosen = Which::Selected(PaymentSelection::Ids { ids: chosen });
    let list = WholeList::open(&exports.payments, chosen).await.unwrap();
    assert_eq!(list.total(), 3);
    let ids: Vec<_> = list.first(9).await.unwrap().into_iter().map(|payment| payment.row.id).collect();
    assert_eq!(ids, ["5000000003", "5000000000", "5000000004"]);
}

#[tokio::test]
async fn what_came_in_another_coin_is_worth_nothing_of_the_price_unless_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    add(&exports, 3, "2026-11-01T00:00:00Z").await;
    let change = "UPDATE payments SET origin_type = 'WRONG_ASSET' WHERE id = '5000000001'";
    sqlx::query(change).execute(&exports.ctx.db).await.unwrap();
    let worths = async |what| {
        let request = request(what, ExportFormat::Csv, &[ExportColumn::Worth]);
        let list = WholeList::open(&exports.payments, exports.which(&request).unwrap()).await.unwrap();
        let payments = list.first(9).await.unwrap().into_iter();
        payments.map(|payment| payment.row.worth.map(|worth| worth.amount.to_string())).collect::<Vec<_>>()
    };
    let chosen = ["5000000001", "5000000002"].map(str::to_owned).to_vec();
    assert_eq!(
        worths(ExportedPayments::Selected { selection: PaymentSelection::Ids { ids: chosen } }).await,
        [None, Some("12.5".to_owned())]
    );
    assert_eq!(worths(all()).await, [None, None, Some("12.5".to_owned())]);
    let change = "UPDATE payments SET actually_paid_at_fiat = '9.87' WHERE id = '5000000001'";
    sqlx::query(change).execute(&exports.ctx.db).await.unwrap();
    assert_eq!(worths(all()).await[1].as_deref(), Some("9.87"));
}

#[tokio::test]
async fn what_is_written_while_a_list_is_read_does_not_change_it() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    add(&exports, 250, "2026-11-01T00:00:00Z").await;
    let request = request(all(), ExportFormat::Csv, &[ExportColumn::PaymentId]);
    let list = WholeList::open(&exports.payments, exports.which(&request).unwrap()).await.unwrap();
    add(&exports, 50, "2026-11-01T00:00:00Z").await;
    assert_eq!(list.total(), 250);
    let (send, mut receive) = mpsc::channel(10);
    list.hand_to(send).await.unwrap();
    let mut batches = Vec::new();
    while let Some(batch) = receive.recv().await {
        batches.push(batch.len());
    }
    assert_eq!(batches, [200, 50]);
}

/// Waits for the end of the export.
async fn ended(exports: &Exports) -> ExportStatus {
    let mut changes = exports.ctx.changes();
    loop {
        match exports.status() {
            Some(status) if status.state != ExportState::Running => return status,
            _ => drop(changes.recv().await),
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[tokio::test]
async fn twenty_thousand_payments_are_all_in_the_file_in_their_order() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let exports = shop(folder.path()).await;
    add(&exports, 20_000, "2026-10-01T00:00:00Z").await;
    let columns = [ExportColumn::PaymentId, ExportColumn::StatusWord, ExportColumn::Worth];
    for format in [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Json] {
        let path = target.path().join("payments");
        fs::write(&path, "what was there before").unwrap();
        exports.start(request(all(), format, &columns), &path).await.unwrap();
        let status = ended(&exports).await;
        assert_eq!(
            (status.state, status.done, status.total),
            (ExportState::Done, 20_000, 20_000),
            "{status:?}"
        );
        assert_eq!(status.path, path.display().to_string());
        assert_eq!(exports.file().unwrap(), path);
        assert_eq!(names(target.path()), ["payments"]);

        let bytes = fs::read(&path).unwrap();
        let rows: Vec<[String; 3]> = match format {
            ExportFormat::Csv => {
                csv_records(&bytes, b',').into_iter().skip(1).map(|row| row.try_into().unwrap()).collect()
            }
            ExportFormat::Xlsx => {
                let rows = sheets(bytes).remove(0).1.into_iter().skip(1);
                rows.map(|row| [0, 1, 2].map(|at| row[at].to_string())).collect()
            }
            ExportFormat::Json => {
                let objects: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                objects
                    .iter()
                    .map(|object| ["payment_id", "status_word", "worth"].map(|name| text(&object[name])))
                    .collect()
            }
        };
        assert_eq!(rows.len(), 20_000);
        for (n, row) in rows.iter().enumerate() {
            let paid = n % 3 != 0;
            let expected = if paid { ["Paid", "12.5"] } else { ["waiting", ""] };
            assert_eq!(
                *row,
                [(5_000_000_000 + n).to_string(), expected[0].to_owned(), expected[1].to_owned()]
            );
        }
    }
}

#[tokio::test]
async fn an_export_that_is_cancelled_leaves_the_file_that_was_there_and_nothing_else() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let exports = shop(folder.path()).await;
    add(&exports, 2_000, "2026-10-01T00:00:00Z").await;
    let path = target.path().join("payments.csv");
    fs::write(&path, "what was there before").unwrap();
    for format in [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Json] {
        let request = request(all(), format, &ExportColumn::ALL);
        let cancel = exports.begin(&path).unwrap();
        let (which, at_once) = (exports.which(&request).unwrap(), cancel.clone());
        let stop_half_way = move |done, total| {
            if done > 0 && done < total {
                at_once.cancel();
            }
        };
        let failure = exports.write_with(which, &request, &path, &cancel, stop_half_way).await.unwrap_err();
        assert!(failure.message.contains("cancelled") || failure.message.contains("stopped"), "{failure}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "what was there before");
        assert_eq!(names(target.path()), ["payments.csv"]);
        Running { exports: &exports }.end(Ended::Cancelled);
    }
    assert_eq!(exports.status().unwrap().state, ExportState::Cancelled);
    assert_eq!(exports.file().unwrap_err().code, crate::FailureCode::NotFound);
}

#[tokio::test]
async fn a_shop_that_is_closed_while_it_exports_leaves_nothing_behind() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let exports = shop(folder.path()).await;
    add(&exports, 2_000, "2026-10-01T00:00:00Z").await;
    let path = target.path().join("payments.csv");
    let request = request(all(), ExportFormat::Csv, &[ExportColumn::PaymentId]);
    let cancel = CancellationToken::new();
    let (half_way, is_half_way) = tokio::sync::oneshot::channel();
    let (closed, is_closed) = std_mpsc::channel::<()>();
    let half_way = Mutex::new(Some(half_way));
    let wait_half_way = move |done, _| {
        if let Some(tell) = half_way.lock().unwrap().take_if(|_| done > 0) {
            tell.send(()).unwrap();
            let _ = is_closed.recv();
        }
    };
    let which = exports.which(&request).unwrap();
    let writing = exports.write_with(which, &request, &path, &cancel, wait_half_way);
    tokio::select! {
        biased;
        half = is_half_way => half.unwrap(),
        ended = writing => panic!("{ended:?}"),
    }
    assert_eq!(names(target.path()), Vec::<String>::new());
    drop(closed);
}

#[tokio::test]
async fn one_export_at_a_time_is_written_and_the_choices_are_kept() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let exports = shop(folder.path()).await;
    assert_eq!(exports.choices().await.unwrap(), None);
    assert_eq!(exports.status(), None);
    let mut request = request(all(), ExportFormat::Csv, &[ExportColumn::PaymentId]);
    let path = target.path().join("payments.csv");

    let first = exports.begin(&path).unwrap();
    let refused = exports.start(request.clone(), &path).await.unwrap_err();
    assert!(refused.message.contains("running already"), "{refused}");
    exports.cancel();
    assert!(first.is_cancelled());
    Running { exports: &exports }.end(Ended::Cancelled);

    request.choices.delimiter = Delimiter::Tab;
    exports.start(request.clone(), &path).await.unwrap();
    assert_eq!(ended(&exports).await.state, ExportState::Done);
    assert_eq!(exports.choices().await.unwrap(), Some(request.choices));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said_in_words() {
    let (folder, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let exports = shop(folder.path()).await;
    let path = target.path().join("gone").join("payments.csv");
    exports.start(request(all(), ExportFormat::Csv, &[ExportColumn::Status]), &path).await.unwrap();
    let status = ended(&exports).await;
    assert_eq!(status.state, ExportState::Failed);
    let failure = status.failure.unwrap();
    assert!(failure.message.contains("is not there any more"), "{failure}");
}

/// A disk with room for so many bytes.
struct Disk(Cursor<Vec<u8>>, usize);

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let room = self.1.saturating_sub(self.0.position() as usize).min(bytes.len());
        if room == 0 {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.write(&bytes[..room])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_disk_that_is_full_is_said_in_words_whatever_the_kind_of_file() {
    let mut surroundings = Surroundings::native(
        PathBuf::new(),
        crate::secrets::Keychain::in_store("paydesk", keyring_core::mock::Store::new().unwrap()),
    );
    in_berlin(&mut surroundings);
    for format in [ExportFormat::Csv, ExportFormat::Xlsx, ExportFormat::Json] {
        let request = request(all(), format, &ExportColumn::ALL);
        let disk = Stoppable::new(Disk(Cursor::default(), 1000), CancellationToken::new());
        let columns = Columns::new(&request, &surroundings);
        let error = (|| {
            let mut writer = Writer::new(disk, columns, &request.choices)?;
            for n in 0..20_000 {
                let mut payment = payment();
                payment.row.id = n.to_string();
                writer.payment(&payment)?;
            }
            writer.finish().map(drop)
        })();
        let failure = not_written(Path::new("payments.csv"), &error.unwrap_err());
        assert!(failure.message.contains("The disk has no room for payments.csv"), "{format:?}: {failure}");
    }
}

#[tokio::test]
async fn a_preview_is_the_beginning_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    add(&exports, 5, "2026-11-01T00:00:00Z").await;
    let columns = [ExportColumn::PaymentId, ExportColumn::CreatedAt, ExportColumn::Worth];
    let what = || period("2026-11-01", "2026-11-30");
    let csv = exports.preview(request(what(), ExportFormat::Csv, &columns)).await.unwrap();
    assert_eq!((csv.total, csv.file_name.as_str()), (5, "payments-2026-11.csv"));
    assert_eq!(
        csv.text.unwrap(),
        "payment_id,created_at (Europe/Berlin),worth\n5000000000,2026-11-01 01:00:00,\n\
         5000000001,2026-11-01 01:01:00,12.5\n5000000002,2026-11-01 01:02:00,12.5\n"
    );
    let xlsx = exports.preview(request(what(), ExportFormat::Xlsx, &columns)).await.unwrap();
    assert_eq!((xlsx.file_name.as_str(), xlsx.rows.len()), ("payments-2026-11.xlsx", 4));
    assert_eq!(xlsx.rows[2][2], PreviewCell { text: "12.5".to_owned(), number: true });
    let json = exports.preview(request(all(), ExportFormat::Json, &columns)).await.unwrap();
    assert_eq!(json.file_name, "payments-2026-11-21.json"); // it is past midnight in Berlin
    assert_eq!(serde_json::from_str::<Vec<Value>>(&json.text.unwrap()).unwrap().len(), 3);
}

#[tokio::test]
async fn what_cannot_be_exported_is_said_at_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let exports = shop(folder.path()).await;
    let columns = [ExportColumn::PaymentId];
    let wrong = |what| request(what, ExportFormat::Csv, &columns);
    let typed = ExportedPayments::Period {
        from: "2026-01-01".to_owned(),
        to: "2026-01-31".to_owned(),
        search: "amount>x".to_owned(),
    };
    for (request, field) in [
        (wrong(typed), "search"),
        (wrong(period("2026-13-01", "2026-12-01")), "from"),
        (wrong(period("2026-12-02", "2026-12-01")), "to"),
        (request(all(), ExportFormat::Csv, &[]), "columns"),
        (request(all(), ExportFormat::Csv, &[ExportColumn::Status, ExportColumn::Status]), "columns"),
    ] {
        let failure = exports.preview(request).await.unwrap_err();
        assert_eq!(failure.field.as_deref(), Some(field), "{failure}");
    }
}
