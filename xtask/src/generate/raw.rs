//! Runs progenitor, and takes apart what it wrote.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, Result};
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use quote::{ToTokens as _, quote};
use serde_json::Value;
use syn::{ImplItem, Item, ItemStruct, Token, parse_quote, punctuated::Punctuated};

use super::{api_version, base_url, builders, examples, request};
use crate::{
    handwritten_types::{Special, special},
    lint::{LintError, Problem, Rule},
    walk,
};

/// What progenitor wrote, in two files: types need no HTTP client.
pub struct Raw {
    /// The content of `pub mod types`.
    pub types: TokenStream,
    /// Everything else.
    pub client: TokenStream,
}

/// Generates from a normalised document.
pub fn generate(document: &Value) -> Result<Raw> {
    let tokens = run(document).map_err(|message| blame(document, &message))?;
    let file: syn::File = syn::parse2(tokens).context("progenitor wrote something that is not Rust")?;
    Ok(take_apart(file))
}

fn run(document: &Value) -> Result<TokenStream, String> {
    let api: OpenAPI = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let settings = settings(document).map_err(|error| error.to_string())?;
    // progenitor panics on what it does not support
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(AssertUnwindSafe(|| Generator::new(&settings).generate_tokens(&api)));
    std::panic::set_hook(hook);
    match outcome {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(payload) => Err(payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "the generator panicked".to_owned())),
    }
}

fn settings(document: &Value) -> Result<GenerationSettings, LintError> {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_map_type("::std::collections::BTreeMap");
    for (name, schema) in walk::schemas(document) {
        let replacement = match special(name, schema) {
            None => continue,
            Some(Special::Scalar(scalar)) => format!("crate::{scalar}"),
            Some(Special::OpenEnum(_) | Special::Id) => format!("crate::{}", type_name(name)),
            Some(Special::List(item)) => format!("crate::List<{}>", list_item(document, name, &item)?),
        };
        settings.with_replacement(type_name(name), replacement, [TypeImpl::Display].into_iter());
    }
    Ok(settings)
}

/// The Rust path of a list's items, which must be a schema that exists: an unknown replacement is ignored
/// by the generator without a word.
fn list_item(document: &Value, list: &str, item: &str) -> Result<String, LintError> {
    let schema = &document["components"]["schemas"][item];
    if schema.is_null() {
        return Err(LintError(vec![Problem {
            rule: Rule::ReplacementTarget,
            place: format!("schema `{list}`"),
            message: format!("lists `{item}`, which does not exist"),
        }]));
    }
    Ok(match special(item, schema) {
        Some(Special::Scalar(scalar)) => format!("crate::{scalar}"),
        Some(_) => format!("crate::{}", type_name(item)),
        None => format!("crate::types::{}", type_name(item)),
    })
}

fn type_name(schema: &str) -> String {
    heck::ToUpperCamelCase::to_upper_camel_case(schema)
}

/// Names the operations that cannot be generated on their own; if there is none, it is the schemas.
fn blame(document: &Value, message: &str) -> LintError {
    let mut alone = document.clone();
    let mut problems = Vec::new();
    for operation in walk::operations(document) {
        let mut item = operation.item.clone();
        if let Some(members) = item.as_object_mut() {
            members.retain(|key, _| key == operation.method || !walk::METHODS.contains(&key.as_str()));
        }
        alone["paths"] = [(operation.path.to_owned(), item)].into_iter().collect::<serde_json::Map<_, _>>().into();
        if let Err(message) = run(&alone) {
            problems.push(Problem { rule: Rule::Generator, place: operation.label(), message });
        }
    }
    alone["paths"] = serde_json::json!({});
    if problems.is_empty() || run(&alone).is_err() {
        problems = vec![Problem { rule: Rule::Generator, place: "schemas".to_owned(), message: message.to_owned() }];
    }
    LintError(problems)
}

fn take_apart(mut file: syn::File) -> Raw {
    builders::keep_those_of_requests(&mut file);
    api_version::remove(&mut file.items);
    base_url::parse_once(&mut file);
    request::add(&mut file.items);
    examples::remove(&mut file);
    let mut types = TokenStream::new();
    let mut client = quote!(
        use super::types;
    );
    for item in redact(file.items) {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                let items = module.content.into_iter().flat_map(|(_, items)| items).collect();
                redact(items).iter().for_each(|item| item.to_tokens(&mut types));
            }
            // re-exports the client, which lib.rs does
            Item::Mod(module) if module.ident == "prelude" => {}
            Item::Impl(mut block) => {
                block.items.retain(|item| !is_panicking_constructor(item));
                block.to_tokens(&mut client);
            }
            other => other.to_tokens(&mut client),
        }
    }
    Raw { types, client }
}

