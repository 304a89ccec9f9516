//! The icons, all drawn from one picture.

use std::fs;

use anyhow::Result;

use crate::{
    setup::{self, Need},
    step::{self, npm},
};

/// What a desktop needs, and `tauri.conf.json` names. The command draws for phones and stores too.
const KEPT: &[&str] =
    &["paydesk.svg", "32x32.png", "128x128.png", "128x128@2x.png", "icon.png", "icon.icns", "icon.ico"];

/// Tauri's command, fetched when it is wanted: nothing else here needs it.
const TAURI: &str = "@tauri-apps/cli@2.12.5";

/// Writes them anew.
pub(crate) fn write() -> Result<String> {
    setup::set_up(&[Need::Node])?;
    step::run(
        "tauri icon",
        &mut npm([
            "exec",
            "--yes",
            "--package",
            TAURI,
            "--",
            "tauri",
            "icon",
            "icons/paydesk.svg",
            "--output",
            "icons",
        ]),
    )?;
    for entry in fs::read_dir("icons")? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else if !KEPT.iter().any(|name| entry.file_name() == *name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok("the icons were written".to_owned())
}
