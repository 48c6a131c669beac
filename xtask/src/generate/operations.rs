//! The table of operations, and of the error bodies that the generated methods leave unread.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use serde_json::Value;

use crate::{
    normalise::{
        ERROR_BODIES,
        responses::{Shape, shape},
    },
    walk::{self, Operation},
};

/// `enum Operation` and `enum ErrorBody`.
pub fn generate(document: &Value) -> Result<TokenStream> {
    let mut operations = walk::operations(document);
    operations.sort_by_key(|operation| operation.id());
    let variants: Vec<Ident> = operations.iter().map(|operation| variant(operation.id().unwrap_or_default())).collect();
    let docs = operations.iter().map(doc);
    let ids: Vec<&str> = operations.iter().filter_map(Operation::id).collect();
    let functions = ids.iter().map(|id| id.to_snake_case());
    let methods = operations.iter().map(|operation| operation.method.to_uppercase());
    let paths = operations.iter().map(|operation| operation.path);
    let open: Vec<&Ident> =
        variants.iter().zip(&operations).filter(|(_, o)| !is_authenticated(document, o)).map(|(v, _)| v).collect();
    let authenticated = match open[..] {
        [] => quote!(true),
        _ => quote!(!matches!(self, #(Self::#open)|*)),
    };
    let accepts = operations.iter().map(|operation| accept(document, operation));
    let error_arms = operations.iter().map(error_arms).collect::<Result<Vec<_>>>()?;
    let bodies = error_bodies(&operations);
    let count = variants.len();
    Ok(quote! {
        /// An operation of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            #(#[doc = #docs] #variants,)*
        }

        impl Operation {
            /// Every operation, sorted by id.
            pub const ALL: [Self; #count] = [#(Self::#variants),*];

            /// The document's `operationId`.
            pub const fn id(self) -> &'static str {
                match self { #(Self::#variants => #ids,)* }
            }

            /// The HTTP method.
            pub const fn method(self) -> &'static str {
                match self { #(Self::#variants => #methods,)* }
            }

            /// The path template below the base URL.
            pub const fn path(self) -> &'static str {
                match self { #(Self::#variants => #paths,)* }
            }

            /// Whether a bearer token goes with the request.
            pub const fn is_authenticated(self) -> bool {
                #authenticated
            }

            /// The media type of a successful response, if it has a body that is read.
            pub const fn accept(self) -> Option<&'static str> {
                match self { #(Self::#variants => #accepts,)* }
            }

            /// The operation behind a generated method, by the method's name.
            pub fn from_function(name: &str) -> Option<Self> {
                match name {
                    #(#functions => Some(Self::#variants),)*
                    _ => None,
                }
            }

            /// What the body of an unsuccessful response is documented to be.
            pub const fn error_body(self, status: u16) -> Option<ErrorBody> {
                match self {
                    #(Self::#variants => match status { #error_arms _ => None },)*
                }
            }
        }

        /// The schemas of error bodies.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorBody {
            #(#bodies,)*
        }
    })
}

fn variant(id: &str) -> Ident {
    Ident::new(&id.to_upper_camel_case(), Span::call_site())
}

fn doc(operation: &Operation<'_>) -> String {
    let summary = operation.value["summary"].as_str().unwrap_or_default();
    format!("{summary}: `{} {}`", operation.method.to_uppercase(), operation.path)
}

fn is_authenticated(document: &Value, operation: &Operation<'_>) -> bool {
    let security = operation.value.get("security").unwrap_or(&document["security"]);
    security.as_array().is_some_and(|schemes| !schemes.is_empty())
}

fn accept(document: &Value, operation: &Operation<'_>) -> TokenStream {
    let responses = operation.responses(document);
    match responses.first().map(|(_, response)| shape(document, response)) {
        Some(Shape::Json(_)) => quote!(Some("application/json")),
        Some(Shape::Bytes(media)) => quote!(Some(#media)),
        Some(Shape::Empty) | None => quote!(None),
    }
}

/// Codes first, then ranges as `4XX`, then `default`.
fn error_arms(operation: &Operation<'_>) -> Result<TokenStream> {
    let table = operation.value[ERROR_BODIES].as_object();
    let mut arms: Vec<(u8, &String, TokenStream)> = Vec::new();
    for (status, schema) in table.into_iter().flatten() {
        let body = variant(
            schema.as_str().with_context(|| format!("{}: the {status} response has no name", operation.label()))?,
        );
        let (order, pattern) = match (status.parse::<u16>(), status.as_bytes()) {
            (Ok(code), _) => (0, quote!(#code)),
            (Err(_), [class @ b'1'..=b'5', b'X' | b'x', ..]) => {
                let first = u16::from(class - b'0') * 100;
                let last = first + 99;
                (1, quote!(#first..=#last))
            }
            _ => (2, quote!(_)),
        };
        arms.push((order, status, quote!(#pattern => Some(ErrorBody::#body),)));
    }
    arms.sort_by_key(|(order, status, _)| (*order, *status));
    Ok(arms.into_iter().map(|(.., tokens)| tokens).collect())
}

fn error_bodies(operations: &[Operation<'_>]) -> Vec<TokenStream> {
    let tables = operations.iter().filter_map(|operation| operation.value[ERROR_BODIES].as_object());
    let names: BTreeSet<&str> = tables.flat_map(|table| table.values().filter_map(Value::as_str)).collect();
    names
        .into_iter()
        .map(|name| {
            let variant = variant(name);
            let doc = format!("[`types::{variant}`](crate::types::{variant})");
            quote!(#[doc = #doc] #variant)
        })
        .collect()
}
