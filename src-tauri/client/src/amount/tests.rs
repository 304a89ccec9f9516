use std::hash::{BuildHasher, RandomState};

use super::*;
use proptest::prelude::*;

fn amount(text: &str) -> Amount {
    text.parse().unwrap_or_else(|problem| panic!("{text}: {problem}"))
}

#[test]
fn plain_decimals_are_read_and_written_canonically() {
    fn check(text: &str, canonical: &str) {
        assert_eq!(amount(text).to_string(), canonical, "{text}");
    }
    check("0", "0");
    check("-0", "0");
    check("-0.000", "0");
    check("200", "200");
    check("1000000", "1000000");
    check("007", "7");
    check("10.000000", "10");
    check("94.088939", "94.088939");
    check("-1.50", "-1.5");
    check("0.000041013900000000004", "0.000041013900000000004");
    check(
        "999999999999999999999999999999.999999999999999999999999999999",
        "999999999999999999999999999999.999999999999999999999999999999",
    );
}

#[test]
fn zeros_that_mean_nothing_do_not_count_against_the_bounds() {
    let zeros = "0".repeat(200);
    assert_eq!(amount(&format!("{zeros}1.5{zeros}")), amount("1.5"));
}

#[test]
fn anything_but_a_plain_decimal_is_malformed() {
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "-.5",
        "+3",
        "1e3",
        "1E3",
        "0x10",
        "1_000",
        "1,5",
        " 1",
        "1 ",
        "1\u{a0}000",
        "--1",
        "1-",
        "1.2.3",
        "NaN",
        "inf",
        "-inf",
        "١٢",
        "１",
        "$5",
        "5 ETH",
    ] {
        assert_eq!(text.parse::<Amount>(), Err(AmountError::Malformed), "{text:?}");
    }
}

#[test]
fn numbers_out_of_bounds_are_refused_with_the_bound_they_break() {
    let digits = "1".repeat(31);
    assert_eq!(digits.parse::<Amount>(), Err(AmountError::TooLarge));
    assert_eq!(format!("0.{digits}").parse::<Amount>(), Err(AmountError::TooPrecise));
    assert_eq!(Amount::from_token("1e30"), Err(AmountError::TooLarge));
    assert_eq!(Amount::from_token("1e-31"), Err(AmountError::TooPrecise));
}

#[test]
fn an_enormous_exponent_is_refused_without_building_the_number() {
    for token in ["1e1000000000", "1E+99999999999999999999999999", "123456789e18446744073709551616"] {
        assert_eq!(Amount::from_token(token), Err(AmountError::TooLarge), "{token}");
    }
    assert_eq!(Amount::from_token("1e-1000000000"), Err(AmountError::TooPrecise));
    assert_eq!(Amount::from_token("0e1000000000"), Ok(Amount::zero()));
}

#[test]
fn json_numbers_and_strings_are_read_to_the_digit() {
    fn check(json: &str, canonical: &str) {
        let read: Amount = serde_json::from_str(json).unwrap_or_else(|problem| panic!("{json}: {problem}"));
        assert_eq!(read.to_string(), canonical, "{json}");
    }
    check("1e-7", "0.0000001");
    check("1E5", "100000");
    check("1.25e+1", "12.5");
    check("120e-1", "12");
    check("-0.0", "0");
    check("0.1", "0.1");
    check("123456789012345678901", "123456789012345678901");
    check("0.000041013900000000004", "0.000041013900000000004");
    check("\"3.493353\"", "3.493353");
    check("\"1e-7\"", "0.0000001");
    check(" 7 ", "7");
}

#[test]
fn json_that_is_no_amount_is_refused_and_named() {
    for json in ["null", "true", "\"\"", "\"NaN\"", "[1]", "{}", "\"\\u0031\"", "1e1000000000"] {
        let problem = serde_json::from_str::<Amount>(json).unwrap_err().to_string();
        assert!(problem.contains("invalid amount"), "{json}: {problem}");
    }
}

