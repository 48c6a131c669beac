//! Ids of different types, so that they cannot be confused.

/// Defines the id type of one kind of resource: an integer, read from a number or from a string of digits.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(i64);

        impl $name {
            /// Makes an id from a number.
            pub const fn new(id: i64) -> Self {
                Self(id)
            }

            /// The id as a number.
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(crate::id::Integer).map(Self)
            }
        }
    };
}

pub(crate) use id;

/// Reads an integer.
pub(crate) struct Integer;

impl serde::de::Visitor<'_> for Integer {
    type Value = i64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an integer, as a number or as digits")
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<i64, E> {
        Ok(value)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<i64, E> {
        i64::try_from(value).map_err(|_| E::custom("id is too large"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<i64, E> {
        // the value is left out of the message, since it may be anything
        value.parse().map_err(|_| E::custom("id is not an integer"))
    }
}

#[cfg(test)]
mod tests {
    use crate::BookingId;

    #[test]
    fn numbers_and_digits_are_read() {
        for json in ["1042", "\"1042\""] {
            assert_eq!(serde_json::from_str::<BookingId>(json).unwrap(), BookingId::new(1042));
        }
        assert_eq!(serde_json::to_string(&BookingId::new(1042)).unwrap(), "1042");
        for json in ["10.5", "\"10x\"", "18446744073709551615", "null", "{}", "true"] {
            assert!(serde_json::from_str::<BookingId>(json).is_err(), "{json}");
        }
    }
}
