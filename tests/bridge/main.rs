//! The commands and the event as the window sees them, without a window.

mod bindings;
