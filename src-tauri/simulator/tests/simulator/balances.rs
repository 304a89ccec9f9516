use std::collections::BTreeMap;

use nowpayments_simulator::Amount;

use crate::till::Till;

#[tokio::test]
async fn a_balance_is_a_map_of_numbers_by_ticker() {
    let till = Till::open().await;
    let balances = BTreeMap::from([("xmr".to_owned(), Amount::parse("0.000000200000000001").unwrap())]);
    till.simulator.set_balances(&balances).unwrap();
    let answer = till.send(reqwest::Method::GET, "/balance", None, None).await.unwrap().text().await.unwrap();
    assert!(answer.contains(r#""btc":{"amount":1.35,"pendingAmount":0}"#), "{answer}");
    assert!(answer.contains(r#""xmr":{"amount":2.00000000001e-7,"pendingAmount":0}"#), "{answer}");
    assert!(till.is_conserved());
}
