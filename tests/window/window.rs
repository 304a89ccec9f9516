//! The real window of Paydesk, found and used by what it says, as its owner would.

use std::{net::TcpListener, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use thirtyfour::{Capabilities, WebDriver, WebElement};

use crate::{
    Desktop, Form, Simulator, axe,
    desktop::paydesk_binary,
    forms,
    process::Program,
    reach, repository, wait_for,
    words::{self, Words},
};

/// How long a window may take to show what it looked like when something went wrong.
const LAST_LOOK: Duration = Duration::from_secs(10);

/// A window of Paydesk, and the driver that it is driven through.
#[derive(Debug)]
pub struct Window {
    driver: WebDriver,
    program: Program,
    /// The X display that it is on.
    display: String,
    /// The code of the language that it is shown in.
    language: &'static str,
    /// What it says in that language.
    words: Words,
}

impl Window {
    /// Opens Paydesk with `arguments`. With a simulator, that is the demo shop's; without, the demo shop runs its own.
    ///
    /// On a machine that is very busy WebKitWebDriver now and then never answers the call that opens a session; then
    /// it is started anew, and Paydesk with it.
    ///
    /// # Errors
    /// When the driver or the window does not come up.
    pub async fn open(desktop: &Desktop, simulator: Option<&Simulator>, arguments: &[&str]) -> Result<Self> {
        Self::open_with(desktop, simulator.map(Simulator::line), arguments, None).await
    }

    /// Opens Paydesk with the simulator for its sandbox and without being told any secret of it. All that it and its driver
    /// print goes to a file.
    ///
    /// # Errors
    /// When the driver or the window does not come up.
    pub async fn open_on_sandbox(desktop: &Desktop, simulator: &Simulator, output: &Path) -> Result<Self> {
        let line = simulator.address_line()?;
        Self::open_with(desktop, Some(&line), &[], Some(output)).await
    }

    async fn open_with(
        desktop: &Desktop,
        simulator: Option<&str>,
        arguments: &[&str],
        output: Option<&Path>,
    ) -> Result<Self> {
        for _ in 0..2 {
            let attempt = Self::try_to_open(desktop, simulator, arguments, output);
            if let Ok(window) = tokio::time::timeout(Duration::from_secs(40), attempt).await {
                return window;
            }
        }
        Self::try_to_open(desktop, simulator, arguments, output).await
    }

    async fn try_to_open(
        desktop: &Desktop,
        simulator: Option<&str>,
        arguments: &[&str],
        output: Option<&Path>,
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = desktop.command("WebKitWebDriver");
        command.arg(format!("--port={port}"));
        command.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        if let Some(simulator) = simulator {
            command.env("PAYDESK_SIMULATOR", simulator);
        }
        let program = match output {
            Some(file) => Program::start_into(&mut command, file)?,
            None => Program::start(&mut command)?,
        };
        let binary = paydesk_binary();
        ensure!(binary.exists(), "{} is not built", binary.display());
        let mut capabilities = Capabilities::new();
        capabilities.set("webkitgtk:browserOptions", json!({ "binary": binary, "args": arguments }))?;
        let address = format!("http://127.0.0.1:{port}");
        wait_for("WebKitWebDriver", async || {
            Ok(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok().map(drop))
        })
        .await?;
        let driver = WebDriver::new(&address, capabilities).await.context("a session with the window")?;
        let display = desktop.display().to_owned();
        Ok(Self { driver, program, display, language: "en", words: Words::default() })
    }

    /// Ends Paydesk at once, as a power cut would.
    ///
    /// # Errors
    /// When there is no such process.
    pub async fn kill(self) -> Result<()> {
        let driver = self.program.id().context("the driver runs")?;
        let paydesk = children_of(driver)?;
        ensure!(!paydesk.is_empty(), "Paydesk does not run");
        for id in paydesk {
            tokio::process::Command::new("kill").args(["-KILL", &id.to_string()]).status().await?;
            wait_for("the end of Paydesk", async || {
                let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
                Ok((state.is_empty() || state.contains(") Z")).then_some(()))
            })
            .await?;
        }
        Ok(())
    }

    /// The process ids of Paydesk and of all that it has started.
    ///
    /// # Errors
    /// When Paydesk does not run.
    pub fn processes(&self) -> Result<Vec<u32>> {
        let mut found = children_of(self.program.id().context("the driver runs")?)?;
        ensure!(!found.is_empty(), "Paydesk does not run");
        let mut next = 0;
        while next < found.len() {
            found.extend(children_of(found[next])?);
            next += 1;
        }
        Ok(found)
    }

    /// Closes the session and with it Paydesk.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn close(self) -> Result<()> {
        Ok(self.driver.clone().quit().await?)
    }

    /// Waits until `text` can be read anywhere on the screen.
    ///
    /// # Errors
    /// When it does not appear; what is on the screen is part of the error.
    pub async fn sees(&self, text: &str) -> Result<()> {
        let texts = self.words.texts(text);
        let seen = wait_for(&format!("“{text}” on the screen"), async || {
            let screen = self.text().await?;
            Ok(texts.iter().any(|text| screen.contains(text)).then_some(()))
        })
        .await;
        self.explained(seen).await
    }

    /// Adds to an error what is on the screen, in words and as a picture.
    async fn explained<T>(&self, result: Result<T>) -> Result<T> {
        let Err(error) = result else { return result };
        let folder = repository("target/window");
        let picture = folder.join(format!("failed-{}.png", self.display.trim_start_matches(':')));
        let look = async {
            std::fs::create_dir_all(&folder)?;
            self.photograph(&picture).await?;
            self.text().await
        };
        // Whatever went wrong may have taken the driver along: the error is told in any case.
        Err(match tokio::time::timeout(LAST_LOOK, look).await {
            Ok(Ok(screen)) => error.context(format!("on the screen ({}):\n{screen}", picture.display())),
            Ok(Err(blind)) => error.context(format!("the screen could not be looked at: {blind}")),
            Err(_) => error.context("the window does not answer"),
        })
    }

    /// All text on the screen, white space folded.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn text(&self) -> Result<String> {
        let text = self.run("return document.body.innerText.replace(/\\s+/g, ' ')").await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Presses the button, link, tab or option called `name`, once it is there, enabled, and not covered.
    ///
    /// # Errors
    /// When there is none.
    pub async fn press(&self, name: &str) -> Result<()> {
        let mut trouble = None;
        let pressed = wait_for(&format!("“{name}” to press"), async || {
            let Some(element) = self.named(FIND_CONTROL, name).await? else { return Ok(None) };
            let scroll = "arguments[0].scrollIntoView({ block: 'center' })";
            self.driver.execute(scroll, vec![element.to_json()?]).await?;
            Ok(element.click().await.map_err(|error| trouble = Some(error)).ok())
        })
        .await;
        self.explained(pressed).await.with_context(|| format!("pressing “{name}”: {trouble:?}"))
    }

    /// Types into the field labelled `label`, in place of what is there.
    ///
    /// # Errors
    /// When there is none.
    pub async fn fill(&self, label: &str, text: &str) -> Result<()> {
        let found = wait_for(label, async || self.named(FIND_FIELD, label).await).await;
        let element = self.explained(found).await?;
        // The keys go to whatever has the focus, as an owner's do: some fields are drawn by others on top of them.
        let select = "const [field] = arguments; field.focus(); field.select();";
        self.driver.execute(select, vec![element.to_json()?]).await?;
        Ok(self.driver.action_chain().send_keys(text).perform().await?)
    }

    /// What stands in the field labelled `label`.
    ///
    /// # Errors
    /// When there is none.
    pub async fn value_of(&self, label: &str) -> Result<String> {
        let found = wait_for(label, async || self.named(FIND_FIELD, label).await).await;
        Ok(self.explained(found).await?.prop("value").await?.unwrap_or_default())
    }

    /// Puts text into the field labelled `label` at once, as pasting does.
    ///
    /// # Errors
    /// When there is none.
    pub async fn paste(&self, label: &str, text: &str) -> Result<()> {
        let element = wait_for(&format!("a field labelled “{label}”"), async || {
            self.named(FIND_FIELD, label).await
        })
        .await?;
        let paste = "const [field, text] = arguments; field.focus(); field.value = text; \
                     field.dispatchEvent(new InputEvent('input', {bubbles: true}));";
        self.driver.execute(paste, vec![element.to_json()?, json!(text)]).await?;
        Ok(())
    }

    /// Opens the row of a list in which `text` stands.
    ///
    /// # Errors
    /// When there is none.
    pub async fn open_row(&self, text: &str) -> Result<()> {
        let found = wait_for(text, async || self.named(FIND_ROW, text).await).await;
        Ok(self.explained(found).await?.click().await?)
    }

    /// Waits until the row of a list in which `text` stands says `words`, too.
    ///
    /// # Errors
    /// When it does not.
    pub async fn row_says(&self, text: &str, words: &str) -> Result<()> {
        let texts = self.words.texts(words);
        let said = wait_for(&format!("“{words}” in the row of “{text}”"), async || {
            let Some(row) = self.named(FIND_ROW, text).await? else { return Ok(None) };
            // A row that has just been replaced is looked for again.
            let Ok(said) = self.text_of(&row).await else { return Ok(None) };
            Ok(texts.iter().any(|text| said.contains(text)).then_some(()))
        })
        .await;
        self.explained(said).await
    }

    /// Scrolls until the heading `text` is at the top of what it stands in.
    ///
    /// # Errors
    /// When there is none.
    pub async fn scroll_to(&self, text: &str) -> Result<()> {
        let found = wait_for(text, async || self.named(FIND_HEADING, text).await).await;
        let heading = self.explained(found).await?.to_json()?;
        self.driver.execute("arguments[0].scrollIntoView({ block: 'start' })", vec![heading]).await?;
        Ok(())
    }

    /// Presses keys, wherever the focus is.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn keys(&self, keys: &str) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(keys).perform().await?)
    }

    /// Waits until `text` is gone from the screen.
    ///
    /// # Errors
    /// When it stays.
    pub async fn sees_not(&self, text: &str) -> Result<()> {
        let texts = self.words.texts(text);
        let gone = wait_for(&format!("the end of “{text}”"), async || {
            let screen = self.text().await?;
            Ok((!texts.iter().any(|text| screen.contains(text))).then_some(()))
        })
        .await;
        self.explained(gone).await
    }

    /// Shows the window in a theme, whatever the settings say; `None` gives it back to them.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn set_theme(&self, theme: Option<&str>) -> Result<()> {
        axe::set_theme(&self.driver, json!(theme)).await
    }

    /// Runs a script in the window.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.driver.execute(script, vec![]).await?.json().clone())
    }

    /// Runs a script in the window until it calls its last argument, with its answer.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run_until_done(&self, script: &str) -> Result<Value> {
        Ok(self.driver.execute_async(script, vec![]).await?.json().clone())
    }

    /// Fails when axe-core finds anything serious on the screen as it is.
    ///
    /// # Errors
    /// What it found.
    pub async fn is_accessible(&self, screen: &str) -> Result<()> {
        axe::check(&self.driver, screen).await
    }

    /// Fails when something on the screen cannot be reached by keyboard, or from the palette.
    ///
    /// # Errors
    /// What cannot.
    pub async fn is_reachable(&self, screen: &str) -> Result<()> {
        reach::check(&self.driver, screen).await
    }

    /// Fails when there is English on the screen, which is shown in another language.
    ///
    /// # Errors
    /// What is English.
    pub async fn is_in_its_language(&self, screen: &str) -> Result<()> {
        words::check(&self.driver, screen).await
    }

    /// Shows the screen in another form.
    ///
    /// # Errors
    /// When the driver does not answer, or the window does not take the size of its text.
    pub async fn show_as(&self, form: Form) -> Result<()> {
        forms::show(&self.driver, self.language, form).await
    }

    /// Shows the window in the language of this code from now on. Whatever is looked for is still called by its English words.
    ///
    /// # Errors
    /// When the window does not take it, or there are no messages in it.
    pub async fn speak(&mut self, language: &'static str) -> Result<()> {
        (self.language, self.words) = (language, Words::of(language)?);
        self.show_as(Form::Plain).await
    }

    /// What `text` is in the language of the window.
    #[must_use]
    pub fn word(&self, text: &str) -> String {
        self.words.names(text).swap_remove(0)
    }

    /// Fails when any text of the screen is cut off; `form` is the one that it is shown in.
    ///
    /// # Errors
    /// What is cut off.
    pub async fn is_whole(&self, screen: &str, form: Form) -> Result<()> {
        forms::is_whole(&self.driver, screen, form).await
    }

    /// Writes a picture of the window's content as it is on the display. (The driver has none of a window that is painted without
    /// OpenGL: it waits for ever.)
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn photograph(&self, to: &Path) -> Result<()> {
        let drawn = "const [done] = arguments;
            requestAnimationFrame(() => requestAnimationFrame(() => done([innerWidth, innerHeight])));";
        let size = self.driver.execute_async(drawn, vec![]).await?;
        let (width, height): (u32, u32) = serde_json::from_value(size.json().clone())?;
        let import = tokio::process::Command::new("import")
            .args(["-display", &self.display, "-window", "root", "-crop", &format!("{width}x{height}+0+0")])
            .arg("+repage")
            .arg(to)
            .status();
        ensure!(import.await?.success(), "import took no picture");
        Ok(())
    }

    /// Sizes the window.
    ///
    /// # Errors
    /// When the driver does not answer.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.driver.set_window_rect(0, 0, width, height).await?;
        wait_for("the new size", async || {
            let size = self.run("return [innerWidth, innerHeight]").await?;
            Ok((size == json!([width, height])).then_some(()))
        })
        .await
    }

    /// The text of an element, white space folded.
    async fn text_of(&self, element: &WebElement) -> Result<String> {
        let text = "return arguments[0].innerText.replace(/\\s+/g, ' ')";
        let said = self.driver.execute(text, vec![element.to_json()?]).await?;
        Ok(said.json().as_str().unwrap_or_default().to_owned())
    }

    /// What a script finds by one of the names that `name` has in the language of the window.
    async fn named(&self, script: &str, name: &str) -> Result<Option<WebElement>> {
        for name in self.words.names(name) {
            if let Some(found) = self.element(script, &name).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn element(&self, script: &str, argument: &str) -> Result<Option<WebElement>> {
        let found = self.driver.execute(script, vec![json!(argument)]).await?;
        Ok(if found.json().is_null() { None } else { Some(found.element()?) })
    }
}

/// A session that is not closed is not waited for: its driver is killed, and Paydesk with it.
impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.driver.clone().leak();
    }
}

