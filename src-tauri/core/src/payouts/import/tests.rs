use proptest::prelude::*;

use super::*;

const BTC: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const TON: &str = "UQD9KGj6SIn4bKmlk0SFqTmkp4e8AiJsSFsR1C3_BpjGBOAF";
const ETH: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const TRX: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";
const XRP: &str = "rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat";
const KAVA: &str = "kava12rt97hg4naky3ws34vd4hvcq5zvkcuvgwjj9ek";
const XLM: &str = "GA2BIQUDNHBYBIWOWFEUF67TQB32H3UIGCUHUZJ6KHCP2W3CQVRNYAOP";

/// A list of coins with one of every sort.
fn coins() -> Catalogue {
    const EVM: &str = "^(0x)[0-9A-Fa-f]{40}$";
    const TRON: &str = "^T[1-9A-HJ-NP-Za-km-z]{33}$";
    let coin = |code: &str, network: &str, asset: &str, pattern: &str, more: serde_json::Value| {
        let mut coin = serde_json::json!({
            "id": 1, "code": code, "name": code, "enable": true, "wallet_regex": pattern, "priority": 1,
            "extra_id_exists": false, "extra_id_regex": null, "extra_id_optional": false, "network": network,
            "ticker": asset, "smart_contract": null, "network_precision": null,
            "available_for_payment": true, "available_for_payout": true,
        });
        let object = coin.as_object_mut().unwrap();
        object.extend(more.as_object().unwrap().clone());
        coin
    };
    let plain = || serde_json::json!({});
    let list = serde_json::json!({ "currencies": [
        coin("BTC", "btc", "btc", "^[13][a-km-zA-HJ-NP-Z1-9]{25,80}$|^(bc1)[0-9A-Za-z]{25,80}$", plain()),
        coin("ETH", "eth", "eth", EVM, serde_json::json!({"network_precision": "18"})),
        coin("TRX", "trx", "trx", TRON, serde_json::json!({"network_precision": "6"})),
        coin("USDTTRC20", "trx", "usdt", TRON, serde_json::json!({"smart_contract": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"})),
        coin("USDTERC20", "eth", "usdt", EVM, serde_json::json!({"smart_contract": "0xdac17f958d2ee523a2206206994597c13d831ec7"})),
        coin("USDTBSC", "bsc", "usdt", EVM, plain()),
        coin("XRP", "xrp", "xrp", "^r[1-9A-HJ-NP-Za-km-z]{25,34}$", serde_json::json!({"extra_id_exists": true, "extra_id_optional": true, "extra_id_regex": "^[0-9]{1,10}$"})),
        coin("XLM", "xlm", "xlm", "^G[A-Z0-9]{55}$", serde_json::json!({"extra_id_exists": true, "extra_id_regex": "^[A-Za-z0-9 ]{1,28}$"})),
        coin("GUSD", "eth", "gusd", EVM, serde_json::json!({"network_precision": "2"})),
        coin("NEAR", "near", "near", "[a-z0-9._-]{2,64}", plain()),
        coin("LAX", "odd", "lax", "[a-zA-Z0-9._:-]{2,64}", plain()),
        coin("ODD", "odd", "odd", "^(bc1|[13])[a-zA-HJ-NP-Z0-9]{25,62}$", plain()),
        coin("APT", "apt", "apt", "^0x[0-9a-fA-F]{1,64}$", plain()),
        coin("KAVA", "kava", "kava", "^(kava1[0-9a-z]{38}|0x[0-9a-fA-F]{40})$", plain()),
        coin("TON", "ton", "ton", "^[UE]Q[A-Za-z0-9_-]{46}$", serde_json::json!({"extra_id_exists": true, "extra_id_optional": true, "extra_id_regex": "^.{1,120}$"})),
        coin("XLMANY", "xlm", "xlmany", "^G[A-Z0-9]{55}$", serde_json::json!({"extra_id_exists": true, "extra_id_regex": "^.{1,120}$"})),
        coin("OFF", "eth", "off", EVM, serde_json::json!({"enable": false})),
        coin("KEPT", "eth", "kept", EVM, serde_json::json!({"available_for_payout": false})),
        coin("BROKEN", "odd", "broken", "^(a$", plain()),
        coin("SPLIT", "odd", "split", "x)|(y", plain()),
        coin("NOTHING", "odd", "nothing", "", plain()),
        coin("BADMEMO", "odd", "badmemo", "^[a-z]+$", serde_json::json!({"extra_id_exists": true, "extra_id_regex": "["})),
        coin("TWICE", "odd", "twice", "^a$", plain()),
        coin("TWICE", "odd", "twice", "^b$", plain()),
    ]});
    Catalogue::new(nowpayments::read_full_currencies(list.to_string().as_bytes()).unwrap())
}

fn read_all(bytes: &[u8]) -> Import {
    let import = import(bytes, &Choices::default(), &coins()).unwrap_or_else(|error| panic!("{error}"));
    assert_whole(&import);
    import
}

/// What holds for every file.
fn assert_whole(import: &Import) {
    let rows = import.summary.rows;
    assert_eq!(rows.records, rows.header + rows.blank + rows.accepted + rows.rejected);
    assert_eq!((rows.header, rows.accepted as usize), (1, import.accepted.len()));
    assert_eq!(rows.rejected as usize, import.rejected.len());
    let mut totals: BTreeMap<String, Amount> = BTreeMap::new();
    let mut fiat_totals: BTreeMap<&str, Amount> = BTreeMap::new();
    for row in &import.accepted {
        let (sum, amount) = match &row.amount {
            PayoutAmount::Coin(amount) => (totals.entry(row.currency.clone()).or_default(), amount),
            PayoutAmount::Fiat(fiat) => (fiat_totals.entry(fiat.currency).or_default(), &fiat.amount),
        };
        assert!(amount.is_positive());
        *sum += amount;
    }
    assert_eq!((totals, fiat_totals), (import.summary.totals.clone(), import.summary.fiat_totals.clone()));
}

/// Imports one row under the header of all known columns.
fn one(row: &str) -> Import {
    read_all(format!("address,currency,amount,extra_id,description,external_id\n{row}\n").as_bytes())
}

/// The problem of a single row, as its column and code.
fn problem_of(row: &str) -> (String, String, String) {
    let import = one(row);
    assert_eq!(import.rejected.len(), 1, "{row}: {:?}", import.accepted);
    let Problem { column, code, message, .. } = import.rejected[0].problem.clone();
    (column.unwrap_or_default(), code.to_string(), message)
}

fn warnings_of(row: &str) -> Vec<WarningCode> {
    let import = one(row);
    assert_eq!(import.rejected, [], "{row}");
    import.accepted[0].warnings.iter().map(|warning| warning.code).collect()
}

fn file_error(bytes: &[u8]) -> FileError {
    import(bytes, &Choices::default(), &coins()).expect_err("the file should be refused")
}

#[test]
fn a_whole_file_ends_in_exact_rows_and_numbered_errors() {
    let file = format!(
        "\u{FEFF}Amount; , Wallet Address ,CURRENCY,Note\r\n\
         1.5,{BTC},BTC,rent\n\
         \r\n\
         1e3,{TRX},trx,\n\
         0.000001,{ETH},Eth,\"a\nb\"\r\
         2.25,{BTC},btc,\n\
         , ,\t,\n\
         7,{TRX},usdterc20,\n",
    )
    .replace("Amount; ,", "Amount,");
    let import = read_all(file.as_bytes());
    assert_eq!(import.summary.rows, FileCounts { records: 8, header: 1, blank: 2, accepted: 3, rejected: 2 });
    assert_eq!(import.accepted.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 5, 7]);
    assert_eq!(import.rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 9]);
    assert_eq!(import.accepted[0].notes, [("Note".to_owned(), "rent".to_owned())]);
    assert_eq!(import.accepted[1].notes, [("Note".to_owned(), "a\nb".to_owned())]);
    assert_eq!(import.accepted[2].warnings[0].code, WarningCode::Duplicate);
    assert!(import.accepted[2].warnings[0].message.contains("Line 2 "));
    let totals: Vec<(&str, String)> =
        import.summary.totals.iter().map(|(ticker, total)| (ticker.as_str(), total.to_string())).collect();
    assert_eq!(totals, [("btc", "3.75".to_owned()), ("eth", "0.000001".to_owned())]);
    assert_eq!(import.rejected[0].raw, format!("1e3,{TRX},trx,"));
    assert_eq!(import.rejected[0].field(Column::Amount), "1e3");
    assert_eq!(import.rejected[0].problem.code, ProblemCode::AmountFormat);
    assert_eq!(import.rejected[1].problem.code, ProblemCode::AddressNetwork);
}

#[test]
fn headers_are_read_in_any_spelling_case_and_order() {
    for header in [
        "address,currency,amount",
        "ADDRESS,Currency,aMOUNT",
        " address\t, currency ,amount ",
        "\"address\",\"currency\",\"amount\"",
        "Wallet Address,Ticker,Amount",
        "wallet_address,COIN,payout amount",
        "\u{FEFF}address,currency,amount",
    ] {
        let import = read_all(format!("{header}\n{TRX},trx,5\n").as_bytes());
        assert_eq!(import.summary.rows.accepted, 1, "{header}");
    }
    let file = format!(
        "Destination Tag,Amount,unique_external_id,coin,payout_description,address\n9,5,id-1,xrp,\"Hi, you\",{XRP}\n"
    );
    let row = &read_all(file.as_bytes()).accepted[0];
    assert_eq!((row.extra_id.as_deref(), row.external_id.as_deref()), (Some("9"), Some("id-1")));
    assert_eq!(row.description.as_deref(), Some("Hi, you"));
}

#[test]
fn files_that_cannot_be_read_say_why() {
    use FileErrorCode::*;
    let row = format!("{TRX},trx,5\n");
    for (bytes, code, line, words) in [
        (b"".to_vec(), Empty, None, "empty"),
        (b"\xEF\xBB\xBF".to_vec(), Empty, None, "empty"),
        (b"\n \n\t\r\n,,\n".to_vec(), Empty, None, "blank lines"),
        (row.clone().into_bytes(), HeaderMissing, Some(1), "address,currency,amount"),
        (format!("\n\n{row}").into_bytes(), HeaderMissing, Some(3), "Line 3"),
        (
            b"name,currency,sum\nx,y,z\n".to_vec(),
            ColumnMissing,
            Some(1),
            "no column address and no column amount",
        ),
        (b"hello\n".to_vec(), ColumnMissing, Some(1), "\"hello\""),
        (b"address,currency,amount,Coin\n".to_vec(), ColumnDuplicate, Some(1), "\"currency\" and \"Coin\""),
        (
            b"address,address,currency,amount\n".to_vec(),
            ColumnDuplicate,
            Some(1),
            "\"address\" and \"address\"",
        ),
        (b"address,currency,\"amount\n".to_vec(), HeaderBroken, Some(1), "never closed"),
        (b"address,currency,amo\"unt\n".to_vec(), HeaderBroken, Some(1), "quote"),
        (
            b"\naddress,currency,amount,N\xF6te\xC3\xB6\n".to_vec(),
            Encoding,
            Some(2),
            "Byte 26 of line 2 (0xF6)",
        ),
        (b"\xFF\xFE\0\0a\0\0\0".to_vec(), Encoding, None, "UTF-32"),
        (vec![0; 5000], NotCsv, None, "zero bytes"),
        (b"PK\x03\x04......[Content_Types].xml".to_vec(), Unreadable, None, "cannot be unpacked"),
        (b"PK\x03\x04 mimetypeapplication/vnd.oasis.opendocument".to_vec(), NotCsv, None, "ODS"),
        (b"%PDF-1.7\n".to_vec(), NotCsv, None, "PDF"),
        (b"\n<!DOCTYPE html><table>".to_vec(), NotCsv, None, "web page"),
        (b"{\"a\":1}".to_vec(), NotCsv, None, "JSON"),
        (b"\xD0\xCF\x11\xE0\xA1".to_vec(), NotCsv, None, "XLS"),
    ] {
        let error = file_error(&bytes);
        assert_eq!(
            (error.code, error.line),
            (code, line),
            "{:?}: {}",
            String::from_utf8_lossy(&bytes),
            error.message
        );
        assert!(error.message.contains(words), "{:?}: {}", String::from_utf8_lossy(&bytes), error.message);
    }
}

#[test]
fn a_header_alone_is_a_file_without_payouts() {
    for file in ["address,currency,amount", "address,currency,amount\n", "address,currency,amount\r\n\r\n"] {
        let import = read_all(file.as_bytes());
        assert_eq!((import.summary.rows.accepted, import.summary.rows.rejected), (0, 0), "{file:?}");
    }
}

#[test]
fn files_that_cannot_be_had_say_why() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(folder.path()).unwrap_err().code, FileErrorCode::Directory);
    let missing = read(&folder.path().join("none.csv")).unwrap_err();
    assert_eq!(missing.code, FileErrorCode::NotFound);
    assert!(missing.message.contains("none.csv"));
    let too_large = file::read_at_most(2 << 20, std::io::repeat(b'x'), "The standard input", 0).unwrap_err();
    assert_eq!(too_large.code, FileErrorCode::TooLarge);
    assert!(too_large.message.contains("larger than 2 MiB"));
    assert_eq!(read_from(&b"abc"[..], "The standard input").as_deref(), Ok(&b"abc"[..]));
}

