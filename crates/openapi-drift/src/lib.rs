//! Compares two OpenAPI documents and says what each change does to a client that was written for the old one.
//!
//! ```
//! use serde_json::json;
//!
//! let document = |values| {
//!     json!({"openapi": "3.0.3", "info": {"title": "Parcels", "version": "1"}, "paths": {"/parcel": {"get": {
//!         "operationId": "getParcel",
//!         "responses": {"200": {"description": "ok", "content": {"application/json": {"schema": {
//!             "type": "object", "properties": {"state": {"type": "string", "enum": values}}}}}}}}}}})
//! };
//! let (old, new) = (document(json!(["sent"])), document(json!(["sent", "lost"])));
//! let report = openapi_drift::compare(&old, &new, &openapi_drift::Options::default())?;
//! let change = &report.changes[0];
//! assert_eq!(change.rule.id(), "response-value-added");
//! assert_eq!(change.level, openapi_drift::Level::Risky);
//! assert_eq!(change.sentence, "getParcel (GET /parcel) 200 body.state may be \"lost\"");
//! # Ok::<(), openapi_drift::Error>(())
//! ```
//!
//! Documents are OpenAPI 3.0.x or 3.1, as [`parse`] reads them from JSON or YAML. They are compared by meaning: order
//! of keys, references, and whether null is said as `nullable` or as a type make no difference; nor do parts of
//! `allOf` that can be merged, and defaults that are spelled out.
//!
//! # Nothing is silent
//!
//! Every object is compared by all the keys that either document has, and a key that no rule knows is reported as
//! `unexplained`. Beside that, every value that has been looked at is marked. When all rules have run, whatever is not
//! marked and differs from what is at the same place of the other document is reported as `unexplained` as well.
//!
//! # Sets of values decide
//!
//! A rule knows one keyword, and the same set of values can be written with different keywords: `type: [string,
//! integer]` and a `oneOf` of both. So levels depend on what schemas mean as a whole. Each schema has a normal form, a
//! list of clauses that each allow values of one type, and a bounded test proves that every value of one schema fits
//! another. Of what is sent, every old value must fit the new schema; of what is returned, every new value must fit the
//! old one, where a reader skips fields that it does not know. Where that is proved for the schemas at a place, no
//! change of values there counts more than compatible, and its sentence says so. Schemas that are proved to say the
//! same, both ways, are reported as [`Rule::SchemaRewritten`] only. Where nothing is proved, the rules' own levels
//! hold: the test gives up rather than guess, at patterns it does not understand and beyond a number of steps.
//!
//! The contrary is proved by example. Where schemas are composed, a value is looked for that fits the one and is sure
//! not to fit the other, such as one that two shapes of a new `oneOf` now take, so that both together refuse it. If no
//! rule has reported something as bad, that value is reported.
//!
//! Only schemas around a change are tested, so this takes a small part of the time. It is itself tested with
//! random schemas and values: none may contradict a proof.
//!
//! A parameter's value counts as the type that is declared, although it is written as text.
//!
//! # What counts as the same
//!
//! - Operations are the same if method and path are (whatever the path's parameters are called), else if their
//!   `operationId` is.
//! - `2XX` is a success whose status is not published. A success status that only one document has corresponds to the
//!   other's, if that has one as well. So does `default`, where no success is listed.
//! - What webhooks and callbacks deliver is read, like a response; what the client replies to them is sent.
//! - `x-webhooks` are webhooks, in documents of version 3.0.
//! - A placeholder of a path is known by its name, and one that has another name by its place.
//! - A list of values in `x-extensible-enum` is open: there may be others.
//! - A schema is compared the way it is used, whatever leads to it: a keyword of 3.1, an anchor, a header of a form. What
//!   an unknown keyword refers to is used in the direction of what surrounds it, and in both if that has none.
//! - What `$defs` holds is compared where references lead to it, and if none do, as if it were part of the schema.
//! - A schema that no operation leads to counts as one that is read. What changes in it is risky at most, unless
//!   [`Options::delivered`] names it.
//! - A media type is the same with parameters and without, unless a body lists two that differ only there.
//! - A number is what is written, however large: [`parse`] keeps what 64 bits do not hold.
//! - Where no server is listed, the base URL is `/`.
//!
//! The levels are those of a client. [`Audience::Server`] gives those for whoever implements the API.
//!
//! # The command
//!
//! With the feature `cli` the crate has a command: `openapi-drift OLD NEW` compares files, URLs and files of commits
//! (`git:REF:PATH`). [`render`] writes what it prints.
//!
//! # Rules
//!
//! [`Rule`] lists them, with an example of each.
//!
//! # Types of other crates
//!
//! The public API contains types or traits of these crates. A new major version of one of them is therefore adopted
//! only in a new major version of this crate.
//!
//! | crate | version | used for |
//! |---|---|---|
//! | `serde` | 1 | reports, which can be serialised |
//! | `serde_json` | 1 | documents |
#![cfg_attr(docsrs, feature(doc_cfg))]
// so that later versions may add fields and variants
#![deny(clippy::exhaustive_enums, clippy::exhaustive_structs)]

mod address;
mod assign_levels;
mod change;
mod equality;
mod error;
mod examples;
mod json;
mod level;
mod message;
mod new_change;
mod number;
mod op;
mod paths;
mod placeholders;
mod read;
pub mod render;
mod root;
mod rules;
mod schema;
mod security;
mod servers;
mod sets;
mod settings;
mod side;
mod verbatim;
mod walk;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use serde_json::Value;

pub use change::{Change, Direction, Operation, Report};
pub use error::Error;
pub use examples::{InvalidExample, invalid_examples};
pub use level::{Audience, Level, UnknownNameError};
pub use new_change::one_line;
pub use number::rounded;
pub use read::parse;
pub use rules::Rule;
pub use settings::{Ignore, Options, parse_ignores, parse_levels};

/// Compares two documents.
///
/// # Errors
///
/// [`Error`] if one of them is no OpenAPI document of version 3.0 or 3.1, or is nested too deeply.
pub fn compare(old: &Value, new: &Value, options: &Options) -> Result<Report, Error> {
    read::check_version("old", old)?;
    read::check_version("new", new)?;
    let mut walk = walk::Walk::new(side::Side::new("old", old)?, side::Side::new("new", new)?, &options.delivered);
    root::compare(&mut walk);
    let mut changes = assign_levels::changes(walk.finish(), options.audience);
    for change in &mut changes {
        if let Some(asked) = options.levels.get(&change.rule) {
            // a change that is milder where it occurs than its rule stays so
            let is_milder = change.level > change.rule.level_for(options.audience);
            change.level = if is_milder { change.level.max(*asked) } else { *asked };
        }
    }
    let key = |change: &Change| (change.level, change.pointer.clone(), change.rule, change.fingerprint.clone());
    changes.sort_by_cached_key(key);
    let is_ignored = |change: &Change| options.ignores.iter().any(|ignore| ignore.fingerprint == change.fingerprint);
    let (ignored, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(is_ignored);
    let is_stale = |ignore: &&Ignore| !ignored.iter().any(|change| change.fingerprint == ignore.fingerprint);
    let stale_ignores = options.ignores.iter().filter(is_stale).cloned().collect();
    Ok(Report { changes, ignored, stale_ignores })
}
