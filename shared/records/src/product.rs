//! The rules of a `subscription_product`, and of a plan of a newer offering, which is what is sold there.

use crate::{
    field::Fields,
    limits::{NAME, TEXT},
};

/// Checks a product's attributes.
pub(super) fn check(product: &mut Fields<'_>) {
    product.external_ref();
    product.required("name").text(NAME);
    product.optional("description").text(TEXT);
    product.optional("sku").text(TEXT);
    product.optional("main_image").uri();
    product.optional("price").price();
    if let Some(mut price_units) = product.optional("price_units").object() {
        price_units.required("unit").one_of(&["day", "month"]);
        price_units.required("amount").whole(1..);
    }
}
