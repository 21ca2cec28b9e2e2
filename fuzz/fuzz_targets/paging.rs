#![no_main]

#[path = "../../tests/input/fuzzed/paging.rs"]
mod paging;

libfuzzer_sys::fuzz_target!(|input: &[u8]| paging::check(input));
