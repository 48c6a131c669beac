//! `Debug` for the generated types.

/// Implements `Debug` without the fields, which may hold candidates' data and secrets.
macro_rules! debug_without_fields {
    ($name:ident $(<$lifetime:lifetime>)?) => {
        impl ::std::fmt::Debug for $name $(<$lifetime>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
pub(crate) use debug_without_fields;