#[test]
fn broken_records_are_rejected_whole_and_the_next_line_is_read() {
    let header = "address,currency,amount,note\n";
    let good = format!("{TRX},trx,1,\n");
    for (row, column, code, words) in [
        (format!("{TRX},trx,1\n"), None, ProblemCode::FieldCount, "3 fields and the header 4"),
        (format!("{TRX},trx,1,5,x\n"), None, ProblemCode::FieldCount, "5 fields"),
        (
            format!("{TRX},trx,\"1\"0,\n"),
            Some("amount"),
            ProblemCode::QuoteTextAfter,
            "follows the closing quote",
        ),
        (format!("{TRX},trx,\"1\n\"0,\n"), Some("amount"), ProblemCode::QuoteTextAfter, "line 2 to line 3"),
        (format!("{TRX},trx, \"1\",\n"), Some("amount"), ProblemCode::QuoteInside, "begin with one"),
        (format!("{TRX},trx,1,5\" pipe\n"), Some("note"), ProblemCode::QuoteInside, "begin with one"),
    ] {
        let import = read_all(format!("{header}{row}{good}").as_bytes());
        assert_eq!((import.summary.rows.accepted, import.summary.rows.rejected), (1, 1), "{row}");
        let rejected = &import.rejected[0];
        assert_eq!((rejected.line, rejected.problem.code), (2, code), "{row}");
        assert_eq!(rejected.problem.column.as_deref(), column, "{row}");
        assert!(rejected.problem.message.contains(words), "{row}: {}", rejected.problem.message);
        assert_eq!(rejected.raw, row.trim_end(), "{row}");
    }
}