/// Finds the visible, enabled control whose name, or a line or label of it, is the argument; of an open dialog rather than behind it.
const FIND_CONTROL: &str = "
    const name = arguments[0];
    const selector = 'button, a[href], summary, [role=button], [role=tab], [role=radio], [role=option], \
        [role=menuitem], [role=menuitemradio], [role=switch], [role=checkbox], label, [role=row][tabindex]';
    const labels = element => (element.getAttribute('aria-labelledby') ?? '').split(' ').filter(Boolean)
        .map(id => document.getElementById(id)?.innerText ?? '');
    const called = element => {
        const text = element.getAttribute('aria-label') ?? (labels(element).join(' ') || element.innerText);
        return text.replace(/\\s+/g, ' ').trim();
    };
    const usable = element => {
        const box = element.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && !element.disabled && element.getAttribute('aria-disabled') !== 'true'
            && getComputedStyle(element).visibility === 'visible' && !element.closest('[inert]');
    };
    const dialog = [...document.querySelectorAll('[role=dialog], [role=alertdialog]')].pop();
    const behind = element => dialog && !dialog.contains(element);
    const controls = [...document.querySelectorAll(selector)].filter(usable).sort((one, other) => behind(one) - behind(other));
    return controls.find(element => called(element) === name)
        ?? controls.find(element => element.innerText.split('\\n').some(line => line.trim() === name))
        ?? controls.find(element => labels(element).includes(name)) ?? null;
