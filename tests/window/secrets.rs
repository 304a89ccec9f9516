//! No secret is shown, told, printed or left behind by the real program, with a shop of one's own: not on a screen that has been
//! left, not in what crosses to the window, not in a file, not on the session bus, and not in the arguments or the environment of a
//! process.
//!
//! What cannot be seen from here: the memory of the processes, and with it what a dump of a core would hold; what WebKit
//! keeps of a field that was typed into; and the calls from the window, which hold what the owner types, as they must. With the demo
//! shop the window is given the secret of the practice phone, to be tried out; a shop of one's own has none.

#[path = "../../src-tauri/core/tests/common/needles.rs"]
mod needles;

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, ensure};
use needles::{Find, Needles};
use paydesk_window_tests::{Desktop, Keychain, PAYROLL, PIN, Simulator, Window, wait_for};
use serde_json::{Value, json};

const WRONG_KEY: &str = "WR0NGK3-WR0NGK3-Y0UK1DM-E4V3R12";
const WRONG_PASSWORD: &str = "hunter2 & \"friends\"";
const WRONG_PIN: &str = "till-8831-mistyped";

/// Keeps all that crosses to the window from now on: the answer to each call, each event, and what is written to the console.
const OVERHEAR: &str = "
    window.overheard = [];
    const fetched = window.fetch;
    window.fetch = async (...call) => {
        const answer = await fetched(...call);
        answer.clone().text().then(text => overheard.push('answer ' + call[0] + ' ' + text));
        return answer;
    };
    for (const level of ['debug', 'log', 'info', 'warn', 'error']) {
        const written = console[level];
        console[level] = (...words) => { overheard.push('console ' + words.map(String).join(' ')); written(...words); };
    }
    const internals = window.__TAURI_INTERNALS__;
    const handler = internals.transformCallback(event => overheard.push('event ' + JSON.stringify(event)));
    internals.invoke('plugin:event|listen', { event: 'happened', target: { kind: 'Any' }, handler });
";

/// All that a window shows and keeps.
const LOOK: &str = "
    const done = arguments[arguments.length - 1];
    const fields = [...document.querySelectorAll('input, textarea, select')].map(field => field.value);
    const seen = {
        text: document.body.innerText, page: document.documentElement.outerHTML, fields,
        address: location.href, title: document.title, state: history.state, name: window.name, cookie: document.cookie,
        local: { ...localStorage }, session: { ...sessionStorage },
        chosen: String(getSelection()), resources: performance.getEntries().map(entry => entry.name),
    };
    indexedDB.databases().then(databases => done({ ...seen, databases }), error => done({ ...seen, error: String(error) }));
";

/// What was looked at, and what must not be in it.
struct Watch<'a> {
    window: &'a Window,
    needles: Needles,
    looks: Vec<(String, Value)>,
}

impl Watch<'_> {
    /// Looks at a screen on which nothing secret is being typed.
    async fn look(&mut self, screen: &str) -> Result<()> {
        let seen = self.window.run_until_done(LOOK).await?;
        ensure!(seen["databases"] == json!([]), "the window keeps a database: {seen:#}");
        ensure!(
            seen["local"] == json!({}) && seen["session"] == json!({}),
            "the window keeps something: {seen:#}"
        );
        self.looks.push((screen.to_owned(), seen));
        Ok(())
    }

    fn code(&mut self, code: String) -> String {
        self.needles.code(&code);
        code
    }
}

/// Strings in JSON as they are, one after the other.
fn strings(json: &Value, all: &mut String) {
    match json {
        Value::String(text) => all.extend([text, "\n"]),
        Value::Array(items) => items.iter().for_each(|item| strings(item, all)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| {
            all.extend([name, "\n"]);
            strings(field, all);
        }),
        _ => {}
    }
}

fn in_json(needles: &Needles, json: &Value) -> BTreeSet<Find> {
    let mut all = json.to_string();
    strings(json, &mut all);
    needles.in_words(&all)
}