#[test]
fn an_unclosed_quote_is_one_rejected_record_that_names_what_it_swallowed() {
    let file = format!(
        "address,currency,amount,note\n{TRX},trx,1,a\n{TRX},trx,2,\"b\n{TRX},trx,3,c\n{TRX},trx,4,d\n"
    );
    let import = read_all(file.as_bytes());
    assert_eq!(import.summary.rows, FileCounts { records: 3, header: 1, blank: 0, accepted: 1, rejected: 1 });
    let rejected = &import.rejected[0];
    assert_eq!((rejected.line, rejected.problem.code), (3, ProblemCode::QuoteUnclosed));
    assert!(rejected.problem.message.contains("from line 3 to line 5"), "{}", rejected.problem.message);
    assert!(rejected.raw.contains(",3,c"));
}

#[test]
fn a_row_that_two_stray_quotes_swallow_is_pointed_out() {
    let file = format!("address,currency,amount,note\n{TRX},trx,1,\"a\n{TRX},trx,2,b\"\n");
    let warnings = &read_all(file.as_bytes()).accepted[0].warnings;
    assert_eq!(warnings[0].code, WarningCode::QuotedLines);
    assert!(warnings[0].message.contains("goes on to line 3"));
    let harmless = format!("address,currency,amount,note\n{TRX},trx,1,\"a\nb, c\"\n");
    assert_eq!(read_all(harmless.as_bytes()).accepted[0].warnings, []);
}

