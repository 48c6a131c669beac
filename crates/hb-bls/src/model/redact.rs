//! Removes a candidate's data from texts.

use super::BookingDetails;

impl BookingDetails {
    /// The text with `[hidden]` in place of every value of these details, whatever its case: the portal may repeat in its
    /// messages what was sent. The payment option stays.
    pub fn redact(&self, text: &str) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        let mut personal = vec![
            &name,
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.phone,
            &self.address,
            &self.city,
            &self.postcode,
            &self.job_role,
            &self.agency_contact_name,
            &self.agency_contact_email,
        ];
        personal.extend(&self.agency_email);
        personal.retain(|value| value.chars().count() > 1);
        // longer values first, since they may contain shorter ones
        personal.sort_by_key(|value| std::cmp::Reverse(value.len()));
        personal.into_iter().fold(text.to_owned(), |text, value| without(&text, value))
    }
}

/// Hides a value, ignoring case, unless it is part of a longer word: `Po` is not hidden in `portal`.
fn without(text: &str, value: &str) -> String {
    const HIDDEN: &str = "[hidden]";
    let (lower, value) = (text.to_lowercase(), value.to_lowercase());
    if lower.len() != text.len() {
        // a few letters change their length with their case, so that positions do not match
        return if lower.contains(&value) { HIDDEN.to_owned() } else { text.to_owned() };
    }
    // only ASCII letters count, since scripts without spaces between words use none
    let is_letter = |at: usize| lower.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric);
    let splits_word = |at: usize| at > 0 && is_letter(at - 1) && is_letter(at);
    let (mut out, mut end) = (String::new(), 0);
    for (start, _) in lower.match_indices(&value) {
        let after = start + value.len();
        if let Some(before) = text.get(end..start).filter(|_| !splits_word(start) && !splits_word(after)) {
            out = out + before + HIDDEN;
            end = after;
        }
    }
    out + text.get(end..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use hb_bls_gen::PayOption;

    use super::*;

    #[test]
    fn a_candidate_s_data_is_hidden_and_the_rest_is_not() {
        let details = BookingDetails::builder()
            .first_name("Ada")
            .last_name("Po")
            .email("ada@mail.example")
            .phone("+44 7700 900123")
            .address("12 Harbour Street")
            .city("小明市")
            .postcode("LS1 4AP")
            .job_role("Nurse")
            .pay_option(PayOption::Credits)
            .agency_contact_name("Jo Field")
            .agency_contact_email("jo@agency.test")
            .build();
        for (text, shown) in [
            ("the portal (422): ADA PO, not Ada: a harbour", "the portal (422): [hidden], not [hidden]: a harbour"),
            ("ada@mail.example at 12 harbour street", "[hidden] at [hidden]"),
            ("Adam has 阿ada and 王小明市", "Adam has 阿[hidden] and 王[hidden]"),
            // a letter that is longer in lower case
            ("İ, Ada", "[hidden]"),
        ] {
            assert_eq!(details.redact(text), shown);
        }
    }
}
