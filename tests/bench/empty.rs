//! A Tauri window with nothing in it: what Paydesk's is measured against.

#![windows_subsystem = "windows"]

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!())
}
