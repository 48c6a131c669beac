//! Values that shells offer for an option, which may have others.

use std::ffi::OsStr;

use clap::{
    Arg, Command, Error,
    builder::{PossibleValue, TypedValueParser},
};

/// Reads a value with another parser, and offers some to be completed.
#[derive(Clone)]
pub struct Offered<P> {
    parser: P,
    values: Vec<String>,
}

/// Offers these values for what this parser reads.
pub fn offered<P: TypedValueParser>(parser: P, values: impl IntoIterator<Item = impl Into<String>>) -> Offered<P> {
    Offered { parser, values: values.into_iter().map(Into::into).collect() }
}

impl<P: TypedValueParser> TypedValueParser for Offered<P> {
    type Value = P::Value;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.values.iter().cloned().map(PossibleValue::new)))
    }
}
