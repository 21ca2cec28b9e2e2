#![no_main]

#[path = "../../tests/input/fuzzed/lines.rs"]
mod lines;

libfuzzer_sys::fuzz_target!(|input: &[u8]| lines::check(input));
