//! The TypeScript that the window is compiled against must be what the shell really offers.

use specta_typescript::Typescript;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/ui/src/bridge/bindings.ts");

#[test]
fn the_committed_bindings_are_those_of_the_shell() {
    let fresh = tempfile::NamedTempFile::with_suffix(".ts").unwrap();
    paydesk_lib::bridge::<tauri::test::MockRuntime>().export(Typescript::default(), fresh.path()).unwrap();
    let fresh = std::fs::read_to_string(fresh.path()).unwrap();
    if std::env::var_os("PAYDESK_WRITE_BINDINGS").is_some() {
        std::fs::write(COMMITTED, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == fresh, "ui/src/bridge/bindings.ts is stale: run `cargo xtask bindings`");
}
