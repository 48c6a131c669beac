//! The certificate. It is drawn for each download, and the same booking gives the same bytes.

use jiff::ZonedDateTime;
use pdf_writer::{Content, Date, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::format;
use crate::store::bookings::Booking;

/// A4, landscape.
const WIDTH: f32 = 842.0;
const HEIGHT: f32 = 595.0;
const LEFT: f32 = 80.0;

/// The font's name within the page.
const FONT: Name<'static> = Name(b"F1");

/// Red, green, blue.
type Color = [u8; 3];
const INK: Color = [30, 41, 59];
const ACCENT: Color = [15, 118, 110];

/// The certificate of a booking whose training is completed.
pub(crate) fn pdf(booking: &Booking) -> Vec<u8> {
    let taken = format::in_london(booking.start);
    let mut content = Content::new();
    frame(&mut content);
    let mut write = |from_top: f32, size: f32, color: Color, text: &str| {
        let text = win_ansi(text);
        let [red, green, blue] = rgb(color);
        content.set_fill_rgb(red, green, blue).begin_text();
        content.set_font(FONT, fitting(&text, size)).next_line(LEFT, HEIGHT - from_top);
        content.show(Str(&text)).end_text();
    };
    write(120.0, 16.0, ACCENT, "Healthier Business · Virtual BLS");
    write(175.0, 38.0, INK, "Certificate of Completion");
    write(230.0, 15.0, INK, "This is to certify that");
    write(278.0, 34.0, ACCENT, &booking.candidate_name);
    write(320.0, 15.0, INK, "has successfully completed the course");
    write(358.0, 26.0, INK, &booking.course_name);
    write(405.0, 15.0, INK, &format!("on {}", taken.strftime("%-d %B %Y")));
    write(430.0, 15.0, INK, &format!("Trainer: {}", booking.trainer_name));
    write(480.0, 12.0, INK, &format!("Certificate number: BLS-{:06}", booking.id));
    write(505.0, 12.0, INK, "Issued by a local sandbox for software tests. Not proof of any training.");
    document(booking, &taken, &content.finish())
}

/// A document of one page with this content.
fn document(booking: &Booking, taken: &ZonedDateTime, content: &[u8]) -> Vec<u8> {
    let [catalog, tree, page, font, stream, info] = [1, 2, 3, 4, 5, 6].map(Ref::new);
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("en-GB"));
    pdf.pages(tree).kids([page]).count(1);
    let mut first = pdf.page(page);
    first.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(stream);
    first.resources().fonts().pair(FONT, font);
    first.finish();
    // one of the fonts that every PDF reader has
    pdf.type1_font(font).base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    pdf.stream(stream, content);
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    let date = Date::new(u16::try_from(taken.year()).unwrap_or(0)).month(part(taken.month())).day(part(taken.day()));
    pdf.document_info(info)
        .title(TextStr(&format!("Certificate BLS-{:06}", booking.id)))
        .subject(TextStr(&format!("{}, {}", booking.candidate_name, booking.course_name)))
        .creator(TextStr("hb-bls-sandbox"))
        .creation_date(date);
    pdf.finish()
}

fn frame(content: &mut Content) {
    let [red, green, blue] = rgb(ACCENT);
    content.set_stroke_rgb(red, green, blue).set_line_width(2.5);
    content.rect(36.0, 36.0, WIDTH - 72.0, HEIGHT - 72.0).stroke();
}

fn rgb(color: Color) -> [f32; 3] {
    color.map(|part| f32::from(part) / 255.0)
}

/// The characters from 0x80 to 0x9F of Windows-1252; the spaces stand for codes without one. The others are Latin-1.
const WINDOWS_1252: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// The text in the encoding of the built-in fonts. What that lacks is written in Latin letters, as in a passport.
fn win_ansi(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        let special = || WINDOWS_1252.chars().zip(0x80..).find(|(other, _)| *other == letter);
        match u8::try_from(letter) {
            Ok(byte) => bytes.push(byte),
            Err(_) => match special() {
                Some((_, byte)) => bytes.push(byte),
                None => bytes.extend_from_slice(deunicode::deunicode_char(letter).unwrap_or("?").as_bytes()),
            },
        }
    }
    bytes
}

/// The size at which the text stays within the frame.
fn fitting(text: &[u8], size: f32) -> f32 {
    // as a fraction of the size, rather too wide than too narrow
    let width = text.iter().map(|letter| if letter.is_ascii_lowercase() { 0.6 } else { 0.8 }).sum::<f32>();
    size.min((WIDTH - 2.0 * LEFT) / width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_in_the_encoding_of_the_font() {
        for (text, bytes) in [
            ("Siân O’Neill", b"Si\xe2n O\x92Neill".as_slice()),
            ("Ÿ€™", b"\x9f\x80\x99"),
            ("Łukasz Ștefan", b"Lukasz Stefan"),
            ("Юлія", b"Iuliia"),
            ("Þóra Šimić", b"\xde\xf3ra \x8aimic"),
            ("a\u{0}\u{85}b\u{202e}", b"ab"),
            ("\u{e000}", b"?"),
        ] {
            assert_eq!(win_ansi(text), bytes, "{text}");
        }
    }

    /// A reader has no letters of these scripts in the built-in font, and would show boxes.
    #[test]
    fn names_of_any_script_are_written_in_latin_letters() {
        for name in [
            "Нгуен Ольга",
            "Ελένη Παπαδοπούλου",
            "Անի Սարգսյան",
            "ნინო ბერიძე",
            "יעל כהן",
            "محمد الحسن",
            "اکبر خان",
            "प्रिया शर्मा",
            "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ",
            "প্রিয়া দাস",
            "பிரியா குமார்",
            "ሰላም ተስፋዬ",
            "สมชาย ใจดี",
            "陈美",
            "山田 花子",
            "やまだ",
            "김민지",
            "Nguyễn Thị Hồng",
            "e\u{301}va",
        ] {
            let written = win_ansi(name);
            assert!(written.iter().filter(|byte| byte.is_ascii_alphabetic()).count() >= 3, "{name}: {written:?}");
            assert!(
                !written.contains(&b'?') && !written.contains(&b'['),
                "{name}: {}",
                String::from_utf8_lossy(&written)
            );
        }
    }

    #[test]
    fn long_texts_shrink() {
        assert!((fitting(b"Ann", 34.0) - 34.0).abs() < 0.01);
        assert!(fitting("W".repeat(120).as_bytes(), 34.0) < 7.2);
    }
}
