//! An operation and its place in a document.

use serde_json::Value;

use crate::change::Operation;

pub const METHODS: [&str; 8] = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];

/// An operation and its place.
#[derive(Debug, Clone, Copy)]
pub struct Op<'a> {
    pub path: &'a str,
    pub method: &'static str,
    pub item: &'a Value,
    pub value: &'a Value,
}

impl<'a> Op<'a> {
    pub fn id(&self) -> Option<&'a str> {
        self.value.get("operationId")?.as_str()
    }

    pub fn operation(&self) -> Operation {
        let (id, method) = (self.id().map(str::to_owned), self.method.to_uppercase());
        Operation { id, method, path: self.path.to_owned(), webhook: None }
    }
}