/// Every file under a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(files)
}

fn in_files(needles: &Needles, folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in files(folder)? {
        let name = file.display().to_string();
        // One that is gone since was of no interest to keep.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let finds = needles.in_bytes(&bytes).into_iter().chain(needles.in_words(&name));
        found.extend(finds.map(|find| format!("{name}: {find}")));
        if file.extension() == Some(OsStr::new("log")) {
            let finds = needles.in_words(&String::from_utf8_lossy(&bytes));
            found.extend(finds.into_iter().map(|find| format!("{name}: {find}")));
        }
    }
    Ok(found)
}

/// What is found in what anybody on the computer can read of a process.
fn in_process(needles: &Needles, id: u32) -> Vec<String> {
    let mut found = Vec::new();
    for part in ["cmdline", "environ", "comm"] {
        let bytes = std::fs::read(format!("/proc/{id}/{part}")).unwrap_or_default();
        let words = String::from_utf8_lossy(&bytes).replace('\0', " ");
        found.extend(needles.in_words(&words).into_iter().map(|find| format!("{part} of {id}: {find}")));
    }
    found
}

fn secrets_of(simulator: &Simulator) -> Result<(Needles, String)> {
    let mut needles = Needles::default();
    for (field, what) in [
        ("api_key", "the API key"),
        ("password", "the password"),
        ("totp_secret", "the TOTP secret"),
        ("ipn_secret", "the IPN secret"),
    ] {
        needles.secret(what, simulator.told(field)?);
    }
    let link = format!(
        "otpauth://totp/NOWPayments:owner?secret={}&issuer=NOWPayments",
        simulator.told("totp_secret")?
    );
    needles.whole("the otpauth link", &link);
    needles.secret("the PIN", PIN);
    needles.secret("a wrong API key", WRONG_KEY);
    needles.secret("a wrong password", WRONG_PASSWORD);
    needles.secret("a wrong PIN", WRONG_PIN);
    Ok((needles, link))
}

async fn echo(simulator: &Simulator, method: &str, path: &str, status: u16) -> Result<()> {
    let fault = json!({ "kind": "echo", "status": status, "form": "envelope" });
    let rule = json!({ "method": method, "path": path, "fault": fault });
    simulator.call("POST", "/faults", Some(rule)).await.map(drop)
}

async fn connect(watch: &mut Watch<'_>, simulator: &Simulator) -> Result<()> {
    let window = watch.window;
    window.sees("Try the demo shop").await?;
    watch.look("welcome").await?;
    window.press("Connect my NOWPayments account").await?;
    window.fill("Name", "Corner shop").await?;
    window.press("Sandbox").await?;
    window.fill("API key", WRONG_KEY).await?;
    window.fill("E-mail address", &simulator.told("email")?).await?;
    window.fill("Password", WRONG_PASSWORD).await?;
    window.press("Check and connect").await?;
    window.sees("NOWPayments does not know this API key").await?;
    window.press("Back").await?;
    window.sees("Try the demo shop").await?;
    watch.look("welcome, after a wrong key").await?;

    window.press("Connect my NOWPayments account").await?;
    watch.look("the form, opened again").await?;
    window.fill("API key", &simulator.told("api_key")?).await?;
    window.fill("Password", &simulator.told("password")?).await?;
    echo(simulator, "POST", "/auth", 418).await?;
    window.press("Check and connect").await?;
    window.sees("NOWPayments refused").await?;
    let said = window.text().await?;
    let found = watch.needles.in_words(&said);
    ensure!(found.is_empty() && said.contains("Cannot POST /auth"), "a refusal says {said}: {found:?}");
    simulator.call("DELETE", "/faults", None).await?;
    window.press("Check and connect").await?;
    window.sees("Your customers' payments will be here").await?;
    watch.look("payments").await
}

