//! `nowpayments-simulator`: a NOWPayments on the loopback, until it is told to stop.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Parser;
use nowpayments_simulator::{Credentials, History, Options, Simulator};
use serde::Serialize;

/// A NOWPayments on the loopback, for tests and demonstrations.
///
/// Prints one line of JSON with the API's address, the control interface's address and the credentials, and serves
/// until Ctrl-C or SIGTERM. Both ports are on 127.0.0.1 only.
#[derive(Parser)]
#[command(version, after_long_help = CONTROL)]
struct Arguments {
    /// The API's port; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The control interface's port; 0 takes any free one.
    #[arg(long, default_value_t = 0)]
    control_port: u16,
    /// The same seed gives the same world.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulated seconds per real second; 0 pauses the clock, which can still be stepped.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    speed: u32,
    /// What lies behind the shop: `demo` for eighteen months of a small roastery, and customers who go on ordering;
    /// `orders=COUNT` for so many orders in eighteen months, and nothing that happens by itself; `none` for an opening
    /// balance, and nothing that happens by itself.
    #[arg(long, value_name = "demo|none|orders=COUNT", default_value = "demo", value_parser = history)]
    history: History,
    /// Where the world is kept between two runs.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn history(text: &str) -> Result<History, String> {
    match text.split_once('=') {
        None if text == "demo" => Ok(History::Demo),
        None if text == "none" => Ok(History::None),
        Some(("orders", count)) => count.parse().map(History::Orders).map_err(|error| error.to_string()),
        _ => Err("expected demo, none or orders=COUNT".to_owned()),
    }
}

const CONTROL: &str = "\
Control interface (JSON, below /control on its own port):
  GET  credentials              api key, login, TOTP secret, IPN secret
  GET  code                     the one-time code of this moment, and the seconds left
  GET  ledger                   accounts of shop and customers, payout rows, transfers, conversions,
                                subscriptions, fiat payouts, movements
  GET  requests                 the calls that the API received
  GET  tokens                   the tokens that were handed out for logins
  GET  clock                    simulated time, speed, paused
  POST clock                    {\"step\": 3600} {\"speed\": 60} {\"paused\": true}
  GET  faults, DELETE faults    the faults that are set; remove them
  POST faults                   {\"method\": \"POST\", \"path\": \"/payout\", \"times\": 1, \"fault\": {\"kind\": \"drop_after\"}}
                                kinds: slow {ms}, drop_before, drop_after, server_error {handled},
                                bad_gateway {handled}, too_many_requests {retry_after}, truncated, empty,
                                duplicated, stale, out_of_order {ms}, unreadable, maintenance,
                                expired_token, echo {status, form}, sometimes {percent, fault}
  GET  switches, POST switches  foreign_address, address_whitelist, rate_limit, failing_addresses,
                                no_ipn_secret
  POST payments/ID              {\"pay\": \"0.5\"}, {\"pay\": \"40\", \"currency\": \"usdterc20\"} or
                                {\"status\": \"finished\"}
  POST invoices/ID              {\"pay_currency\": \"btc\"}
  POST payouts/ROW-ID           {\"status\": \"FAILED\"}
  POST subscriptions/ID         {\"pay\": \"full\"}, {\"pay\": \"7.50\"} or {\"status\": \"EXPIRED\"}
  POST transfers/ID             {\"status\": \"REJECTED\"}
  POST conversions/ID           {\"status\": \"REJECTED\"}
  POST fiat-payouts/ID          {\"status\": \"FAILED\"}
  POST balances                 {\"btc\": \"1.5\"}
  GET  callbacks                every callback with body, signature, state and attempts
  POST callbacks                {\"repeats\": 3, \"interval\": 60, \"patience\": 3000, \"forward_to\": \"http://…\"}
  POST callbacks/resend         {\"id\": 7}
  GET, POST, DELETE             {\"containing\": \"finished\", \"times\": 1, \"fault\": {\"kind\": \"forged\"}}
       callbacks/faults         kinds: duplicated, delayed {seconds}, out_of_order, lost, tampered, forged,
                                unsigned, signed_unsorted, sent_unsorted, unreadable, sometimes

Example:
  nowpayments-simulator --port 4010 --control-port 4011 --history none
  curl http://127.0.0.1:4010/v1/status
  curl --json '{\"step\": 60}' http://127.0.0.1:4011/control/clock
";

#[derive(Serialize)]
struct Announcement {
    url: String,
    control_url: String,
    #[serde(flatten)]
    credentials: Credentials,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let simulator = Simulator::start(Options {
        port: arguments.port,
        control_port: arguments.control_port,
        seed: arguments.seed,
        speed: arguments.speed,
        history: arguments.history,
        start: None,
        state_file: arguments.state,
    })
    .await?;
    let announcement = Announcement {
        url: simulator.url(),
        control_url: simulator.control_url(),
        credentials: simulator.credentials(),
    };
    let mut output = std::io::stdout();
    writeln!(output, "{}", serde_json::to_string(&announcement)?)?;
    output.flush()?;
    until_told().await?;
    simulator.stop().await;
    Ok(())
}

#[cfg(unix)]
async fn until_told() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn until_told() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
