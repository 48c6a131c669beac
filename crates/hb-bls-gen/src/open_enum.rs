//! Enums that may get more values.

/// The longest text that counts as a word.
const LONGEST: usize = 40;

/// Whether a text is a word as programs use them, such as `in_review` or `booking.moved`. Names, addresses and numbers
/// that people write hardly ever are.
#[doc(hidden)]
pub fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
    text.len() <= LONGEST && text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(fits)
}

/// Defines an enum that keeps an unknown value and writes it back unchanged.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $value:literal),* $(,)? }) => {
        $(#[$doc])*
        ///
        /// The API may use values that are not listed here; they are kept as [`Unknown`](Self::Unknown).
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Any other value, as it was received.
            Unknown(Box<str>),
        }

        impl $name {
            /// The known values, without `Unknown`.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// The value as the API writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(value) => value,
                }
            }

            /// Whether the value is one of [`KNOWN`](Self::KNOWN).
            pub fn is_known(&self) -> bool {
                !matches!(self, Self::Unknown(_))
            }
        }

        /// Shows an unknown value only if it is a word as programs use them, and never if the enum may name a person. A
        /// response may contain anything.
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    $(Self::$variant => f.write_str(stringify!($variant)),)*
                    Self::Unknown(value) if !stringify!($name).ends_with("By") && $crate::is_word(value) => {
                        f.debug_tuple("Unknown").field(value).finish()
                    }
                    Self::Unknown(_) => f.write_str("Unknown(..)"),
                }
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Unknown(other.into()),
                }
            }
        }

        impl ::std::convert::From<String> for $name {
            fn from(value: String) -> Self {
                value.as_str().into()
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl ::serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a string")
                    }

                    fn visit_str<E: ::serde::de::Error>(self, value: &str) -> Result<$name, E> {
                        Ok(value.into())
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    use crate::{BookedBy, BookingStatus, WebhookEventType};

    #[test]
    fn known_and_unknown_values_round_trip() {
        for (json, value) in
            [(r#""booked""#, BookingStatus::Booked), (r#""on \"ice\"""#, BookingStatus::Unknown("on \"ice\"".into()))]
        {
            let read: BookingStatus = serde_json::from_str(json).unwrap();
            assert_eq!(read, value);
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
        }
    }

    #[test]
    fn debug_shows_unknown_words_and_nothing_that_may_be_personal() {
        assert_eq!(format!("{:?}", BookingStatus::Booked), "Booked");
        assert_eq!(format!("{:?}", BookingStatus::from("in_review2")), r#"Unknown("in_review2")"#);
        assert_eq!(format!("{:?}", WebhookEventType::from("booking.moved")), r#"Unknown("booking.moved")"#);
        let long = "a".repeat(41);
        for value in ["", "Boadicea", "jo@agency.example", "jo field", "zoë", "o'neill", "447700900123", "_", &long] {
            let value = BookingStatus::from(value);
            assert_eq!(format!("{value:?}"), "Unknown(..)", "{value}");
        }
        assert_eq!(format!("{:?} {:?}", BookedBy::from("boadicea"), BookedBy::Agency), "Unknown(..) Agency");
        assert_eq!(BookedBy::from("Jo Field").to_string(), "Jo Field", "whoever asks is told");
    }

    #[test]
    fn a_known_value_is_never_unknown() {
        for known in BookingStatus::KNOWN {
            assert!(known.is_known());
            assert_eq!(&BookingStatus::from(known.as_str()), known);
        }
        assert!(!BookingStatus::from("").is_known());
    }
}
