//! See `targets.rs`.

#![no_main]

#[expect(dead_code, reason = "the other target is another program")]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::answers(input));
