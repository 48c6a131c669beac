//! What kind of thing stands where in an OpenAPI document.

/// A kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Root,
    Components,
    Paths,
    Path,
    Operation,
    Responses,
    Response,
    Content,
    Media,
    Headers,
    Header,
    /// Schemas by name.
    Schemas,
    /// The properties of a schema.
    Properties,
    /// Alternatives, or parts, of a schema.
    SchemaList,
    Schema,
    /// What is sent, by either side, or what nobody checks.
    Other,
}

impl Place {
    /// What is found under a key.
    pub fn enter(self, key: &str) -> Self {
        match (self, key) {
            (Self::Root, "components") => Self::Components,
            (Self::Root, "paths") => Self::Paths,
            (Self::Components, "schemas") => Self::Schemas,
            (Self::Components | Self::Operation, "responses") => Self::Responses,
            (Self::Paths, _) => Self::Path,
            (Self::Path, "get" | "put" | "post" | "delete" | "options" | "head" | "patch" | "trace") => Self::Operation,
            (Self::Responses, _) => Self::Response,
            (Self::Response, "content") => Self::Content,
            (Self::Response, "headers") => Self::Headers,
            (Self::Content, _) => Self::Media,
            (Self::Headers, _) => Self::Header,
            (Self::Media, "schema") | (Self::Schemas | Self::Properties | Self::SchemaList, _) => Self::Schema,
            (Self::Schema, "properties") => Self::Properties,
            (Self::Schema, "items" | "additionalProperties") => Self::Schema,
            (Self::Schema, "allOf" | "anyOf" | "oneOf") => Self::SchemaList,
            _ => Self::Other,
        }
    }

    /// What a JSON pointer leads to.
    pub fn of(pointer: &str) -> Self {
        let keys = pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~"));
        keys.fold(Self::Root, |place, key| place.enter(&key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_told_apart() {
        for (pointer, place) in [
            ("", Place::Root),
            ("/components/schemas", Place::Schemas),
            ("/components/schemas/Course/properties/properties/items", Place::Schema),
            ("/paths/~1courses/get/responses/2XX", Place::Response),
            ("/paths/~1courses/get/responses/2XX/content/application~1json/schema/allOf/0", Place::Schema),
            ("/paths/~1courses/get/parameters/0/schema", Place::Other),
            ("/paths/~1webhooks/post/callbacks/delivery/{x}/post/responses", Place::Other),
        ] {
            assert_eq!(Place::of(pointer), place, "{pointer}");
        }
    }
}
