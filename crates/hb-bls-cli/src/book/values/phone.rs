//! Phone numbers, in the international form.

use super::Value;

pub fn read(text: &str) -> Result<Value, String> {
    const ROUNDED: &str = "was rounded by a spreadsheet, and its last digits are lost; format the column as text and \
                           type the number again";
    let upper = text.to_uppercase();
    if let Some((digits, power)) = upper.split_once('E')
        && digits.contains(|char: char| char.is_ascii_digit())
        && digits.chars().all(|char| char.is_ascii_digit() || char == '.')
        && power.trim_start_matches('+').chars().all(|char| char.is_ascii_digit())
    {
        return Err(ROUNDED.to_owned());
    }
    // `+44 (0)20 ...`: the 0 is for callers in the country
    let text = if text.trim_start().starts_with(['+', '0']) { text.replacen("(0)", "", 1) } else { text.to_owned() };
    let dialled: String = text.chars().filter(|char| !" ()-.\u{a0}\u{2011}/".contains(*char)).collect();
    let (digits, international) = match (dialled.strip_prefix('+'), dialled.strip_prefix("00")) {
        (Some(rest), _) | (None, Some(rest)) => (rest, true),
        (None, None) => (dialled.as_str(), false),
    };
    if digits.is_empty() || !digits.chars().all(|char| char.is_ascii_digit()) {
        return Err("is not a phone number".to_owned());
    }
    let national = |digits: &str| format!("+44{digits}");
    let number = match (international, digits.strip_prefix('0'), digits.len()) {
        (true, _, _) => format!("+{digits}"),
        (false, Some(rest), _) => national(rest),
        // a spreadsheet takes the 0 or the + away
        (false, None, 10) if digits.starts_with('7') => national(digits),
        (false, None, 12) if digits.starts_with("44") => format!("+{digits}"),
        _ if digits.len() < 9 => return Err(too_few(digits.len())),
        _ => return Err("has no country; write it as 07700 900123, or with + and the country".to_owned()),
    };
    match number.strip_prefix("+44") {
        Some(digits) if digits.starts_with('0') => Err("has a 0 after the country 44".to_owned()),
        Some(digits) if digits.len() < 9 => Err(too_few(digits.len())),
        Some(digits) if digits.len() > 10 => Err(format!("has too many digits for a UK number: {}", digits.len() + 1)),
        None if number.len() < 8 => Err(too_few(number.len() - 1)),
        None if number.len() > 16 => Err("has too many digits for a phone number".to_owned()),
        _ => Ok(number.into()),
    }
}

fn too_few(digits: usize) -> String {
    let digits = if digits == 1 { "1 digit".to_owned() } else { format!("{digits} digits") };
    format!("has too few digits for a phone number: {digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_their_international_form() {
        for text in [
            "+447700900123",
            "07700 900123",
            "07700900123",
            "(07700) 900-123",
            "7700900123",
            "447700900123",
            "0044 7700 900123",
            "+44 (0)7700 900123",
            "+44 7700 900 123",
            "07700.900.123",
        ] {
            assert_eq!(read(text).unwrap().text, "+447700900123", "{text}");
        }
        assert_eq!(read("+44 (0)20 7946 0000").unwrap().text, "+442079460000");
        assert_eq!(read("+353 1 234 5678").unwrap().text, "+35312345678");
        assert_eq!(read("016977 3999").unwrap().text, "+44169773999", "some towns have shorter ones");
    }

    #[test]
    fn what_is_no_number_is_reported_with_the_cause() {
        for (text, why) in [
            ("4.4770E+11", "was rounded by a spreadsheet"),
            ("4.4770e+11", "was rounded by a spreadsheet"),
            ("1", "has too few digits for a phone number: 1 digit"),
            ("07700 90012", ""),
            ("0770090", "has too few digits"),
            ("07700 9001234", "has too many digits for a UK number: 12"),
            ("none", "is not a phone number"),
            ("", "is not a phone number"),
            ("+", "is not a phone number"),
            ("07700 900123 ext 4", "is not a phone number"),
            ("5551234567", "has no country"),
            ("+44 07700 900123", "has a 0 after the country 44"),
        ] {
            match (read(text), why) {
                // nine digits after the 0 may be a town's
                (Ok(_), "") => {}
                (Err(message), why) => assert!(message.starts_with(why), "{text}: {message}"),
                (Ok(read), _) => panic!("{text}: {read:?}"),
            }
        }
    }
}