async fn enrol(watch: &mut Watch<'_>, simulator: &Simulator, link: &str) -> Result<()> {
    let window = watch.window;
    window.press("Settings").await?;
    window.press("Set up codes on this computer").await?;
    window.fill("Secret or otpauth link", link).await?;
    window.fill("New PIN", WRONG_PIN).await?;
    window.press("Cancel").await?;
    window.sees_not("Seal and keep it").await?;
    watch.look("settings, after a dialog").await?;

    window.press("Set up codes on this computer").await?;
    watch.look("the dialog, opened again").await?;
    window.fill("Secret or otpauth link", link).await?;
    window.fill("New PIN", PIN).await?;
    window.fill("PIN again", PIN).await?;
    let wrong = watch.code(simulator.wrong_code().await?);
    window.fill("Code from your phone now", &wrong).await?;
    window.press("Seal and keep it").await?;
    window.sees("This code does not belong to this secret").await?;
    let right = watch.code(simulator.code().await?);
    window.fill("Code from your phone now", &right).await?;
    window.press("Seal and keep it").await?;
    window.sees("Codes can now be made on this computer").await?;
    watch.look("settings, with codes").await
}

async fn listen(watch: &mut Watch<'_>, simulator: &Simulator) -> Result<()> {
    let window = watch.window;
    window.press("Callbacks that came in, and how to set them up").await?;
    window.press("Set up").await?;
    window.fill("IPN secret from the dashboard", &simulator.told("ipn_secret")?).await?;
    window.press("Keep it in the keychain").await?;
    window.sees("The IPN secret is in the keychain").await?;
    watch.look("callbacks, set up").await?;
    window.press("Choose a free port").await?;
    window.sees("Stop listening").await?;
    window.press("Send a test callback to myself").await?;
    window.sees("The test callback arrived").await?;
    window.press("Received").await?;
    window.open_row("Test of Paydesk").await?;
    window.sees("Signature ends in").await?;
    watch.look("a callback").await?;
    window.press("Check one").await?;
    window.paste("Body", "{}").await?;
    window.paste("Signature", &"0".repeat(128)).await?;
    window.fill("Another IPN secret", &simulator.told("ipn_secret")?).await?;
    window.press("Check it").await?;
    window.sees("This callback is not to be trusted").await?;
    window.press("Received").await?;
    window.press("Check one").await?;
    watch.look("a check of a callback, opened again").await
}

async fn pay(watch: &mut Watch<'_>, desktop: &Desktop, simulator: &Simulator) -> Result<()> {
    let window = watch.window;
    desktop.open_with_paydesk(&desktop.write("payroll.csv", PAYROLL)?).await?;
    window.remove_bad_rows_and_send().await?;
    watch.look("the approval").await?;
    window.press("Code from the phone").await?;
    let wrong = watch.code(simulator.wrong_code().await?);
    window.fill("Six digits from your phone", &wrong).await?;
    window.press("Approve 10 payouts").await?;
    window.sees("9 attempts left").await?;
    watch.look("the approval, after a wrong code").await?;
    echo(simulator, "POST", "/payout/:id/verify", 409).await?;
    let right = watch.code(simulator.code().await?);
    window.fill("Six digits from your phone", &right).await?;
    window.press("Approve 10 payouts").await?;
    window.sees("NOWPayments refused (“Cannot POST").await?;
    watch.look("the approval, after an echo").await?;
    simulator.call("DELETE", "/faults", None).await?;
    window.press("PIN on this computer").await?;
    window.fill("PIN", WRONG_PIN).await?;
    window.press("Approve 10 payouts").await?;
    window.sees("This PIN is wrong").await?;
    watch.look("the approval, after a wrong PIN").await?;
    window.approve_with_pin().await?;
    window.sees("All paid").await?;
    watch.look("a paid batch").await?;
    window.press("Report").await?;
    window.sees("Payout report").await?;
    watch.look("the report").await?;
    window.press("Notifications").await?;
    watch.look("notifications").await
}

