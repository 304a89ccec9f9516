#![allow(clippy::all, clippy::unwrap_used, clippy::print_stdout, dead_code, unused)]
#[path = "common/payouts.rs"]
mod payouts;
#[path = "common/world.rs"]
mod world;
use std::{fmt::Write, time::Instant};
use paydesk_core::payouts::batch::{RowFilter, RowQuery, RowEdit, BatchState};
use payouts::Owner;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large() {
    let distinct: u64 = std::env::var("DISTINCT").ok().and_then(|d| d.parse().ok()).unwrap_or(2000);
    let owner = Owner::new().await;
    let mut file = "address,currency,amount\n".to_owned();
    for row in 0..100_000u64 {
        let bad = if row % 20_000 == 7 { "1e3".to_owned() } else { format!("{}.{:06}", 20 + row % 7, row % 999_999 + 1) };
        writeln!(file, "0x{:040x},usdtbsc,{bad}", 0xabcdef1234567890u128 * 7_919 * (row % distinct + 1) as u128).unwrap();
    }
    let t = Instant::now();
    let batch = owner.payouts().open_text("large.csv", &file).await.unwrap().batch().unwrap();
    println!("import {:?}", t.elapsed());
    let id = batch.summary.id.clone();
    let t = Instant::now();
    let payouts = owner.payouts();
    loop {
        let b = payouts.get(&id).await.unwrap();
        if b.checking.is_none() { println!("{:?} {:?}", b.summary.state, b.trouble); break; }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    println!("check {:?}", t.elapsed());
    let t = Instant::now();
    let rows = payouts.rows(RowQuery { batch: id.clone(), filter: RowFilter::Bad, limit: 100, after: None }).await.unwrap();
    println!("bad page {:?} {}", t.elapsed(), rows.total);
    let t = Instant::now();
    payouts.rows(RowQuery { batch: id.clone(), filter: RowFilter::All, limit: 100, after: Some(99_000) }).await.unwrap();
    println!("last page {:?}", t.elapsed());
    let t = Instant::now();
    payouts.get(&id).await.unwrap();
    println!("get {:?}", t.elapsed());
    let t = Instant::now();
    let row = &rows.rows[0];
    payouts.remove_rows(&id, &[rows.rows[1].number]).await.unwrap();
    println!("remove one {:?}", t.elapsed());
    let t = Instant::now();
    payouts.edit_row(&id, row.number, &RowEdit { address: row.address.clone(), currency: "usdtbsc".into(), amount: "21".into(), ..RowEdit::default() }).await.unwrap();
    println!("edit {:?}", t.elapsed());
    let t = Instant::now();
    loop {
        let b = payouts.get(&id).await.unwrap();
        if b.checking.is_none() { println!("{:?} {:?}", b.summary.state, b.trouble); break; }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    println!("check again {:?}", t.elapsed());
    let b = payouts.remove_bad_rows(&id).await.unwrap();
    println!("{:?} {:?}", b.obstacles, b.summary.totals);
    let t = Instant::now();
    let b = payouts.send(&id, &b.rows_hash, None).await;
    println!("send {:?} {:?}", t.elapsed(), b.as_ref().map(|b| b.summary.state).map_err(|e| e.clone()));
    let t = Instant::now();
    payouts.get(&id).await.unwrap();
    payouts.parts(&id).await.unwrap();
    payouts.list().await.unwrap();
    println!("get, parts, list {:?}", t.elapsed());
    for n in 0..3 {
        let parts = payouts.parts(&id).await.unwrap();
        let part = owner.get(&parts[n].id).await;
        println!("{n} {:?}", part.summary.state);
        owner.pass(31);
        let t = Instant::now();
        owner.approve(&part, &owner.code()).await.unwrap();
        let next = parts[n + 1].id.clone();
        owner.wait(&next, |b| b.summary.state == BatchState::Created).await;
        println!("approve and next {:?}", t.elapsed());
    }
}
