//! Every limit of a file, a line and a record.

use std::ops::RangeInclusive;

/// The most objects a file may hold; a file with more fails whole.
pub const MAX_OBJECTS: usize = 50_000;

/// The largest file, in bytes once unpacked; a larger one fails whole.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// The largest stored file, in bytes, packed or not. What can't be packed takes a little more when it is.
pub const MAX_STORED: u64 = 257 << 20;

/// How many more bytes than it holds a gzip file may have. A file of 50,000 lines, each packed by itself, has a quarter of it.
pub const MAX_OVERHEAD: usize = 4 << 20;

/// The longest line, in bytes without its line end; a longer one fails alone.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// The deepest nesting of a line; its outer object is the first level.
pub const MAX_DEPTH: usize = 32;

/// The longest key, in bytes, that the database takes as the name of an attribute.
pub const MAX_KEY_BYTES: usize = 65_535;

/// The most significant digits of a number that `DynamoDB` keeps.
pub const MAX_DIGITS: usize = 38;

/// The powers of ten between which `DynamoDB` numbers lie, zero aside: `1E-130` to `9.99…E+125`.
pub const MAGNITUDES: RangeInclusive<i64> = -130..=125;

/// The largest item that `DynamoDB` holds, in bytes.
pub const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The deepest nesting of an attribute's value in `DynamoDB`, the value itself and its innermost scalar counted.
pub const MAX_ITEM_DEPTH: usize = 32;

/// The longest `external_ref` of a record or an import, in characters.
pub const MAX_EXTERNAL_REF: usize = 2_048;

/// The length of a record's `external_ref`, in characters.
pub const EXTERNAL_REF: RangeInclusive<usize> = 1..=MAX_EXTERNAL_REF;

/// The length of a name, in characters.
pub const NAME: RangeInclusive<usize> = 3..=1_024;

/// The length of a notice's name, in characters.
pub const NOTICE_NAME: RangeInclusive<usize> = 1..=1_024;

/// The length of a text that may be empty, in characters.
pub const TEXT: RangeInclusive<usize> = 0..=1_024;

/// The longest email address, in bytes.
pub const MAX_EMAIL: usize = 254;

/// The most currencies of a price.
pub const MAX_CURRENCIES: usize = 200;

/// The longest store id, in bytes.
pub const MAX_STORE_ID: usize = 64;

/// The most errors reported of one line; the last one says how many more there are.
pub const MAX_ERRORS: usize = 50;

/// The most text in the errors of one line, in bytes. With paths of usual length fifty errors stay within it. Without a bound,
/// the errors of a hostile file would not fit the worker's memory.
pub const MAX_ERROR_BYTES: usize = 8 * 1024;

/// The most warnings reported of one line; the last one says how many more there are.
pub const MAX_WARNINGS: usize = 10;

/// The most text in the warnings of one line, in bytes, but that the first always counts.
pub const MAX_WARNING_BYTES: usize = 2 * 1024;

/// The longest path of an error, in bytes; of a longer one the middle is left out. Usual paths are far shorter.
pub const MAX_FIELD_BYTES: usize = 3 * 1024;

/// The longest sentence about what is wrong, in bytes; of a longer one the middle is left out.
pub const MAX_PROBLEM_BYTES: usize = 4 * 1024;

// So the first error of a line always fits.
const _: () = assert!(MAX_FIELD_BYTES + MAX_PROBLEM_BYTES <= MAX_ERROR_BYTES);