async fn fail(watch: &mut Watch<'_>, simulator: &Simulator) -> Result<()> {
    let window = watch.window;
    echo(simulator, "GET", "*", 418).await?;
    window.find_and_do("Refresh now").await?;
    window.sees("There is a problem").await?;
    window.find_and_do("Show how fetching payments stands").await?;
    window.sees("Cannot GET").await?;
    watch.look("the sync, after an echo").await?;
    simulator.call("DELETE", "/faults", None).await?;
    window.press("Settings").await?;
    window.find_and_do("Forget the secret").await?;
    window.fill("PIN", PIN).await?;
    window.press("Forget it").await?;
    window.sees("The secret is deleted from this computer").await?;
    watch.look("settings, without codes").await
}

#[tokio::test]
async fn no_secret_is_shown_told_printed_or_left_behind() -> Result<()> {
    let mut desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start_quiet().await?;
    let kept = tempfile::tempdir()?;
    let (output, bus) = (kept.path().join("output"), kept.path().join("bus"));
    desktop.overhear_bus(&bus).await?;
    let (needles, link) = secrets_of(&simulator)?;
    let window = Window::open_on_sandbox(&desktop, &simulator, &output).await?;
    window.run(OVERHEAR).await?;
    let mut watch = Watch { window: &window, needles, looks: Vec::new() };
    connect(&mut watch, &simulator).await?;
    enrol(&mut watch, &simulator, &link).await?;
    listen(&mut watch, &simulator).await?;
    pay(&mut watch, &desktop, &simulator).await?;
    fail(&mut watch, &simulator).await?;

    let Watch { mut needles, looks, .. } = watch;
    let tokens = simulator.call("GET", "/tokens", None).await?;
    for token in tokens.as_array().context("tokens")? {
        needles.secret("a token", token.as_str().context("a token is text")?);
    }
    let mut found = Vec::new();
    for (screen, seen) in &looks {
        found.extend(in_json(&needles, seen).into_iter().map(|find| format!("on {screen}: {find}")));
    }
    let overheard = window.run("return window.overheard").await?;
    let heard = overheard.as_array().context("what crossed to the window")?;
    for command in
        ["check_connection", "add_shop", "enrol_second_factor", "approve_with_pin", "set_ipn_secret"]
    {
        let answers =
            |heard: &&Value| heard.as_str().is_some_and(|text| text.contains(&format!("/{command} ")));
        ensure!(heard.iter().any(|heard| answers(&heard)), "no answer to {command} was overheard");
    }
    ensure!(
        heard.iter().any(|heard| heard.as_str().is_some_and(|text| text.starts_with("event "))),
        "no event"
    );
    for heard in heard {
        found.extend(in_json(&needles, heard).into_iter().map(|find| format!("told to the window: {find}")));
    }
    let processes = window.processes()?;
    ensure!(processes.len() >= 3, "Paydesk and WebKit's own: {processes:?}");
    for stream in ["1", "2"] {
        let to = std::fs::read_link(format!("/proc/{}/fd/{stream}", processes[0]))?;
        ensure!(to == output, "what Paydesk prints goes to {}", to.display());
    }
    for id in &processes {
        found.extend(in_process(&needles, *id));
    }
    for told in desktop.notifications() {
        let finds = needles.in_words(&format!("{} {} {}", told.app, told.title, told.body));
        found.extend(finds.into_iter().map(|find| format!("a notification: {find}")));
    }
    // Files as they are while Paydesk runs, and after its end.
    found.extend(in_files(&needles, &desktop.home())?);
    window.close().await?;
    found.extend(in_files(&needles, &desktop.home())?);
    let all = files(&desktop.home())?;
    let is_there = |end: &str| all.iter().any(|file| file.to_string_lossy().ends_with(end));
    ensure!([".sqlite", ".log", "login.keyring", "payroll.csv"].into_iter().all(is_there), "{all:#?}");
    for (what, file) in [("printed", &output), ("on the bus", &bus)] {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        found.extend(needles.in_words(&text).into_iter().map(|find| format!("{what}: {find}")));
    }
    let heard = std::fs::read_to_string(&bus).unwrap_or_default();
    ensure!(heard.contains("member=CreateItem"), "the keychain was not heard on the bus");
    ensure!(found.is_empty(), "{} finds:\n{}", found.len(), found.join("\n"));
    Ok(())
}