";

/// Finds the visible heading that is the argument.
const FIND_HEADING: &str = "
    return [...document.querySelectorAll('h1, h2, h3, h4')]
        .find(heading => heading.getBoundingClientRect().height > 0 && heading.innerText.trim() === arguments[0]) ?? null;
";

/// Finds the first visible row of a list in which the argument stands.
const FIND_ROW: &str = "
    return [...document.querySelectorAll('[role=row]:not(:has([role=columnheader])), tbody tr')]
        .find(row => row.getBoundingClientRect().height > 0 && row.innerText.includes(arguments[0])) ?? null;
";

/// Finds the visible field whose label is the argument.
const FIND_FIELD: &str = "
    const label = arguments[0];
    const called = field => {
        const labels = [...(field.labels ?? [])].map(each => each.innerText);
        const named = (field.getAttribute('aria-labelledby') ?? '').split(' ')
            .map(id => document.getElementById(id)?.innerText ?? '');
        return [field.getAttribute('aria-label') ?? '', ...labels, named.join(' ')].map(text => text.replace(/\\s+/g, ' ').trim());
    };
    return [...document.querySelectorAll('input, textarea, select')]
        .find(field => field.getBoundingClientRect().width > 0 && !field.disabled && called(field).includes(label)) ?? null;
";

/// The process ids of a process's children.
fn children_of(parent: u32) -> Result<Vec<u32>> {
    let mut children = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // pid (name) state ppid …; the name may hold anything but ends at the last parenthesis
        let parent_of =
            stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if parent_of == Some(parent) {
            children.push(id);
        }
    }
    Ok(children)
}
