//! The vocabulary of generated files: three small businesses, their customers and their money.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// Takes one of the words.
pub(super) fn pick(rng: &mut ChaCha8Rng, words: &[&'static str]) -> &'static str {
    words.choose(rng).copied().unwrap_or_default()
}

/// Says yes in so many of a hundred cases.
pub(super) fn percent(rng: &mut ChaCha8Rng, chance: u32) -> bool {
    rng.random_ratio(chance.min(100), 100)
}

/// Makes a random UUID, version 4.
pub(super) fn uuid(rng: &mut ChaCha8Rng) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        rng.random::<u32>(),
        rng.random::<u16>(),
        rng.random_range(0..0x1000_u16),
        rng.random_range(0x8000..0xc000_u16),
        rng.random_range(0..1_u64 << 48),
    )
}

/// Names something sold by a coffee roaster, a streaming service or a box maker.
pub(super) fn product_name(rng: &mut ChaCha8Rng) -> String {
    match rng.random_range(0..3_u8) {
        0 => format!("{} {} {}", pick(rng, ORIGINS), pick(rng, ROASTS), pick(rng, SIZES)),
        1 => format!("{} Stream {}", pick(rng, GENRES), pick(rng, TIERS)),
        _ => format!("{} {} Box", pick(rng, SEASONS), pick(rng, CRAFTS)),
    }
}

/// Writes one to four sentences for the shop window.
pub(super) fn description(rng: &mut ChaCha8Rng) -> String {
    let mut text = pick(rng, SENTENCES).to_owned();
    for _ in 0..rng.random_range(0..4_u8) {
        text.push(' ');
        text.push_str(pick(rng, SENTENCES));
    }
    text
}

/// Names a person, with the name's spelling for an email address.
pub(super) fn person(rng: &mut ChaCha8Rng) -> (String, String) {
    let (first, plain_first) = FIRST_NAMES.choose(rng).copied().unwrap_or_default();
    let (last, plain_last) = LAST_NAMES.choose(rng).copied().unwrap_or_default();
    (format!("{first} {last}"), format!("{plain_first}.{plain_last}"))
}

/// The currencies prices are given in, with what one unit of the main currency costs in their minor unit.
pub(super) const CURRENCIES: &[(&str, u64)] =
    &[("USD", 100), ("EUR", 93), ("GBP", 80), ("CAD", 136), ("AUD", 152), ("CHF", 89), ("SEK", 1050), ("JPY", 150)];