#[tokio::test]
async fn a_secret_that_was_left_in_the_window_a_file_or_a_process_is_noticed() -> Result<()> {
    const LEFT: &str = "K7Q2M9X-3TRW8PL-ZZ4C6VB";
    let desktop = Desktop::start(Keychain::Missing).await?;
    let simulator = Simulator::start_quiet().await?;
    let kept = tempfile::tempdir()?;
    let window = Window::open_on_sandbox(&desktop, &simulator, &kept.path().join("output")).await?;
    window.sees("Try the demo shop").await?;
    let mut needles = Needles::default();
    needles.secret("what was left", LEFT);
    let clean = window.run_until_done(LOOK).await?;
    ensure!(in_json(&needles, &clean).is_empty(), "{clean:#}");
    for leave in [
        "document.title = LEFT",
        "document.body.append(Object.assign(document.createElement('p'), { id: 'left', textContent: LEFT }))",
        "document.body.append(Object.assign(document.createElement('p'), { id: 'left', title: LEFT }))",
        "document.body.append(Object.assign(document.createElement('input'), { id: 'left', value: LEFT }))",
        "localStorage.left = LEFT",
        "sessionStorage.left = LEFT",
        "location.hash = LEFT",
        "history.replaceState({ left: LEFT }, '')",
        "window.name = LEFT",
    ] {
        window.run(&format!("const LEFT = '{LEFT}'; {leave}")).await?;
        let seen = window.run_until_done(LOOK).await?;
        ensure!(!in_json(&needles, &seen).is_empty(), "{leave} was not noticed: {seen:#}");
        let undo = "document.title = ''; document.getElementById('left')?.remove(); localStorage.clear();
            sessionStorage.clear(); window.name = ''; history.replaceState(null, '', '#/');";
        window.run(undo).await?;
        ensure!(in_json(&needles, &window.run_until_done(LOOK).await?).is_empty(), "{leave} is still there");
    }

    window.run(OVERHEAR).await?;
    window.run(&format!("console.warn('{LEFT}')")).await?;
    window.run(&format!("__TAURI_INTERNALS__.invoke('no_such_{LEFT}').catch(() => {{}})")).await?;
    wait_for("what crossed to the window", async || {
        let heard = window.run("return window.overheard").await?;
        let heard = heard.as_array().context("what was overheard")?;
        Ok((heard.iter().filter(|heard| !in_json(&needles, heard).is_empty()).count() > 1).then_some(()))
    })
    .await?;

    desktop.write("cache/left.bin", [&[0xff; 9000], LEFT.as_bytes()].concat())?;
    desktop.write("cache/today.log", format!("{LEFT}\n"))?;
    desktop.write(&format!("cache/{LEFT}.txt"), "")?;
    let found = in_files(&needles, &desktop.home())?;
    for file in ["left.bin", "today.log", ".txt"] {
        ensure!(found.iter().any(|find| find.contains(file)), "{file} was not noticed: {found:#?}");
    }

    for (argument, variable) in [(LEFT, "nothing"), ("nothing", LEFT)] {
        let mut left = tokio::process::Command::new("cat");
        left.args(["-", argument]).env("LEFT", variable).stdin(Stdio::piped()).stderr(Stdio::null());
        let child = left.stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let id = child.id().context("it runs")?;
        wait_for("the process", async || Ok((!in_process(&needles, id).is_empty()).then_some(()))).await?;
    }
    window.close().await
}