#[test]
fn bytes_that_are_not_utf_8_reject_their_record_alone() {
    let mut file = format!("address,currency,amount,note\n{TRX},trx,1,\"x\ny").into_bytes();
    file.extend_from_slice(b"\xE4\"\n");
    file.extend_from_slice(format!("{TRX},trx,2,é\n").as_bytes());
    let import = read_all(&file);
    assert_eq!((import.summary.rows.accepted, import.summary.rows.rejected), (1, 1));
    let rejected = &import.rejected[0];
    assert_eq!((rejected.line, rejected.problem.code), (2, ProblemCode::Encoding));
    assert_eq!(rejected.problem.column.as_deref(), Some("note"));
    assert_eq!(rejected.problem.value, "x\ny\\xE4");
    assert!(rejected.problem.message.contains("Byte 2 of line 3 (0xE4)"), "{}", rejected.problem.message);
    assert!(rejected.raw.ends_with("y\\xE4\""));
    assert_eq!(import.accepted[0].line, 4);
}

#[test]
fn addresses_are_refused_with_a_code_and_the_reason() {
    let cyrillic = TRX.replace('p', "р");
    for (address, ticker, code, words) in [
        ("", "btc", "address_missing", "missing"),
        (
            cyrillic.as_str(),
            "trx",
            "address_characters",
            "Position 3 of the address holds U+0440, a letter that only looks like \"p\"",
        ),
        (
            &format!("{}\u{200B}{}", &TRX[..4], &TRX[4..]),
            "trx",
            "address_characters",
            "Position 5 of the address holds U+200B",
        ),
        (&format!("{TRX}\u{FEFF}"), "trx", "address_characters", "U+FEFF"),
        (&format!("\"{TRX} \""), "trx", "address_characters", "Position 35 of the address holds a space"),
        (&format!("\"{TRX}\n\""), "trx", "address_characters", "a line break"),
        (
            &format!("{} {}", &TRX[..4], &TRX[4..]),
            "trx",
            "address_characters",
            "Position 5 of the address holds a space",
        ),
        (&format!("{TRX}\0"), "trx", "address_characters", "NUL"),
        (&format!("bitcoin:{BTC}"), "btc", "address_prefix", "\"bitcoin:\""),
        (&format!("bitcoin:{BTC}?amount=1"), "btc", "address_prefix", "\"bitcoin:\""),
        (&format!("ethereum:{ETH}@1"), "eth", "address_prefix", "\"ethereum:\""),
        (&format!("https://tronscan.org/#/address/{TRX}"), "trx", "address_prefix", "\"https:\""),
        ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAA", "trx", "address_checksum", "checksum"),
        ("tkppxbvbxjvw8t3rm3l3vpnd2ky4ycpyah", "trx", "address_format", "position"),
        ("0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "eth", "address_checksum", "checksum"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA", "eth", "address_format", "38 characters"),
        (&ETH[2..], "eth", "address_format", "lacks the 0x"),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "btc", "address_format", "lower case"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "btc", "address_network", "test network"),
        (TRX, "usdterc20", "address_network", "TRON"),
        (TRX, "usdterc20", "address_network", "the ticker is usdttrc20"),
        (ETH, "usdttrc20", "address_network", "the ticker is usdterc20 or usdtbsc"),
        (ETH, "btc", "address_network", "Ethereum"),
        (BTC, "eth", "address_network", "Ask the recipient"),
        ("LdP8Qox1VAhCzLJNqrr74YovaWYyNBUWvL", "btc", "address_network", "Litecoin"),
        ("a", "near", "address_format", "near"),
        (BTC, "near", "address_network", "Bitcoin"),
        (BTC, "lax", "address_network", "Bitcoin"),
        (TRX, "lax", "address_network", "TRON"),
        ("cosmos1t0478zjhvrsneah7fvyecs3hgztnkm0g9h279u", "lax", "address_network", "Cosmos"),
        ("total", "near", "address_format", "a word for a sum"),
        ("Summe:", "lax", "address_format", "a word for a sum"),
        ("kava1krjxel6dlwypa6xscm9f5qpdmgyfdwusn26zz4", "kava", "address_checksum", "checksum"),
        (
            &format!("0x{}", &ETH[2..].replace('A', "a").replace('B', "b").replacen("ae", "Ae", 1)),
            "kava",
            "address_checksum",
            "checksum",
        ),
        ("anything", "broken", "coin_unusable", "cannot be checked"),
        ("x", "split", "coin_unusable", "cannot be checked"),
        ("anything", "nothing", "coin_unusable", "cannot be checked"),
        (&"1".repeat(600), "btc", "too_long", "far too long"),
    ] {
        let (column, found, message) = problem_of(&format!("{address},{ticker},1,,,"));
        assert_eq!((column.as_str(), found.as_str()), ("address", code), "{address} {ticker}: {message}");
        assert!(message.contains(words), "{address} {ticker}: {message}");
    }
}

#[test]
fn good_addresses_of_every_sort_of_coin_are_taken_as_they_stand() {
    for (address, ticker) in [
        (BTC, "btc"),
        (ETH, "ETH"),
        (&ETH.to_lowercase(), "usdterc20"),
        (TRX, "trx"),
        (TRX, "UsdtTrc20"),
        ("alice.near", "near"),
        ("anything.at-all", "lax"),
        (BTC, "odd"),
        (ETH, "kava"),
        (KAVA, "kava"),
        (&format!("0x{}", "1a".repeat(32)), "apt"),
        (&format!("  {TRX}\t"), "trx"),
        (&format!("\"{TRX}\""), "trx"),
    ] {
        let import = one(&format!("{address},{ticker},1,,,"));
        assert_eq!(import.rejected, [], "{address}");
        assert_eq!(import.accepted[0].address, address.trim_matches([' ', '\t', '"']));
        assert_eq!(import.accepted[0].currency, ticker.to_lowercase());
    }
}

