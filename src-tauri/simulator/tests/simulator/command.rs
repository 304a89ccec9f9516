use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_command_announces_itself_in_one_line_and_serves_until_it_is_told_to_stop() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nowpayments-simulator"))
        .args(["--seed", "3", "--history", "orders=3"])
        .stdout(Stdio::piped())
        .spawn()
        .map(Ended)
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let announced: Value = serde_json::from_str(&line).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let balance = http
        .get(format!("{}/balance", announced["url"].as_str().unwrap()))
        .header("x-api-key", announced["api_key"].as_str().unwrap());
    assert_eq!(balance.send().await.unwrap().status(), 200);
    let credentials: Value = http
        .get(format!("{}/credentials", announced["control_url"].as_str().unwrap()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(credentials["totp_secret"], announced["totp_secret"]);
    if cfg!(unix) {
        let told = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(child.0.wait().unwrap().success());
    }
}

#[test]
fn the_help_names_every_part_of_the_control_interface() {
    let help = Command::new(env!("CARGO_BIN_EXE_nowpayments-simulator")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--port", "--control-port", "--seed", "--speed", "--history", "--state"] {
        assert!(help.contains(word), "{word}");
    }
    let readme = include_str!("../../README.md");
    let interface =
        readme.split("## The control interface").nth(1).unwrap().split("## The state file").next();
    for line in interface.unwrap().lines().filter(|line| line.starts_with("| `")) {
        let words = line.split('|').nth(1).unwrap().split('`').skip(1).step_by(2);
        for name in words.flat_map(|words| words.split(' ')).filter(|name| name.to_uppercase() != *name) {
            assert!(help.contains(name), "{name} of {line}");
        }
    }
}
