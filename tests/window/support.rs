//! A desktop of its own for every test: display, session bus, keychain, notification daemon and simulator, all
//! private, and the real Paydesk window driven through WebKitWebDriver.

mod axe;
mod desktop;
mod forms;
mod owner;
mod process;
mod reach;
mod simulator;
mod window;
mod words;

pub use desktop::{Desktop, Keychain, Notification};
pub use forms::Form;
pub use owner::{PAYROLL, PIN};
pub use simulator::Simulator;
pub use window::Window;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, bail};

/// How long anything may take before a test gives up on it. Generous: the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `look` finds something.
///
/// # Errors
/// When it does not within [`PATIENCE`]; `what` names it.
pub async fn wait_for<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| bail!("waited {} s in vain for {what}", PATIENCE.as_secs()))
}

/// A file or folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// A program that `cargo xtask test` has built: the one that `variable` names, else that in `target/debug`.
fn program(variable: &str, name: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| repository("target/debug").join(name), PathBuf::from)
}
