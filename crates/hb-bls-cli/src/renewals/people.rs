//! Groups bookings by person.

use std::collections::{BTreeMap, HashMap};

use hb_bls::{Booking, BookingId};

use crate::words::words;

/// For each booking the number of its person.
pub struct PersonNumbers(Vec<usize>);

/// Bookings of one email address or one name are of one person, and so are those that share a third one with both.
pub fn of(bookings: &[Booking]) -> PersonNumbers {
    let mut person: Vec<usize> = (0..bookings.len()).collect();
    let mut known = HashMap::new();
    for (index, booking) in bookings.iter().enumerate() {
        for key in [email(booking).map(Key::Email), name(booking).map(Key::Name)].into_iter().flatten() {
            let other = *known.entry(key).or_insert(index);
            let (one, other) = (root(&person, index), root(&person, other));
            person[one.max(other)] = one.min(other);
        }
    }
    PersonNumbers((0..bookings.len()).map(|index| root(&person, index)).collect())
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Email(String),
    Name(String),
}

fn root(person: &[usize], mut index: usize) -> usize {
    while person[index] != index {
        index = person[index];
    }
    index
}

fn email(booking: &Booking) -> Option<String> {
    let email = booking.candidate.as_ref()?.email.as_deref().map(words)?;
    Some(email).filter(|email| !email.is_empty())
}

fn name(booking: &Booking) -> Option<String> {
    let name = booking.candidate.as_ref()?.name.as_deref().map(words)?;
    Some(name).filter(|name| !name.is_empty())
}

impl PersonNumbers {
    pub fn person(&self, booking: usize) -> usize {
        self.0[booking]
    }

    /// Of each person with several names, one booking for each name: they may be several people after all.
    pub fn with_several_names(&self, bookings: &[Booking]) -> Vec<Vec<BookingId>> {
        let mut names: BTreeMap<usize, BTreeMap<String, BookingId>> = BTreeMap::new();
        for (booking, person) in bookings.iter().zip(&self.0) {
            if let Some(name) = name(booking) {
                names.entry(*person).or_default().entry(name).or_insert(booking.id);
            }
        }
        let several = names.into_values().filter(|names| names.len() > 1);
        several.map(|names| names.into_values().collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn booking(id: i64, name: &str, email: &str) -> Booking {
        let json = serde_json::json!({ "id": id, "candidate": { "name": name, "email": email, "phone": null } });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn an_email_address_or_a_name_makes_one_person() {
        let bookings = [
            booking(1, "Ada Lovelace", "ada@example.org"),
            booking(2, "Ada King", "ADA@example.org "),
            booking(3, "ada  lovelace", "ada@work.example"),
            booking(4, "Grace Hopper", "grace@example.org"),
            booking(5, "A. King", "ada@work.example"),
            booking(6, "", ""),
            booking(7, "", ""),
        ];
        let people = of(&bookings);
        let of_ada = people.person(0);
        assert_eq!(
            (0..7).map(|index| people.person(index) == of_ada).collect::<Vec<_>>(),
            [true, true, true, false, true, false, false]
        );
        assert_ne!(people.person(5), people.person(6), "those without a name are not one person");
        let ids = people.with_several_names(&bookings);
        assert_eq!(ids, [[5, 2, 1].map(BookingId::new)]);
    }
}