#[test]
fn currencies_are_refused_with_a_code_and_a_suggestion() {
    for (ticker, code, words) in [
        ("", "currency_missing", "missing"),
        ("usdt", "currency_unknown", "Say which network: usdttrc20, usdterc20, usdtbsc."),
        ("usdttrc2", "currency_unknown", "Is usdttrc20 meant?"),
        ("usdtpolygon", "currency_unknown", "Say which network"),
        ("btcc", "currency_unknown", "btc"),
        ("tbc", "currency_unknown", "Is btc meant?"),
        ("zzz", "currency_unknown", "no coin \"zzz\"."),
        ("ТRX", "currency_unknown", "Position 1 holds U+0422, a letter that only looks like \"T\""),
        ("\"trx \"", "currency_unknown", "Position 4 holds a space"),
        ("off", "currency_unavailable", "switched off"),
        ("kept", "currency_unavailable", "cannot be paid out"),
        ("twice", "currency_unavailable", "listed twice"),
    ] {
        let (column, found, message) = problem_of(&format!("{TRX},{ticker},1,,,"));
        assert_eq!((column.as_str(), found.as_str()), ("currency", code), "{ticker}: {message}");
        assert!(message.contains(words), "{ticker}: {message}");
    }
}

#[test]
fn amounts_are_bound_by_the_decimals_of_the_network_too() {
    assert_eq!(problem_of(&format!("{ETH},gusd,1.234,,,")).1, "amount_ambiguous");
    assert_eq!(problem_of(&format!("{ETH},gusd,1.2345,,,")).1, "amount_decimals");
    assert_eq!(one(&format!("{ETH},gusd,1.2300,,,")).accepted[0].amount.to_string(), "1.23");
}

#[test]
fn a_row_pays_an_amount_or_what_a_sum_of_money_buys_and_never_both() {
    let read = |row: &str| {
        read_all(format!("address,currency,amount,fiat_amount,fiat_currency\n{ETH},{row}\n").as_bytes())
    };
    let fiat = read("eth,,250.50,EUR").accepted.remove(0);
    assert_eq!((fiat.currency.as_str(), fiat.amount.to_string().as_str()), ("eth", "250.5 EUR"));
    // The network of the coin has no say in cents.
    assert_eq!(read("gusd,,0.05,usd").accepted[0].amount.to_string(), "0.05 USD");
    for (row, column, code, words) in [
        ("eth,0.1,250,eur", "fiat_amount", "amount_twice", "both 0.1 of the coin and the sum 250"),
        ("eth,,250,", "fiat_currency", "currency_missing", "one of usd, eur"),
        ("eth,,,eur", "fiat_amount", "amount_missing", "no sum of it"),
        ("eth,0.1,,eur", "fiat_amount", "amount_missing", "empty fiat_currency"),
        ("eth,,250,jpy", "fiat_currency", "currency_unknown", "no sums in \"jpy\""),
        ("eth,,250.001,eur", "fiat_amount", "amount_ambiguous", "250001"),
        ("eth,,250.0001,eur", "fiat_amount", "amount_decimals", "at most 2"),
        ("eth,,$5,usd", "fiat_amount", "amount_format", "column fiat_currency"),
        ("eur,250,,", "currency", "currency_unknown", "columns fiat_amount and fiat_currency"),
    ] {
        let rejected = read(row).rejected.remove(0);
        let problem = rejected.problem;
        assert_eq!(
            (problem.column.as_deref(), problem.code.to_string().as_str()),
            (Some(column), code),
            "{row}"
        );
        assert!(problem.message.contains(words), "{row}: {}", problem.message);
    }
}

