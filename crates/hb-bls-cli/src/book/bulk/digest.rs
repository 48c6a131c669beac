//! Names for what must not be shown.

use sha2::{Digest as _, Sha256};

/// 32 hexadecimal digits of several values. Each counts with its length, so that no two lists of values read alike.
pub fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn the_digests_of_existing_journals_last() {
        assert_eq!(digest([&b"salt"[..], b"1"]), "af6d32e79c52c24e24347796c6018a14");
        assert_ne!(digest([&b"salt1"[..]]), digest([&b"salt"[..], b"1"]));
    }
}
