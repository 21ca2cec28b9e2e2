#![no_main]

#[path = "../../tests/input/fuzzed/filter.rs"]
mod filter;

libfuzzer_sys::fuzz_target!(|input: &[u8]| filter::check(input));
