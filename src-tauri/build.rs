//! Hands tauri.conf.json, the icons and the capabilities to the compiler.

#[expect(clippy::expect_used, reason = "a build that cannot be configured must stop")]
fn main() {
    // tauri-build does not watch a capability folder of our own choice.
    println!("cargo:rerun-if-changed=src-tauri/capabilities");
    let attributes =
        tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*");
    tauri_build::try_build(attributes).expect("tauri.conf.json, icons and capabilities are right");
}
