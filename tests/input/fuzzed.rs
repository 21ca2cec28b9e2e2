//! What `cargo fuzz` runs for as long as one likes, with coverage to lead it (see `fuzz/`), here for a moment and without:
//! the same checks over the seeds and thousands of inputs made from them. So they don't rot, and need no nightly compiler.

mod filter;
mod lines;
mod multipart;
mod paging;

use std::{fs, panic::catch_unwind, path::Path};

use rand::{Rng, RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{ROOT, seeds};

/// How many inputs are made for each check.
const ROUNDS: u64 = 40;
const INPUTS: usize = 100;

/// The inputs that a fuzzer begins with.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(ROOT).join("fuzz/seeds").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// Another input, from one or two of the corpus.
fn mutated(rng: &mut ChaCha8Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut input = corpus.choose(rng).unwrap().clone();
    for _ in 0..rng.random_range(1..8) {
        let place = rng.random_range(0..=input.len());
        let end = (place + rng.random_range(0..20)).min(input.len());
        match rng.random_range(0..5) {
            0 => drop(input.splice(place..end, [])),
            1 => {
                let other = corpus.choose(rng).unwrap();
                let from = rng.random_range(0..=other.len());
                let to = (from + rng.random_range(0..40)).min(other.len());
                input.splice(place..place, other[from..to].iter().copied());
            }
            2 => {
                let mut bytes = [0; 3];
                rng.fill_bytes(&mut bytes);
                input.splice(place..end.min(place + 3), bytes);
            }
            3 => {
                let byte = *b"\n\r\"\\,:;=()[]{}-0189%&+\0\xff \xef".choose(rng).unwrap();
                input.splice(place..end.min(place + 1), [byte]);
            }
            _ => {
                let piece = input[place..end].to_vec();
                input.splice(place..place, piece);
            }
        }
    }
    input
}

fn run(target: &str, check: fn(&[u8])) {
    let corpus = corpus(target);
    assert!(!corpus.is_empty());
    let check = |input: &[u8]| {
        assert!(catch_unwind(|| check(input)).is_ok(), "{target} fails over {:?}", String::from_utf8_lossy(input));
    };
    for input in &corpus {
        check(input);
    }
    let made = seeds::each(ROUNDS, async |_, mut rng| {
        for _ in 0..INPUTS {
            check(&mutated(&mut rng, &corpus));
        }
    });
    println!("{target}: {} seeds and {} inputs made of them", corpus.len(), made.len() * INPUTS);
}

#[test]
fn lines_are_read_or_explained() {
    run("lines", lines::check);
}

#[test]
fn uploads_are_read_as_they_were_written_or_refused_by_place() {
    run("multipart", multipart::check);
}

#[test]
fn filters_that_are_read_are_read_the_same_again() {
    run("filter", filter::check);
}

#[test]
fn pages_stay_within_their_bounds_and_lead_to_each_other() {
    run("paging", paging::check);
}
