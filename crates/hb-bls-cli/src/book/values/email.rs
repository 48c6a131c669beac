//! Email addresses, and the slips that are common in them.

use super::Value;

/// Where most candidates have their addresses.
const HOSTS: [&str; 12] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "outlook.com",
    "yahoo.com",
    "yahoo.co.uk",
    "icloud.com",
    "live.co.uk",
    "btinternet.com",
    "nhs.net",
    "aol.com",
];

/// Addresses at other hosts that look like slips and are none.
const REAL: [&str; 6] = ["ymail.com", "mail.com", "live.com", "gmx.com", "yahoo.ca", "aol.co.uk"];

pub fn read(text: &str) -> Result<Value, String> {
    const NONE: &str = "is not an email address";
    let sound = |part: &str| !part.is_empty() && !part.contains([' ', ',', ';', '<', '>', '@']);
    let Some((_, host)) = text.split_once('@').filter(|(name, host)| sound(name) && sound(host)) else {
        return Err(NONE.to_owned());
    };
    if host.starts_with('.') || host.ends_with('.') || host.contains("..") {
        return Err(NONE.to_owned());
    }
    if !host.contains('.') {
        return Err(format!("{NONE}: there is no dot after the @"));
    }
    let host = host.to_lowercase();
    let is_known = HOSTS.contains(&host.as_str()) || REAL.contains(&host.as_str());
    let meant = HOSTS.into_iter().find(|known| !is_known && one_slip(&host, known));
    let doubt = meant.map(|meant| format!("may be mistyped: is it @{meant}?"));
    Ok(Value { text: text.to_owned(), doubt })
}

/// Whether one letter is missing, too many or wrong, or two are swapped.
fn one_slip(text: &str, meant: &str) -> bool {
    let (text, meant): (Vec<_>, Vec<_>) = (text.chars().collect(), meant.chars().collect());
    let same = text.iter().zip(&meant).take_while(|(a, b)| a == b).count();
    let (rest, other) = (&text[same..], &meant[same..]);
    match (rest, other) {
        ([a, b, rest @ ..], [c, d, other @ ..]) if (a, b) == (d, c) && rest == other => true,
        ([_, rest @ ..], other) if rest == other => true,
        (rest, [_, other @ ..]) if rest == other => true,
        ([_, rest @ ..], [_, other @ ..]) => rest == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_doubted() {
        for host in
            ["gmial.com", "gmal.com", "gmail.con", "gmaill.com", "gmail.co", "hotmial.co.uk", "outlok.com", "NHS.nte"]
        {
            assert!(read(&format!("ada@{host}")).unwrap().doubt.is_some(), "{host}");
        }
        for host in ["gmail.com", "GMAIL.com", "mail.com", "ymail.com", "agency.example", "пошта.example", "live.com"]
        {
            assert_eq!(read(&format!("ada@{host}")).unwrap().doubt, None, "{host}");
        }
        assert_eq!(read("ada@gmial.com").unwrap().doubt.unwrap(), "may be mistyped: is it @gmail.com?");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "ada",
            "ada@",
            "@x.example",
            "ada@x@y.example",
            "Ada <ada@example.com>",
            "a b@x.example",
            "a@.x",
            "a@x..y",
            "a@x.",
        ] {
            assert_eq!(read(text).unwrap_err(), "is not an email address", "{text}");
        }
        assert_eq!(read("a7@example").unwrap_err(), "is not an email address: there is no dot after the @");
    }
}