pub(super) const MAIL_HOSTS: &[&str] =
    &["example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "inbox.example.net"];

pub(super) const CITIES: &[(&str, &str)] = &[
    ("Leeds", "GB"),
    ("Lyon", "FR"),
    ("Malmö", "SE"),
    ("Köln", "DE"),
    ("Kraków", "PL"),
    ("Portland", "US"),
    ("Osaka", "JP"),
    ("São Paulo", "BR"),
];

pub(super) const STREETS: &[&str] = &["Mill Lane", "High Street", "Rue de la Gare", "Storgatan", "Am Markt", "5th Ave"];

pub(super) const LOCALES: &[&str] = &["en-GB", "en-US", "de-DE", "fr-FR", "es-ES", "sv-SE", "ja-JP", "pt-BR"];

pub(super) const WAREHOUSES: &[&str] = &["Leeds", "Rotterdam", "Reno", "Osaka", "Gdańsk"];

pub(super) const CHANNELS: &[&str] = &["web", "retail", "partner", "phone"];

pub(super) const ORIGINS: &[&str] = &[
    "Ethiopia Yirgacheffe",
    "Ethiopia Guji",
    "Kenya Nyeri",
    "Colombia Huila",
    "Guatemala Antigua",
    "Brazil Cerrado",
    "Costa Rica Tarrazú",
    "Rwanda Nyamasheke",
    "Sumatra Mandheling",
    "Peru Cajamarca",
    "Honduras Marcala",
    "House Blend",
];

pub(super) const ROASTS: &[&str] = &["Light Roast", "Filter Roast", "Medium Roast", "Espresso", "Dark Roast", "Decaf"];

const SIZES: &[&str] = &["250 g", "500 g", "1 kg", "12 Capsules", "36 Capsules", "5 kg"];

pub(super) const GENRES: &[&str] =
    &["Cinema", "Sports", "Kids", "Documentary", "Anime", "Jazz", "Classical", "Cookery", "News", "Nature"];

pub(super) const TIERS: &[&str] = &["Basic", "Standard", "Plus", "Premium", "Family", "Student"];

const SEASONS: &[&str] = &["Spring", "Summer", "Autumn", "Winter", "Weekend", "Starter", "Grand", "Tiny"];

const CRAFTS: &[&str] = &["Cheese", "Tea", "Garden", "Book", "Craft Beer", "Knitting", "Vegetable", "Toy", "Chocolate"];

const SENTENCES: &[&str] = &[
    "Roasted on Monday, on your doorstep by Wednesday.",
    "Notes of bergamot, apricot and honey.",
    "Pause or skip whenever you like.",
    "Sourced directly from growers we know by name.",
    "Packed by hand in a box that fits through the letterbox.",
    "Watch on up to four screens at once, in 4K where available.",
    "No adverts, no contract, and a new première every Friday.",
    "A different theme every month, chosen by people who care.",
    "Our best seller since 2014 — and it shows.",
    "Comes with a printed card: \"how to get the most out of it\".",
    "Cheaper than buying each part on its own.",
    "A gift that keeps arriving.",
    "Ground for your machine, or whole beans.",
    "Delivery is included everywhere we ship.",
];

const FIRST_NAMES: &[(&str, &str)] = &[
    ("Amelia", "amelia"),
    ("Noah", "noah"),
    ("Zoë", "zoe"),
    ("José", "jose"),
    ("Priya", "priya"),
    ("Mateo", "mateo"),
    ("Ingrid", "ingrid"),
    ("Søren", "soren"),
    ("Chloé", "chloe"),
    ("Tomasz", "tomasz"),
    ("美咲", "misaki"),
    ("Omar", "omar"),
    ("Grace", "grace"),
    ("Łukasz", "lukasz"),
    ("Fatima", "fatima"),
    ("Oliver", "oliver"),
    ("Hannah", "hannah"),
    ("Kofi", "kofi"),
    ("Lucía", "lucia"),
    ("Marcus", "marcus"),
    ("Yuki", "yuki"),
    ("Elena", "elena"),
    ("Declan", "declan"),
    ("Aïcha", "aicha"),
    ("Robin", "robin"),
    ("Nadia", "nadia"),
    ("Björn", "bjorn"),
    ("Sam", "sam"),
];

const LAST_NAMES: &[(&str, &str)] = &[
    ("Okafor", "okafor"),
    ("Müller", "mueller"),
    ("O'Brien", "obrien"),
    ("García", "garcia"),
    ("Kowalska", "kowalska"),
    ("Nguyễn", "nguyen"),
    ("Svensson", "svensson"),
    ("Tanaka", "tanaka"),
    ("Dubois", "dubois"),
    ("Haddad", "haddad"),
    ("Smith-Jones", "smith-jones"),
    ("Rossi", "rossi"),
    ("van der Berg", "vanderberg"),
    ("Patel", "patel"),
    ("Ferreira", "ferreira"),
    ("Andersson", "andersson"),
    ("Mensah", "mensah"),
    ("Novák", "novak"),
    ("Taylor", "taylor"),
    ("Petrović", "petrovic"),
    ("Jansen", "jansen"),
    ("Nakamura", "nakamura"),
    ("Murphy", "murphy"),
    ("Çelik", "celik"),
    ("Walker", "walker"),
    ("Silva", "silva"),
    ("Eriksen", "eriksen"),
    ("Brown", "brown"),
];
