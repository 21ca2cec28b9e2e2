//! The rules of a `subscription_product`.

use crate::{
    field::Fields,
    limits::{EXTERNAL_REF, NAME, TEXT},
};

/// Checks a product's attributes.
pub(super) fn check(product: &mut Fields<'_>) {
    product.optional("external_ref").text(EXTERNAL_REF);
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
