//! The certificate, drawn anew for each download; the same booking gives the same bytes.

use std::sync::LazyLock;

use jiff::Zoned;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, Paint, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

use crate::format;
use crate::problem::Problem;
use crate::store::bookings::Booking;

/// Latin with all its accents, Greek and Cyrillic. Characters of other scripts show as boxes.
static FONT: LazyLock<Option<Font>> = LazyLock::new(|| Font::new(epaint_default_fonts::UBUNTU_LIGHT.into(), 0));

/// A4, lying.
const WIDTH: f32 = 842.0;
const HEIGHT: f32 = 595.0;
const LEFT: f32 = 80.0;
/// The mean width of a letter of the font, in parts of its size; on the wide side.
const LETTER: f32 = 0.6;

/// Red, green, blue.
type Color = [u8; 3];
const INK: Color = [30, 41, 59];
const ACCENT: Color = [15, 118, 110];

/// The certificate of a booking whose training is completed.
pub(crate) fn pdf(booking: &Booking) -> Result<Vec<u8>, Problem> {
    let failed = || Problem::Internal("the certificate could not be drawn".to_owned());
    let font = FONT.clone().ok_or_else(failed)?;
    let taken = format::in_london(booking.start);
    let mut document = Document::new();
    document.set_metadata(metadata(booking, &taken));
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(failed)?;
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    frame(&mut surface).ok_or_else(failed)?;

    let mut write = |y: f32, size: f32, color: Color, text: &str| {
        surface.set_fill(Some(ink(color)));
        let at = Point::from_xy(LEFT, y);
        surface.draw_text(at, font.clone(), fitting(text, size), text, false, TextDirection::Auto);
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

    surface.finish();
    page.finish();
    document.finish().map_err(|_| failed())
}

fn metadata(booking: &Booking, taken: &Zoned) -> Metadata {
    let part = |value: i8| u8::try_from(value).unwrap_or(1);
    let date =
        DateTime::new(u16::try_from(taken.year()).unwrap_or(0)).month(part(taken.month())).day(part(taken.day()));
    Metadata::new()
        .title(format!("Certificate BLS-{:06}", booking.id))
        .description(format!("{}, {}", booking.candidate_name, booking.course_name))
        .language("en-GB".to_owned())
        .creator("hb-bls-sandbox".to_owned())
        .creation_date(date)
}

fn frame(surface: &mut Surface<'_>) -> Option<()> {
    let mut outline = PathBuilder::new();
    outline.push_rect(Rect::from_xywh(36.0, 36.0, WIDTH - 72.0, HEIGHT - 72.0)?);
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke { paint: paint(ACCENT), width: 2.5, ..Stroke::default() }));
    surface.draw_path(&outline.finish()?);
    surface.set_stroke(None);
    Some(())
}

fn paint([red, green, blue]: Color) -> Paint {
    rgb::Color::new(red, green, blue).into()
}

fn ink(color: Color) -> Fill {
    Fill { paint: paint(color), opacity: NormalizedF32::ONE, ..Fill::default() }
}

/// The size at which the text surely stays within the frame.
fn fitting(text: &str, size: f32) -> f32 {
    let letters = u16::try_from(text.chars().count().max(1)).unwrap_or(u16::MAX);
    size.min((WIDTH - 2.0 * LEFT) / (f32::from(letters) * LETTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use krilla::SerializeSettings;
    use krilla::configure::{Archival, ConfigurationBuilder};

    /// Whether the font has a glyph for every character, as PDF/A demands.
    fn has_glyphs(text: &str) -> bool {
        let configuration = ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish().unwrap();
        let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        let mut page = document.start_page();
        let at = Point::from_xy(0.0, 50.0);
        let font = FONT.clone().unwrap();
        page.surface().draw_text(at, font, 12.0, text, false, TextDirection::Auto);
        page.finish();
        document.finish().is_ok()
    }

    #[test]
    fn every_letter_of_a_european_name_has_a_glyph() {
        assert!(has_glyphs("Łukasz Ștefan Ἀλέξανδρος Юлія Siân Þóra"));
        assert!(!has_glyphs("漢字"), "else this test would not notice a missing glyph");
    }

    #[test]
    fn long_texts_shrink() {
        assert!((fitting("Ann", 34.0) - 34.0).abs() < 0.01);
        assert!(fitting(&"W".repeat(120), 34.0) < 10.0);
    }
}