/// Replaces the derived `Debug` of structs, which would show candidates' data and what was searched for.
fn redact(items: Vec<Item>) -> Vec<Item> {
    let mut redacted = Vec::new();
    for mut item in items {
        let mut debug = None;
        match &mut item {
            Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    *items = redact(std::mem::take(items));
                }
            }
            Item::Struct(structure) => debug = take_derive(structure, "Debug").then(|| debug_without_fields(structure)),
            _ => {}
        }
        redacted.push(item);
        redacted.extend(debug);
    }
    redacted
}

/// By the macro of the crate's hand-written part. What progenitor writes has lifetimes and no other parameters.
fn debug_without_fields(structure: &ItemStruct) -> Item {
    let name = &structure.ident;
    let lifetimes = structure.generics.lifetimes().map(|_| quote!('_));
    let lifetimes = (structure.generics.lifetimes().count() > 0).then(|| quote!(<#(#lifetimes),*>));
    parse_quote!(crate::redacted::debug_without_fields!(#name #lifetimes);)
}

/// Takes one name out of a struct's derives; says whether it was there.
fn take_derive(structure: &mut ItemStruct, name: &str) -> bool {
    let mut taken = false;
    for attribute in structure.attrs.iter_mut().filter(|attribute| attribute.path().is_ident("derive")) {
        let Ok(derives) = attribute.parse_args_with(Punctuated::<syn::Path, Token![,]>::parse_terminated) else {
            continue;
        };
        let kept: Punctuated<_, Token![,]> = derives.iter().filter(|path| !path.is_ident(name)).cloned().collect();
        taken |= kept.len() < derives.len();
        *attribute = parse_quote!(#[derive(#kept)]);
    }
    taken
}

/// `Client::new` panics where TLS cannot be set up and cuts every call off after 15 seconds.
fn is_panicking_constructor(item: &ImplItem) -> bool {
    let ImplItem::Fn(function) = item else { return false };
    let first = function.sig.inputs.first().map(|input| input.to_token_stream().to_string());
    function.sig.ident == "new" && first.is_some_and(|input| input.starts_with("baseurl"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(responses: Value) -> Value {
        json!({"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {
            "/good": {"get": {"operationId": "good", "responses": {"2XX": {"description": "d"}}}},
            "/bad": {"get": {"operationId": "bad", "responses": responses}},
        }, "components": {"schemas": {}}})
    }

    #[test]
    fn a_panic_of_the_generator_names_the_operation() {
        let body = json!({"application/json": {"schema": {"type": "string"}}});
        let error =
            generate(&document(json!({"200": {"description": "d", "content": body}, "204": {"description": "d"}})));
        let message = error.err().unwrap().to_string();
        assert!(
            message.contains("bad (GET /bad): generator: assertion failed: response_types.len() <= 1"),
            "{message}"
        );
        assert!(!message.contains("good"), "{message}");
    }

    #[test]
    fn no_struct_shows_its_fields() {
        let file: syn::File = parse_quote! {
            mod inner { #[derive(Clone, Debug)] struct Person<'a> { name: &'a str } }
            #[derive(Clone)] struct Plain;
        };
        let text = redact(file.items).iter().map(|item| item.to_token_stream().to_string()).collect::<String>();
        assert!(text.contains("derive (Clone)") && !text.contains("derive (Clone , Debug)"), "{text}");
        assert_eq!(text.matches("debug_without_fields ! (Person < '_ >)").count(), 1, "{text}");
        assert_eq!(text.matches("debug_without_fields").count(), 1);
    }

    #[test]
    fn a_document_that_is_not_openapi_is_an_error() {
        let message = generate(&json!({"openapi": "3.0.3"})).err().unwrap().to_string();
        assert!(message.contains("schemas: generator: missing field"), "{message}");
    }

    #[test]
    fn a_list_of_nothing_is_a_missing_replacement_target() {
        let mut document = document(json!({"2XX": {"description": "d"}}));
        document["components"]["schemas"]["Things"] =
            json!({"type": "object", "properties": {"data": {"type": "array", "items": walk::schema_ref("Thing")}}});
        let message = settings(&document).err().unwrap().to_string();
        assert!(
            message.contains("schema `Things`: replacement-target: lists `Thing`, which does not exist"),
            "{message}"
        );
    }
}
