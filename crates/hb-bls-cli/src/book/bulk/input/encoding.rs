//! The encoding of a file: spreadsheets save text in several, and do not say in which.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How much of a file is looked at to recognise UTF-16 without a mark.
const SAMPLE: usize = 512;

/// The text, or why it is none.
pub fn decode(data: &[u8]) -> Result<Cow<'_, str>, String> {
    if let Some((encoding, mark)) = Encoding::for_bom(data) {
        return whole(encoding, &data[mark..]);
    }
    let sample = &data[..data.len().min(SAMPLE)];
    // in the scripts of Western Europe every other byte is zero
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    if sample.contains(&0) {
        return whole(if zeros(0) > zeros(1) { UTF_16BE } else { UTF_16LE }, data);
    }
    match std::str::from_utf8(data) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => {
            let mixed = data.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
            if mixed {
                let line = data[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
                let what = format!("its text is partly UTF-8 and partly something else, from line {line} on");
                return Err(what);
            }
            whole(WINDOWS_1252, data)
        }
    }
}

fn whole<'a>(encoding: &'static Encoding, data: &'a [u8]) -> Result<Cow<'a, str>, String> {
    let (text, damaged) = encoding.decode_without_bom_handling(data);
    if damaged { Err(format!("it is damaged, or not the {} that it seems to be", encoding.name())) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name\r\nZoë O’Neill, £5\r\n";

    fn utf16(order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        TEXT.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn the_same_text_comes_out_of_every_encoding() {
        let windows = TEXT.replace('ë', "\u{1}").replace('’', "\u{2}").replace('£', "\u{3}").into_bytes();
        let windows: Vec<u8> = windows
            .into_iter()
            .map(|byte| match byte {
                1 => 0xeb,
                2 => 0x92,
                3 => 0xa3,
                byte => byte,
            })
            .collect();
        let marked = |mark: &[u8], data: Vec<u8>| [mark, &data].concat();
        for data in [
            TEXT.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", TEXT.as_bytes().to_vec()),
            marked(b"\xff\xfe", utf16(u16::to_le_bytes)),
            marked(b"\xfe\xff", utf16(u16::to_be_bytes)),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            windows,
        ] {
            assert_eq!(decode(&data).unwrap(), TEXT, "{data:?}");
        }
    }

    #[test]
    fn what_is_no_text_is_reported() {
        let mixed = [TEXT.as_bytes(), b"Ren\xe9\n"].concat();
        assert!(decode(&mixed).unwrap_err().ends_with("from line 3 on"));
        assert!(decode(b"\xff\xfea\0\x00\xd8").unwrap_err().contains("it is damaged"));
        assert_eq!(decode(b"").unwrap(), "");
    }
}
