#![no_main]

#[path = "../../tests/input/fuzzed/multipart.rs"]
mod multipart;
/// The function's own file, without the function: no SDK has to be built.
#[path = "../../functions/create-import/src/upload.rs"]
mod upload;

libfuzzer_sys::fuzz_target!(|input: &[u8]| multipart::check(input));
