//! Starting Paydesk with the owner's session: hidden in the tray. Off until the owner wants it; the system keeps it.

use paydesk_core::language::words;

use std::path::PathBuf;

use tauri::{AppHandle, plugin::TauriPlugin};
use tauri_plugin_autostart::ManagerExt;

use crate::arguments::HIDDEN;

pub(crate) fn plugin() -> TauriPlugin<tauri::Wry> {
    tauri_plugin_autostart::Builder::new().arg(HIDDEN).build()
}

/// Whether the system starts Paydesk with the session.
pub(crate) fn is_on(app: &AppHandle) -> Result<bool, String> {
    app.autolaunch().is_enabled().map_err(|error| error.to_string())
}

/// Has the system start Paydesk with the session.
pub(crate) fn turn_on(app: &AppHandle) -> Result<(), String> {
    if let Some(program) = program().filter(|program| cfg!(target_os = "linux") && !can_be_written(program)) {
        return Err(words!(
            en: "the system cannot start a program from {}: move it to a folder without spaces or special signs in \
                 its name",
            de: "das System kann aus {} kein Programm starten: Verschieben Sie es in einen Ordner ohne Leerzeichen \
                 oder Sonderzeichen im Namen",
            program.display(),
        ));
    }
    app.autolaunch().enable().map_err(|error| error.to_string())
}

/// Has the system not start Paydesk with the session any more.
pub(crate) fn turn_off(app: &AppHandle) -> Result<(), String> {
    app.autolaunch().disable().map_err(|error| error.to_string())
}

/// What the system would start.
fn program() -> Option<PathBuf> {
    std::env::var_os("APPIMAGE").map(PathBuf::from).or_else(|| std::env::current_exe().ok())
}

/// Whether a path can stand in the file that Linux desktops read: what is written there is not quoted.
fn can_be_written(program: &std::path::Path) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "/._-+@,:".contains(c);
    program.to_str().is_some_and(|path| path.chars().all(plain))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn only_paths_that_need_no_quotes_are_given_to_the_system() {
        for path in ["/usr/bin/paydesk", "/opt/jörg/Apps/Paydesk_0.1.0-x86.AppImage"] {
            assert!(can_be_written(Path::new(path)), "{path}");
        }
        for path in
            ["/opt/My Apps/paydesk", "/opt/100%/paydesk", "/opt/a;b/paydesk", "/opt/$x/paydesk", "/a\"b"]
        {
            assert!(!can_be_written(Path::new(path)), "{path}");
        }
    }
}
