//! Every line of the README that one could type works, and says what the README says.

use std::collections::BTreeMap;
use std::future::pending;
use std::iter::Peekable;

use nowpayments_simulator::{History, Options, Simulator};

use crate::till::options;

/// A command of a console, and the lines that it prints.
#[derive(Debug, Default)]
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The steps of all consoles, in their order.
fn steps(readme: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            steps.push(Step { command: command.to_owned(), printed: Vec::new() });
        } else if inside {
            let step = steps.last_mut().unwrap();
            if is_unfinished(&step.command) {
                step.command = format!("{} {}", step.command.trim_end_matches('\\'), line.trim_start());
            } else {
                step.printed.push(line.to_owned());
            }
        }
    }
    steps
}

fn is_unfinished(command: &str) -> bool {
    command.ends_with('\\') || command.matches('\'').count() % 2 == 1
}

/// Splits a command as a shell does, with the variables that are known.
fn words(command: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut is_word, mut quote) = (String::new(), false, None);
    let mut letters = command.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            (' ', None) => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
                continue;
            }
            ('\'' | '"', None) => quote = Some(letter),
            (letter, Some(open)) if letter == open => quote = None,
            ('\\', Some('"')) => word.push(letters.next().unwrap()),
            ('$', None | Some('"')) => word.push_str(&variables[&name(&mut letters)]),
            _ => word.push(letter),
        }
        is_word = true;
    }
    words.push(word);
    words
}

fn name(letters: &mut Peekable<std::str::Chars<'_>>) -> String {
    std::iter::from_fn(|| letters.next_if(char::is_ascii_uppercase)).collect()
}

/// Does what curl would do, and gives what it would print.
async fn curl(http: &reqwest::Client, words: &[String]) -> String {
    let (mut method, mut url, mut body) = ("GET".to_owned(), String::new(), None);
    let mut headers = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-s" => {}
            "-X" => method.clone_from(words.next().unwrap()),
            "-H" => headers.push(words.next().unwrap().split_once(": ").unwrap()),
            "--json" => {
                method = "POST".to_owned();
                headers.push(("content-type", "application/json"));
                body = words.next().cloned();
            }
            option if option.starts_with('-') => panic!("{option} is not known here"),
            word => word.clone_into(&mut url),
        }
    }
    let mut request = http.request(method.parse().unwrap(), &url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.body(body.unwrap_or_default()).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status} {text}");
    text
}

/// Whether a text is as printed, where `…` stands for anything.
fn is_like(text: &str, printed: &str) -> bool {
    let mut parts = printed.split('…');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap()) else { return false };
    let parts: Vec<_> = parts.collect();
    for part in &parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || parts.last().is_some_and(|last| last.is_empty() || text.ends_with(last))
}

#[tokio::test]
async fn every_line_that_one_could_type_works() {
    let simulator = Simulator::start(Options { seed: 1, ..options(History::None) }).await.unwrap();
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shop = port.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let ipn = axum::routing::post(|| async {});
        axum::serve(port, axum::Router::new().route("/ipn", ipn)).await.unwrap();
        pending::<()>().await;
    });
    let readme = include_str!("../../README.md")
        .replace("http://127.0.0.1:4010/v1", &simulator.url())
        .replace("http://127.0.0.1:4011/control", &simulator.control_url())
        .replace("127.0.0.1:8000", &shop);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut variables = BTreeMap::new();
    let steps = steps(&readme);
    assert!(steps.len() > 25, "{}", steps.len());
    for step in steps {
        simulator.callbacks_sent().await;
        let command = step.command.as_str();
        if command.starts_with("nowpayments-simulator") {
            let credentials = simulator.credentials();
            assert!(step.printed[0].contains(&credentials.api_key[..8]), "{}", step.printed[0]);
        } else if let Some((name, inner)) = command.split_once("=$(") {
            let (inner, field) = inner.trim_end_matches(')').split_once(" | jq -r .").unwrap();
            let printed = curl(&http, &words(inner, &variables)[1..]).await;
            let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
            variables.insert(name.to_owned(), printed[field].as_str().unwrap().to_owned());
        } else if command.starts_with("curl ") {
            let printed = curl(&http, &words(command, &variables)[1..]).await;
            let expected = step.printed.join("\n");
            assert!(is_like(&printed, &expected), "{command}\nprinted:  {printed}\nexpected: {expected}");
        } else {
            let (name, value) = command.split_once('=').unwrap();
            variables.insert(name.to_owned(), value.to_owned());
        }
    }
    assert!(simulator.ledger().conserved);
}
