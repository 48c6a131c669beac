//! Times of day: `9:00`, `9am`, `0900`.

use hb_bls::Time;

const HOW: &str = "is not a time; write it as 09:00, 9am or 0900";

/// The time that is meant.
pub fn time(text: &str) -> Result<Time, String> {
    let text: String = text.trim().to_lowercase().split_whitespace().collect();
    match text.as_str() {
        "noon" | "midday" | "12noon" => return at(12, 0),
        "midnight" => return at(0, 0),
        _ => {}
    }
    let (text, half) = ["am", "a.m.", "a.m"]
        .iter()
        .find_map(|end| Some((text.strip_suffix(end)?, Some(0))))
        .or_else(|| ["pm", "p.m.", "p.m"].iter().find_map(|end| Some((text.strip_suffix(end)?, Some(12)))))
        .unwrap_or((&text, None));
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|char| char.is_ascii_digit());
    let parts: Vec<_> = text.split([':', '.', 'h']).collect();
    let (hour, minute) = match parts[..] {
        [hour, minute] | [hour, minute, "00"] if minute.len() == 2 => (hour, minute),
        [digits] if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        [hour] if hour.len() <= 2 && half.is_some() => (hour, "00"),
        [hour] if hour.len() <= 2 && all_digits(hour) => {
            return Err(ambiguous(hour, "00").unwrap_or_else(|| HOW.to_owned()));
        }
        _ => return Err(HOW.to_owned()),
    };
    if !all_digits(hour) || !all_digits(minute) || hour.len() > 2 {
        return Err(HOW.to_owned());
    }
    let numbers = hour.parse::<i8>().ok().zip(minute.parse::<i8>().ok());
    let Some((number, minutes)) = numbers else { return Err(HOW.to_owned()) };
    match half {
        Some(_) if !(1..=12).contains(&number) => Err(format!("does not exist: there is no hour {number} am or pm")),
        Some(half) => at(number % 12 + half, minutes),
        // nobody is trained in the night, so `3:30` may be meant to be in the afternoon
        None if hour.len() == 1 && (1..=6).contains(&number) => {
            Err(ambiguous(hour, minute).unwrap_or_else(|| HOW.to_owned()))
        }
        None => at(number, minutes),
    }
}

fn at(hour: i8, minute: i8) -> Result<Time, String> {
    Time::new(hour, minute, 0, 0).map_err(|_| format!("does not exist: there is no {hour:02}:{minute:02}"))
}

/// Both readings of an hour that may be before or after noon.
fn ambiguous(hour: &str, minute: &str) -> Option<String> {
    let number: u8 = hour.parse().ok().filter(|hour| (1..=11).contains(hour))?;
    Some(format!("is ambiguous: {number:02}:{minute} or {}:{minute}?", number + 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        for (text, expected) in [
            ("09:00", "09:00"),
            ("9:00", "09:00"),
            ("9am", "09:00"),
            ("9 AM", "09:00"),
            ("0900", "09:00"),
            ("9.30", "09:30"),
            ("1:30pm", "13:30"),
            ("12pm", "12:00"),
            ("12am", "00:00"),
            ("noon", "12:00"),
            ("14:00", "14:00"),
            ("03:30", "03:30"),
            ("09:00:00", "09:00"),
            ("2 p.m.", "14:00"),
            ("1430", "14:30"),
        ] {
            assert_eq!(time(text).map(|time| time.strftime("%H:%M").to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_reported_with_the_cause() {
        for (text, why) in [
            ("9", "is ambiguous: 09:00 or 21:00?"),
            ("3:30", "is ambiguous: 03:30 or 15:30?"),
            ("25:00", "does not exist: there is no 25:00"),
            ("13pm", "does not exist: there is no hour 13 am or pm"),
            ("9:60", "does not exist: there is no 09:60"),
            ("", HOW),
            ("soon", HOW),
            ("9:0", HOW),
            ("14", HOW),
            ("é9", HOW),
            ("0.375", HOW),
        ] {
            assert_eq!(time(text).map(|time| time.to_string()), Err(why.to_owned()), "{text}");
        }
    }
}