#[test]
fn a_point_before_three_digits_is_settled_by_the_rest_of_the_file() {
    let file = |other: &str| {
        let file = format!("address,currency,amount\n{TRX},trx,1.000\n{ETH},eth,{other}\n");
        read_all(file.as_bytes()).accepted.iter().map(|row| row.amount.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(file("0.5"), ["1", "0.5"]);
    assert_eq!(file("7"), ["7"]);
    assert_eq!(file("\"1,5\""), [""; 0]);
}

#[test]
fn an_address_of_ethereum_on_an_unknown_network_gets_a_caution() {
    assert_eq!(warnings_of(&format!("{ETH},apt,1,,,")), [WarningCode::AddressUnusual]);
    assert_eq!(warnings_of(&format!("{ETH},kava,1,,,")), []);
}

#[test]
fn suggestions_for_unknown_tickers_end_after_a_thousand_in_the_whole_file() {
    let mut file = "address,currency,amount\n".to_owned();
    for number in 0..3000 {
        file.push_str(&format!("{TRX},usdt{number},1\n"));
    }
    let import = import(file.as_bytes(), &Choices::default(), &coins()).unwrap();
    let hinted = import.rejected.iter().filter(|row| row.problem.message.contains("Say which network"));
    assert_eq!((import.rejected.len(), hinted.count()), (3000, 1000));
}

#[test]
fn memos_are_checked_against_the_coin() {
    for (row, code, words) in [
        (format!("{XLM},xlm,1,,,"), "extra_id_missing", "needs a memo"),
        (format!("{XLM},xlm,1,a-b,,"), "extra_id_format", "xlm"),
        (format!("{XLM},xlm,1,\u{442},,"), "extra_id_format", "U+0442"),
        (format!("{XLM},xlm,1,\" 5\",,"), "extra_id_format", "inside the quotes"),
        (format!("{XRP},xrp,1,12a,,"), "extra_id_format", "whole number"),
        (format!("{XRP},xrp,1,4294967296,,"), "extra_id_format", "4294967295"),
        (format!("{XRP},xrp,1,1.23457E+12,,"), "extra_id_format", "spreadsheet"),
        (format!("{TON},ton,1,\"1,23457E+12\",,"), "extra_id_format", "spreadsheet"),
        (format!("{TON},ton,1,1.23457e+12,,"), "extra_id_format", "spreadsheet"),
        (format!("{XLM},xlmany,1,{},,", "a".repeat(29)), "extra_id_format", "at most 28"),
        (format!("{XRP},xrp,1,٣,,"), "extra_id_format", "U+0663"),
        (format!("{BTC},btc,1,77,,"), "extra_id_unexpected", "no memo"),
        ("abc,badmemo,1,5,,".to_owned(), "coin_unusable", "memos and tags"),
    ] {
        let (column, found, message) = problem_of(&row);
        assert_eq!((column.as_str(), found.as_str()), ("extra_id", code), "{row}: {message}");
        assert!(message.contains(words), "{row}: {message}");
    }
    assert_eq!(warnings_of(&format!("{XRP},xrp,1,,,")), [WarningCode::ExtraIdMissing]);
    assert_eq!(warnings_of(&format!("{XRP},xrp,1,0,,")), []);
    assert_eq!(warnings_of(&format!("{XLM},xlmany,1,{},,", "a1".repeat(32))), [], "a hash");
    assert_eq!(warnings_of(&format!("{TON},ton,1,a+b,,")), []);
    assert_eq!(one(&format!("{XLM},xlm,1, hello you ,,")).accepted[0].extra_id.as_deref(), Some("hello you"));
}

#[test]
fn the_same_recipient_twice_is_a_warning_on_the_later_row() {
    let lower = ETH.to_lowercase();
    for (rows, warned) in [
        (vec![format!("{ETH},eth,1,,,"), format!("{lower},eth,2,,,")], vec![3]),
        (vec![format!("{ETH},eth,1,,,"), format!("{ETH},usdterc20,2,,,")], vec![]),
        (vec![format!("{XRP},xrp,1,5,,"), format!("{XRP},xrp,1,6,,"), format!("{XRP},XRP,1,5,,")], vec![4]),
        (vec![format!("{ETH},eth,x,,,"), format!("{ETH},eth,2,,,")], vec![]),
        (vec![format!("{TRX},trx,1,,,"); 3], vec![3, 4]),
        (vec!["alice.near,near,1,,,".to_owned(), "bob.near,near,1,,,".to_owned()], vec![]),
    ] {
        let import = one(&rows.join("\n"));
        let found: Vec<u32> = import
            .accepted
            .iter()
            .filter(|row| row.warnings.iter().any(|warning| warning.code == WarningCode::Duplicate))
            .map(|row| row.line)
            .collect();
        assert_eq!(found, warned, "{rows:?}");
    }
}

#[test]
fn an_external_id_may_occur_once() {
    let import =
        one(&format!("{TRX},trx,1,,,a\n{ETH},eth,2,,,a\n{ETH},eth,3,,,A\n{ETH},eth,x,,,b\n{BTC},btc,5,,,b"));
    assert_eq!(import.accepted.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4]);
    let problems: Vec<(u32, String)> =
        import.rejected.iter().map(|row| (row.line, row.problem.code.to_string())).collect();
    assert_eq!(
        problems,
        [
            (3, "external_id_duplicate".to_owned()),
            (5, "amount_format".to_owned()),
            (6, "external_id_duplicate".to_owned())
        ]
    );
    assert!(import.rejected[0].problem.message.contains("Line 2 "));
}

#[test]
fn unusual_recipients_are_pointed_out() {
    for (address, ticker, warning) in [
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "usdttrc20", WarningCode::AddressContract),
        ("0xdAC17F958D2ee523a2206206994597C13D831ec7", "usdterc20", WarningCode::AddressContract),
        ("0x0000000000000000000000000000000000000000", "eth", WarningCode::AddressUnusual),
    ] {
        assert_eq!(warnings_of(&format!("{address},{ticker},1,,,")), [warning], "{address}");
    }
    assert_eq!(warnings_of(&format!("{TRX},usdttrc20,1,,,")), []);
}

#[test]
fn texts_that_hide_something_or_are_too_long_are_refused() {
    let long = "x".repeat(LONGEST_DESCRIPTION + 1);
    for (row, column, code) in [
        (format!("{TRX},trx,1,,a\u{7}b,"), "description", "control_character"),
        (format!("{TRX},trx,1,,a\u{202E}b,"), "description", "control_character"),
        (format!("{TRX},trx,1,,{long},"), "description", "too_long"),
        (format!("{TRX},trx,1,,,\"a\nb\""), "external_id", "control_character"),
        (format!("{TRX},trx,1,,,a\u{200B}"), "external_id", "control_character"),
        (format!("{TRX},trx,1,,,{long}"), "external_id", "too_long"),
        (format!("{XLM},xlm,1,\"a\tb\",,"), "extra_id", "control_character"),
    ] {
        let (found_column, found, message) = problem_of(&row);
        assert_eq!((found_column.as_str(), found.as_str()), (column, code), "{row}: {message}");
    }
    let import = read_all(format!("address,currency,amount,Wer\n{TRX},trx,1,\0\n").as_bytes());
    assert_eq!(import.rejected[0].problem.column.as_deref(), Some("Wer"));
    let import = one(&format!("{TRX},trx,1,,\"two\nlines, 👨‍👩‍👧 e\u{301}\","));
    assert_eq!(import.accepted[0].description.as_deref(), Some("two\nlines, 👨‍👩‍👧 e\u{301}"));
}

