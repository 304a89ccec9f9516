//! How the window is painted. Without a graphics processor WebKit would still paint through OpenGL, which then is a program
//! that the processor runs: it takes twice the time and a third more memory than painting at once.

/// Has the window painted by what this computer is good at, unless the environment says how.
///
/// WebKit and GTK read that from the environment. Call it before anything else: another thread must not read the environment
/// meanwhile.
#[cfg(target_os = "linux")]
pub(crate) fn suit_the_computer() {
    const OF_WEBKIT: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
    if std::env::var_os(OF_WEBKIT).is_none() && !has_graphics_processor(std::path::Path::new("/dev/dri")) {
        // It fails only for names that no variable can have.
        let _ = glib::setenv(OF_WEBKIT, "1", false);
        // GTK has nothing to paint with it, and setting it up takes a twentieth of a second.
        let _ = glib::setenv("GDK_GL", "disable", false);
    }
}

/// The web views of other systems know.
#[cfg(not(target_os = "linux"))]
pub(crate) fn suit_the_computer() {}

/// Whether a processor for graphics can be used: the kernel has a node for each in `devices`, `renderD128` and so on.
#[cfg(target_os = "linux")]
fn has_graphics_processor(devices: &std::path::Path) -> bool {
    std::fs::read_dir(devices).is_ok_and(|nodes| {
        nodes.filter_map(Result::ok).any(|node| node.file_name().as_encoded_bytes().starts_with(b"renderD"))
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_graphics_processor_is_one_that_can_be_painted_with() {
        let devices = tempfile::tempdir().unwrap();
        assert!(!has_graphics_processor(&devices.path().join("dri")));
        std::fs::write(devices.path().join("card0"), "").unwrap(); // shows pictures, paints none
        assert!(!has_graphics_processor(devices.path()));
        std::fs::write(devices.path().join("renderD128"), "").unwrap();
        assert!(has_graphics_processor(devices.path()));
    }
}
