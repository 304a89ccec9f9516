//! The log: a file a day in the app's log folder, the last seven kept. No secret is ever logged: secrets are
//! `SecretString`, which has no text to log.

use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Starts logging to `folder`.
pub(crate) fn start(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("paydesk")
        .filename_suffix("log")
        .max_log_files(7)
        .build(folder)?;
    tracing_subscriber::fmt()
        .with_writer(std::sync::Mutex::new(file))
        .with_ansi(false)
        // Other crates at warnings only: the keychain speaks over D-Bus, and its traces would show the calls.
        .with_env_filter(EnvFilter::new("warn,paydesk_lib=info,paydesk_core=info,nowpayments=info"))
        .try_init()
        .map_err(|error| error.to_string())?;
    Ok(())
}