#[test]
fn every_problem_of_a_row_is_found() {
    let import = one(&format!("{XLM}x,xlm,-1,,\u{7},"));
    let row = &import.rejected[0];
    let codes: Vec<ProblemCode> =
        std::iter::once(&row.problem).chain(&row.also).map(|problem| problem.code).collect();
    assert_eq!(
        codes,
        [
            ProblemCode::AddressFormat,
            ProblemCode::AmountNegative,
            ProblemCode::ExtraIdMissing,
            ProblemCode::ControlCharacter
        ]
    );
}

#[test]
fn a_hundred_thousand_rows_are_checked_in_proportion() {
    let mut file = "address,currency,amount,external_id\n".to_owned();
    for number in 0..100_000 {
        file.push_str(&format!("user{number}.near,near,0.00000{},{number}\n", number % 9 + 1));
    }
    let import = read_all(file.as_bytes());
    assert_eq!((import.summary.rows.accepted, import.summary.rows.rejected), (100_000, 0));
    assert_eq!(import.summary.totals["near"].to_string(), "0.499996");
}

proptest! {
    #[test]
    fn no_file_makes_it_panic_or_lose_a_record(
        parts in prop::collection::vec(prop::sample::select(vec![
            TRX, ETH, BTC, "trx", "eth", "usdt", "1", "0.5", "1.000", "1,5", "1e3", ",", ",", ",", "\"", "\n", "\r\n", "\r",
            " ", "\u{FEFF}", "\u{200B}", "\0", "a", ";", "😀", "x:y",
        ]), 0..60),
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        at in any::<prop::sample::Index>(),
    ) {
        let mut body = parts.concat().into_bytes();
        let at = at.index(body.len() + 1);
        body.splice(at..at, bytes.iter().copied());
        for header in ["", "address,currency,amount\n", "amount,address,note,currency,external_id,extra_id,description\n"] {
            let file = [header.as_bytes(), &body].concat();
            if let Ok(import) = import(&file, &Choices::default(), &coins()) {
                assert_whole(&import);
            } else {
                prop_assert!(header.is_empty(), "a file with a good header is read");
            }
        }
    }

    #[test]
    fn any_table_written_in_any_form_reads_back_exactly(rows in tables(), form in forms()) {
        let (bytes, choices) = form.write(&rows);
        let read = import(&bytes, &choices, &coins()).unwrap_or_else(|error| panic!("{form:?}: {error}"));
        assert_whole(&read);
        prop_assert_eq!(&read.rejected, &[], "{:?}", form);
        let found: Vec<Paid> = read.accepted.iter().map(Paid::of).collect();
        prop_assert_eq!(found, rows, "{:?}", form);
    }

    #[test]
    fn one_changed_character_of_an_address_is_noticed(
        rows in tables(),
        row in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        other in "[0-9A-Za-z]",
    ) {
        let mut changed = rows.clone();
        let row = row.index(changed.len());
        let address = &mut changed[row].address;
        let at = at.index(address.len());
        let same = address[at..].starts_with(&other);
        address.replace_range(at..=at, &other);
        let (bytes, choices) = Form::plain().write(&changed);
        let read = import(&bytes, &choices, &coins()).unwrap();
        prop_assert_eq!(read.rejected.len(), usize::from(!same), "{}", &changed[row].address);
    }

    #[test]
    fn one_changed_character_of_an_amount_is_noticed_by_control_totals(
        rows in tables(),
        form in forms(),
        row in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        other in "[0-9.,eE+_'x-]",
    ) {
        let sums = |rows: &[Paid]| {
            let mut sums: BTreeMap<String, Amount> = BTreeMap::new();
            for row in rows {
                let currency = row.fiat.map_or_else(|| row.currency.clone(), str::to_owned);
                *sums.entry(currency).or_default() += &row.amount.parse().unwrap();
            }
            sums
        };
        let row = row.index(rows.len());
        let form = Form { sheet: false, ..form };
        let written = form.amount(&rows[row].amount);
        let at = at.index(written.len());
        let mut changed = written.clone();
        changed.replace_range(at..=at, &other);
        // A space between thousands instead of a point changes nothing.
        let plain = |text: &str| form.numbers.map_or(Some(text.to_owned()), |(numbers, _)| numbers.plain(text));
        prop_assume!(plain(&changed) != plain(&written) || plain(&changed).is_none());
        let (bytes, choices) = form.write_with(&rows, Some((row, &changed)));
        let read = import(&bytes, &choices, &coins()).unwrap();
        let mut totals = read.summary.totals;
        totals.extend(read.summary.fiat_totals.into_iter().map(|(currency, sum)| (currency.to_owned(), sum)));
        let noticed = read.accepted.len() != rows.len() || totals != sums(&rows);
        prop_assert!(noticed, "{} as {} in {:?}", written, changed, form);
    }
}

/// A payout, as it is paid.
#[derive(Debug, Clone, PartialEq)]
struct Paid {
    address: String,
    currency: String,
    amount: String,
    /// The currency of the amount, where it is not the coin itself.
    fiat: Option<&'static str>,
    extra_id: String,
    description: String,
}

impl Paid {
    fn of(row: &AcceptedRow) -> Self {
        Self {
            address: row.address.clone(),
            currency: row.currency.clone(),
            amount: row.amount.fiat().map_or_else(|| row.amount.to_string(), |fiat| fiat.amount.to_string()),
            fiat: row.amount.fiat().map(|fiat| fiat.currency),
            extra_id: row.extra_id.clone().unwrap_or_default(),
            description: row.description.clone().unwrap_or_default(),
        }
    }
}

