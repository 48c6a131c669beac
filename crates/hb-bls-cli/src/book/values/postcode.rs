//! UK postcodes, which the kit is posted to, by their form.

use super::Value;

pub fn read(text: &str) -> Result<Value, String> {
    let plain: String = text.to_uppercase().split_whitespace().collect();
    if let Some(number) = plain.strip_prefix("BFPO")
        && (1..=4).contains(&number.len())
        && number.chars().all(|char| char.is_ascii_digit())
    {
        return Ok(format!("BFPO {number}").into());
    }
    let Some((outward, inward)) = plain.len().checked_sub(3).and_then(|at| plain.split_at_checked(at)) else {
        return Err(why(&plain));
    };
    if outward_is_sound(outward) && inward_is_sound(inward) {
        return Ok(format!("{outward} {inward}").into());
    }
    Err(why(&plain))
}

/// An O where a digit must be, or a 0 for a letter, is a common slip.
fn why(plain: &str) -> String {
    const NONE: &str = "is not a UK postcode, such as LS1 4AP";
    let swapped = |from: char, to: char| {
        plain.char_indices().filter(|(_, char)| *char == from).any(|(at, _)| {
            let mended = format!("{}{to}{}", &plain[..at], &plain[at + 1..]);
            mended
                .len()
                .checked_sub(3)
                .and_then(|at| mended.split_at_checked(at))
                .is_some_and(|(outward, inward)| outward_is_sound(outward) && inward_is_sound(inward))
        })
    };
    match (swapped('O', '0'), swapped('0', 'O')) {
        (true, _) => format!("{NONE}; is there a letter O for a zero?"),
        (_, true) => format!("{NONE}; is there a zero for a letter O?"),
        _ => NONE.to_owned(),
    }
}

/// `A9`, `A99`, `AA9`, `AA99`, `A9A`, `AA9A`, with the letters that occur there.
fn outward_is_sound(text: &str) -> bool {
    if text == "GIR" {
        return true;
    }
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let (area, district) = text.split_at(letters);
    let digits = district.chars().take_while(char::is_ascii_digit).count();
    let (number, last) = district.split_at(digits);
    let mut area = area.chars();
    let first = area.next().is_some_and(|char| !"QVX".contains(char));
    let second = area.next().is_none_or(|char| !"IJZ".contains(char));
    first
        && second
        && area.next().is_none()
        && match (number.len(), last.len()) {
            (1 | 2, 0) => true,
            (1, 1) => last.chars().all(|char| "ABCDEFGHJKMNPRSTUVWXY".contains(char)),
            _ => false,
        }
}

fn inward_is_sound(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|char| char.is_ascii_digit())
        && chars.all(|char| char.is_ascii_uppercase() && !"CIKMOV".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postcodes_get_their_usual_form() {
        for (text, expected) in [
            ("LS1 4AP", "LS1 4AP"),
            ("ls14ap", "LS1 4AP"),
            ("SW1Y 4JH", "SW1Y 4JH"),
            ("m1 1ae", "M1 1AE"),
            ("B33 8TH", "B33 8TH"),
            ("CR2 6XH", "CR2 6XH"),
            ("DN55 1PT", "DN55 1PT"),
            ("W1A 0AX", "W1A 0AX"),
            ("EC1A 1BB", "EC1A 1BB"),
            ("GIR 0AA", "GIR 0AA"),
            ("JE2 3AB", "JE2 3AB"),
            ("bfpo 57", "BFPO 57"),
            (" l s1 4 ap ", "LS1 4AP"),
        ] {
            assert_eq!(read(text).unwrap().text, expected, "{text}");
        }
    }

    #[test]
    fn what_has_not_their_form_is_refused() {
        for text in [
            "zzz", "12345", "NOTAPC", "", "LS1", "LS1 4A", "QA1 1AA", "LS1 4AC", "é1 1AE", "LS1 44P", "L\u{e9}1",
            "D02 X285",
        ] {
            assert!(read(text).unwrap_err().starts_with("is not a UK postcode"), "{text}");
        }
        assert!(read("LSO 4AP").unwrap_err().ends_with("is there a letter O for a zero?"));
        assert!(read("LS1 4A0").is_err());
        assert!(read("0X1 1AA").unwrap_err().ends_with("is there a zero for a letter O?"));
    }
}