#[test]
fn an_amount_is_read_from_a_json_value_too() {
    let value = serde_json::json!({"text": "0.1", "null": null});
    assert_eq!(serde_json::from_value::<Amount>(value["text"].clone()).unwrap(), amount("0.1"));
    assert_eq!(serde_json::from_value::<Option<Amount>>(value["null"].clone()).unwrap(), None);
}

#[test]
fn a_request_can_ask_for_a_number() {
    #[derive(Serialize, Deserialize)]
    struct Request {
        #[serde(with = "number")]
        amount: Amount,
        #[serde(with = "number::option")]
        fiat_amount: Option<Amount>,
        #[serde(with = "number::option")]
        fee: Option<Amount>,
        text: Amount,
    }
    let request = Request {
        amount: amount("0.0000001"),
        fiat_amount: Some(amount("123456789012345678901.10")),
        fee: None,
        text: amount("2.50"),
    };
    let json = serde_json::to_string(&request).unwrap();
    assert_eq!(json, r#"{"amount":0.0000001,"fiat_amount":123456789012345678901.1,"fee":null,"text":"2.5"}"#);
    let back: Request = serde_json::from_str(&json).unwrap();
    assert_eq!((back.amount, back.fiat_amount, back.fee), (request.amount, request.fiat_amount, None));
}

#[test]
fn equality_order_and_hash_are_those_of_the_number() {
    let hasher = RandomState::new();
    for (one, other) in [("1.50", "1.5"), ("0", "-0.0"), ("100", "0100.00")] {
        assert_eq!(amount(one), amount(other));
        assert_eq!(hasher.hash_one(amount(one)), hasher.hash_one(amount(other)));
    }
    let sum = amount("1.25") + amount("0.25");
    assert_eq!(hasher.hash_one(&sum), hasher.hash_one(amount("1.5")));
    assert!(amount("-2") < amount("-1.9") && amount("9") < amount("10") && amount("0.10") > amount("0.09"));
}

#[test]
fn arithmetic_is_exact_and_stays_canonical() {
    assert_eq!((amount("0.1") + amount("0.2")).to_string(), "0.3");
    assert_eq!((&amount("1.5") - &amount("2")).to_string(), "-0.5");
    assert_eq!((amount("1.5") - amount("1.5")).to_string(), "0");
    assert_eq!((amount("1.5") - amount("0.5")).decimals(), 0);
    assert_eq!(-amount("0"), Amount::zero());
    assert_eq!([amount("0.1"), amount("99.9")].iter().sum::<Amount>().to_string(), "100");
    assert_eq!(std::iter::empty::<Amount>().sum::<Amount>(), Amount::zero());
    let mut total = Amount::from(3);
    total += &amount("0.5");
    total -= &amount("1");
    assert_eq!(total.to_string(), "2.5");
}

#[test]
fn the_sign_is_asked_for() {
    fn check(text: &str, [zero, positive, negative]: [bool; 3]) {
        let amount = amount(text);
        assert_eq!(
            [amount.is_zero(), amount.is_positive(), amount.is_negative()],
            [zero, positive, negative],
            "{text}"
        );
    }
    check("0.00", [true, false, false]);
    check("0.01", [false, true, false]);
    check("-0.01", [false, false, true]);
}

#[test]
fn a_computed_number_is_taken_over_within_the_bounds() {
    let value = |text: &str| text.parse::<BigDecimal>().unwrap();
    assert_eq!(Amount::try_from(value("1E3")).unwrap().to_string(), "1000");
    assert_eq!(Amount::try_from(value("0.0")).unwrap(), Amount::zero());
    assert_eq!(Amount::try_from(value("1E30")), Err(AmountError::TooLarge));
    assert_eq!(Amount::try_from(value("1E-31")), Err(AmountError::TooPrecise));
    assert_eq!(Amount::try_from(value("1E1000000000")), Err(AmountError::TooLarge));
}

#[test]
fn text_can_be_padded_into_columns() {
    assert_eq!(format!("{:>8}|{:<8}|", amount("-1.5"), amount("2.25")), "    -1.5|2.25    |");
}

/// What a number comes to when its digits are shifted as text, or the words for the bound that it breaks.
fn shifted(token: &str) -> Result<String, &'static str> {
    let (sign, unsigned) = token.strip_prefix('-').map_or(("", token), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{decimals}");
    let without_end = digits.trim_end_matches('0');
    let significant = without_end.trim_start_matches('0');
    let count = |text: &str| i128::try_from(text.len()).unwrap();
    let power = exponent.parse::<i128>().unwrap() - count(decimals) + count(&digits) - count(without_end);
    let point = count(significant) + power;
    let zeros = |count: i128| "0".repeat(usize::try_from(count).unwrap());
    Ok(match significant {
        "" => "0".to_owned(),
        _ if point > 30 => return Err("digits before the decimal point"),
        _ if power < -30 => return Err("decimals"),
        _ if power >= 0 => format!("{sign}{significant}{}", zeros(power)),
        _ if point <= 0 => format!("{sign}0.{}{significant}", zeros(-point)),
        _ => {
            let (whole, decimals) = significant.split_at(usize::try_from(point).unwrap());
            format!("{sign}{whole}.{decimals}")
        }
    })
}

#[test]
fn the_digits_are_shifted_rightly() {
    fn check(token: &str, shifts_to: Result<&str, &'static str>) {
        assert_eq!(shifted(token).as_deref(), shifts_to.as_ref().copied(), "{token}");
    }
    check("-12.5e1", Ok("-125"));
    check("120e-4", Ok("0.012"));
    check("1.20", Ok("1.2"));
    check("0.00e99999999999", Ok("0"));
    check("1e30", Err("digits before the decimal point"));
    check("1e-31", Err("decimals"));
}

/// An amount in each of the places in which an answer can have one.
#[derive(Deserialize)]
struct Answer {
    sure: Amount,
    #[serde(deserialize_with = "crate::wire::optional_amount")]
    perhaps: Option<Amount>,
    #[serde(with = "number::option")]
    asked_for: Option<Amount>,
}

proptest! {
    #[test]
    fn a_token_of_the_api_becomes_the_same_amount_in_every_place_or_an_error_that_says_why(
        token in "-?(0|[1-9][0-9]{0,35})(\\.[0-9]{1,40})?([eE][+-]?0{0,3}([0-9]|[1-9][0-9]{1,2}|[1-9][0-9]{3,30}))?",
        zeros in "0{0,50}",
    ) {
        let expected = shifted(&token);
        let padded = match token.strip_prefix('-') {
            Some(unsigned) => format!("-{zeros}{unsigned}"),
            None => format!("{zeros}{token}"),
        };
        for form in [token.clone(), format!("\"{token}\""), format!("\"{padded}\"")] {
            let json = format!(r#"{{"sure": {form}, "perhaps": {form}, "asked_for": {form}}}"#);
            match (serde_json::from_str::<Answer>(&json), &expected) {
                (Ok(answer), Ok(expected)) => {
                    prop_assert_eq!(&answer.sure.to_string(), expected);
                    prop_assert_eq!(answer.perhaps.as_ref(), Some(&answer.sure));
                    prop_assert_eq!(answer.asked_for.as_ref(), Some(&answer.sure));
                }
                (Err(problem), Err(bound)) => {
                    let problem = problem.to_string();
                    prop_assert!(problem.starts_with("invalid amount") && problem.contains(bound), "{problem}");
                }
                (Ok(answer), Err(_)) => prop_assert!(false, "{form} was taken for {}", answer.sure),
                (Err(problem), Ok(_)) => prop_assert!(false, "{form}: {problem}"),
            }
        }
    }

    #[test]
    fn no_token_is_ever_altered(token in "-?(0|[1-9][0-9]{0,29})(\\.[0-9]{1,30})?") {
        let read: Amount = serde_json::from_str(&token).unwrap();
        let exact: BigDecimal = token.parse().unwrap();
        prop_assert_eq!(read.as_decimal(), &exact);
        let text = read.to_string();
        prop_assert_eq!(text.parse::<Amount>().unwrap(), read.clone());
        prop_assert!(!text.contains(['e', 'E', '+']) && text != "-0");
        prop_assert!(!text.contains('.') || !text.ends_with('0'));
        let written = serde_json::to_string(&read).unwrap();
        prop_assert_eq!(serde_json::from_str::<Amount>(&written).unwrap(), read.clone());
        prop_assert_eq!(u32::try_from(text.split_once('.').map_or(0, |(_, d)| d.len())).unwrap(), read.decimals());
    }

    #[test]
    fn tokens_with_an_exponent_are_the_same_number(token in "-?[0-9]{1,12}(\\.[0-9]{1,12})?[eE][+-]?[0-9]{1,2}") {
        let exact: BigDecimal = token.parse().unwrap();
        if let Ok(read) = Amount::from_token(&token) {
            prop_assert_eq!(read.as_decimal(), &exact);
            prop_assert_eq!(read.to_string().parse::<Amount>().unwrap(), read);
        } else {
            let exact = exact.normalized();
            let whole = i64::try_from(exact.digits()).unwrap() - exact.fractional_digit_count();
            prop_assert!(whole > 30 || exact.fractional_digit_count() > 30);
        }
    }

    #[test]
    fn sums_and_differences_agree_with_bigdecimal(one in "-?[0-9]{1,20}(\\.[0-9]{1,20})?", other in "-?[0-9]{1,20}(\\.[0-9]{1,20})?") {
        let (x, y): (BigDecimal, BigDecimal) = (one.parse().unwrap(), other.parse().unwrap());
        let (a, b) = (amount(&one), amount(&other));
        prop_assert_eq!(BigDecimal::from(&a + &b), &x + &y);
        prop_assert_eq!(BigDecimal::from(&a - &b), &x - &y);
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(&a + &b - b, a);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<Amount>();
        let _ = Amount::from_token(&text);
        let _ = serde_json::from_str::<Amount>(&text);
    }
}

#[test]
fn an_amount_is_a_whole_number_of_small_units_or_none() {
    for (text, decimals, units) in [
        ("0", 6, Some(0)),
        ("1.5", 6, Some(1_500_000)),
        ("-0.000001", 6, Some(-1)),
        ("0.0000001", 6, None),
        ("7", 0, Some(7)),
        ("1.5", 0, None),
        ("999999999999999999999999999999", 6, Some(999_999_999_999_999_999_999_999_999_999_000_000)),
        ("999999999999999999999999999999", 18, None),
    ] {
        let amount: Amount = text.parse().unwrap();
        assert_eq!(amount.in_units(decimals), units, "{text} with {decimals}");
        if let Some(units) = units {
            assert_eq!(Amount::of_units(units, decimals), amount, "{text}");
            assert_eq!(Amount::of_units(units, decimals).to_string(), text, "{text}");
        }
    }
}

#[test]
fn few_digits_are_read_as_many_are() {
    for text in [
        "0",
        "00",
        "0.0",
        "007",
        "1.50",
        "12345678901234567.8",
        "0.000000000000000001",
        "10",
        "1000000000000000000",
    ] {
        let long = format!("000000000000000000000{text}");
        assert_eq!(text.parse::<Amount>(), long.parse(), "{text}");
        assert_eq!(text.parse::<Amount>().unwrap().to_string(), long.parse::<Amount>().unwrap().to_string());
    }
    for text in ["", ".", "1.", ".1", "1..2", "1.2.3", "+1", " 1", "1 ", "1e1", "x", "-"] {
        assert!(text.parse::<Amount>().is_err(), "{text}");
    }
}