fn tables() -> impl Strategy<Value = Vec<Paid>> {
    let fiat = prop::sample::select(vec![None, None, Some("eur"), Some("usd")]);
    let row = (0..4usize, 1u64..10_000_000_000, 0u32..=6, fiat, "[ -~éÄ]{0,20}", 0u32..).prop_map(
        |(coin, units, decimals, fiat, description, memo)| {
            let decimals = if fiat.is_some() { decimals % 3 } else { decimals };
            let (address, currency, memo) = match coin {
                0 => (TRX, "trx", String::new()),
                1 => (ETH, "usdterc20", String::new()),
                2 => (BTC, "btc", String::new()),
                _ => (XRP, "xrp", memo.to_string()),
            };
            let digits = format!("{units:07}");
            let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
            let amount: Amount = format!("{whole}.{fraction}0").parse().unwrap();
            Paid {
                address: address.to_owned(),
                currency: currency.to_owned(),
                amount: amount.to_string(),
                fiat,
                extra_id: memo,
                description: description.trim_matches(' ').to_owned(),
            }
        },
    );
    prop::collection::vec(row, 1..12)
}

/// The columns of a table.
const COLUMNS: [Column; 7] = [
    Column::Address,
    Column::Currency,
    Column::Amount,
    Column::FiatAmount,
    Column::FiatCurrency,
    Column::ExtraId,
    Column::Description,
];

/// How a table is written.
#[derive(Debug, Clone)]
struct Form {
    encoding: Encoding,
    mark: bool,
    delimiter: char,
    end: &'static str,
    quoted: bool,
    /// A sign before decimals and one between thousands, where the owner says so.
    numbers: Option<(Numbers, char)>,
    order: Vec<Column>,
    blank: bool,
    sheet: bool,
}

fn forms() -> impl Strategy<Value = Form> {
    let encodings = vec![Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252];
    let numbers = prop::sample::select(vec![
        None,
        Some((Numbers::Point, ',')),
        Some((Numbers::Point, ' ')),
        Some((Numbers::Comma, '.')),
        Some((Numbers::Comma, ' ')),
    ]);
    let order = Just(COLUMNS.to_vec());
    (
        prop::sample::select(encodings),
        any::<bool>(),
        prop::sample::select(vec![',', ';', '\t', '|']),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        any::<bool>(),
        numbers,
        order.prop_shuffle(),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(encoding, mark, delimiter, end, quoted, numbers, order, blank, sheet)| Form {
            encoding,
            mark,
            delimiter,
            end,
            quoted,
            numbers,
            order,
            blank,
            sheet,
        })
}

impl Form {
    fn plain() -> Self {
        Self {
            encoding: Encoding::Utf8,
            mark: false,
            delimiter: ',',
            end: "\n",
            quoted: false,
            numbers: None,
            order: COLUMNS.to_vec(),
            blank: false,
            sheet: false,
        }
    }

    fn amount(&self, plain: &str) -> String {
        let Some((numbers, group)) = self.numbers else {
            // So that three decimals are no question.
            return match plain.split_once('.') {
                Some((whole, decimals)) if decimals.len() == 3 => format!("{whole}.{decimals}0"),
                _ => plain.to_owned(),
            };
        };
        let (whole, decimals) = plain.split_once('.').unwrap_or((plain, ""));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(group);
            }
            grouped.push(digit);
        }
        let sign = if numbers == Numbers::Point { '.' } else { ',' };
        if decimals.is_empty() { grouped } else { format!("{grouped}{sign}{decimals}") }
    }

    fn write(&self, rows: &[Paid]) -> (Vec<u8>, Choices) {
        self.write_with(rows, None)
    }

    /// Writes a table, with another text for one amount.
    fn write_with(&self, rows: &[Paid], changed: Option<(usize, &str)>) -> (Vec<u8>, Choices) {
        let choices = Choices { numbers: self.numbers.map(|(numbers, _)| numbers), ..Choices::default() };
        let cell = |index: usize, row: &Paid, column: Column| match column {
            Column::Address => row.address.clone(),
            Column::Currency => row.currency.to_uppercase(),
            Column::Amount | Column::FiatAmount if (column == Column::FiatAmount) != row.fiat.is_some() => {
                String::new()
            }
            Column::Amount | Column::FiatAmount => match changed {
                Some((at, text)) if at == index => text.to_owned(),
                _ => self.amount(&row.amount),
            },
            Column::FiatCurrency => row.fiat.unwrap_or_default().to_uppercase(),
            Column::ExtraId => row.extra_id.clone(),
            _ => row.description.clone(),
        };
        let header = self.order.iter().map(ToString::to_string).collect();
        let mut table: Vec<Vec<String>> = vec![header];
        for (index, row) in rows.iter().enumerate() {
            if self.blank && index % 3 == 1 {
                table.push(vec![String::new(); self.order.len()]);
            }
            table.push(self.order.iter().map(|column| cell(index, row, *column)).collect());
        }
        if self.sheet {
            return (workbook::tests::of_texts(&table), choices);
        }
        let field = |text: &String| {
            if self.quoted || text.contains(['"', self.delimiter]) {
                format!("\"{}\"", text.replace('"', "\"\""))
            } else {
                text.clone()
            }
        };
        let delimiter = self.delimiter.to_string();
        let line = |row: &Vec<String>| row.iter().map(field).collect::<Vec<_>>().join(&delimiter) + self.end;
        let text: String = table.iter().map(line).collect();
        let marked = if self.mark { format!("\u{FEFF}{text}") } else { text.clone() };
        let bytes = match self.encoding {
            Encoding::Utf8 => marked.into_bytes(),
            Encoding::Utf16Le => marked.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => marked.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        };
        (bytes, choices)
    }
}
