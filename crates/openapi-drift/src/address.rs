//! A fast hash for addresses. Nobody can choose them, so it need not resist attacks.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
};

pub type AddressMap<K, V> = HashMap<K, V, BuildHasherDefault<AddressHasher>>;
pub type AddressSet<K> = HashSet<K, BuildHasherDefault<AddressHasher>>;

/// Multiplies by the golden ratio, a common way to hash integers.
#[derive(Debug, Default, Clone, Copy)]
pub struct AddressHasher(u64);

const RATIO: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(RATIO);
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(u64::from(number));
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }

    // the low bits of addresses, and so of the products, are zeros
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
}
