//! What a subscription chooses of its offering: one plan and, where there are any, one pricing option.

use crate::{
    error::{RecordErrorCode, RecordErrors},
    field::Fields,
    json::{Json, Object, Path},
    limits::EXTERNAL_REF,
    offering::Names,
    quote::Shown,
    record_type::RecordType,
    reference::Reference,
};

/// One choice among the parts of an offering.
#[derive(Debug)]
pub(super) struct Choice {
    /// What is chosen.
    what: &'static str,
    /// The list of which it is one.
    pub(super) list: &'static str,
    /// The attributes that name what is chosen, by its id or its `external_ref`.
    pub(super) names: [&'static str; 2],
    /// The error of a name that the offering does not have.
    code: RecordErrorCode,
}

pub(super) const PLAN: Choice = Choice {
    what: "plan",
    list: "plans",
    names: ["plan_id", "selected_plan"],
    code: RecordErrorCode::PlanNotInOffering,
};

pub(super) const PRICING_OPTION: Choice = Choice {
    what: "pricing option",
    list: "pricing_options",
    names: ["pricing_option_id", "selected_pricing_option"],
    code: RecordErrorCode::PricingOptionNotInOffering,
};

/// What was chosen: its id, and where in the line it was.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) id: String,
    pub(super) field: String,
}

impl Choice {
    /// Exactly one of the two names and an inline part with `meta.selected`, of which these are the marks.
    pub(super) fn check(&self, subscription: &mut Fields<'_>, marks: Vec<String>, is_required: bool) {
        let named = self.names.into_iter().filter(|name| subscription.has(name)).map(str::to_owned);
        let ways: Vec<String> = named.chain(marks).collect();
        for name in self.names {
            subscription.optional(name).text(EXTERNAL_REF);
        }
        match ways.len() {
            0 if is_required => {
                let near = || Some(format!("a chosen {} is required{}", self.what, subscription.near(&self.names)?));
                let problem = self.meant(subscription.object).or_else(near).unwrap_or_else(|| self.missing());
                subscription.fail(RecordErrorCode::Required, problem);
            }
            0 | 1 => {}
            _ => subscription.fail(
                RecordErrorCode::Conflicting,
                format_args!("one {} must be chosen, in one way only, not by {}", self.what, ways.join(", ")),
            ),
        }
    }

    /// What to write where the choice stands under a name that nothing reads: `"plan":"weekly"`.
    fn meant(&self, subscription: &Object) -> Option<String> {
        let Self { what, names: [id, name], .. } = self;
        let singular = what.replace(' ', "_");
        let given =
            [singular.clone(), format!("{singular}_external_ref"), format!("{singular}_ref"), format!("selected_{id}")];
        let found = given.iter().find_map(|given| Some((given, subscription.get(given)?.as_str()?)));
        let (given, text) = found.filter(|(_, text)| !text.is_empty())?;
        Some(format!("a chosen {what} is required; \"{given}\" is given: write \"{name}\":{}", Shown(text)))
    }

    /// What is wrong where nothing is chosen.
    pub(super) fn missing(&self) -> String {
        let Self { what, list, names: [id, name], .. } = self;
        format!(
            "a chosen {what} is required: add \"{name}\" with its external_ref, or \"{id}\" with its id, or put \
             \"meta\":{{\"selected\":true}} into one of {list}"
        )
    }

    /// Checks `meta.selected` of inline parts, and returns the paths of those that are true.
    pub(super) fn check_marks(&self, holder: &mut Fields<'_>) -> Vec<String> {
        let mut marks = Vec::new();
        if matches!(holder.object.get(self.list), Some(Json::Array(_))) {
            holder.optional(self.list).items(|part| {
                let Some(mut part) = part.object_if_any() else { return };
                part.allow_others();
                if let Some(mut meta) = part.optional("meta").object() {
                    meta.allow_others();
                    let selected = meta.optional("selected");
                    let path = selected.path;
                    if selected.boolean() == Some(true) {
                        marks.push(path.to_string());
                    }
                }
            });
        }
        marks
    }

    /// Takes `meta` out of inline parts, and returns the index of the marked one: the choice belongs to the subscription, not to
    /// the part.
    pub(super) fn take_mark(&self, holder: &mut Object) -> Option<usize> {
        let Some(Json::Array(parts)) = holder.get_mut(self.list) else { return None };
        let mut marked = None;
        for (index, part) in parts.iter_mut().enumerate() {
            let Json::Object(part) = part else { continue };
            let Some(Json::Object(meta)) = part.remove("meta") else { continue };
            if meta.get("selected") == Some(&Json::Bool(true)) {
                marked = Some(index);
            }
        }
        marked
    }

    /// The attribute that names what is chosen, and the name.
    pub(super) fn named<'s>(&self, subscription: &'s Object) -> Option<(&'static str, &'s str)> {
        self.names.into_iter().find_map(|name| Some((name, subscription.get(name)?.as_str()?)))
    }

    /// What is chosen, where its name may be an id.
    pub(super) fn by_id(&self, subscription: &Object, path: &Path<'_>) -> Option<Reference> {
        let (name, text) = self.named(subscription)?;
        Reference::by_id(&Path::Key(path, name), text, RecordType::SubscriptionPlan)
    }

    /// What is chosen of an offering that is put together; `None`, and an error noted, when it is none of the offering's.
    pub(super) fn chosen(
        &self,
        subscription: &Object,
        marked: Option<usize>,
        offering: &Object,
        path: &Path<'_>,
        errors: &mut RecordErrors,
    ) -> Option<Chosen> {
        if let Some(index) = marked {
            let items = offering.get(self.list).and_then(Json::as_array)?;
            let id = items.get(index)?.as_object()?.get("id")?.as_str()?.to_owned();
            let list = Path::Key(path, self.list);
            return Some(Chosen { id, field: format!("{}.meta.selected", Path::Item(&list, index)) });
        }
        let Some((name, text)) = self.named(subscription) else {
            let problem = self.meant(subscription).unwrap_or_else(|| self.missing());
            errors.add(RecordErrorCode::Required, path, problem);
            return None;
        };
        let path = Path::Key(path, name);
        let names = Names::of(offering, self.list);
        let part = names.find(text);
        if part.is_none() {
            errors.add(self.code, &path, names.lack(self.what, text));
        }
        part.map(|part| Chosen { id: part.id.to_owned(), field: path.to_string() })
    }
}
