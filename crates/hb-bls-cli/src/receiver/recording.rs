//! Deliveries in a file, one JSON object a line, headers and body kept to the byte.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// What every line begins with.
const BEGINNING: &[u8] = b"{\"received_at\":";
/// More than the longest line: a body of 1 MiB, each byte written with six.
const LONGEST_LINE: u64 = 8 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Line {
    received_at: String,
    headers: Vec<(String, Raw)>,
    body: Raw,
}

/// Bytes: text as it is, anything else in base64.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Raw {
    Text(String),
    Base64 { base64: String },
}

impl Raw {
    fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64 { base64: BASE64_STANDARD.encode(bytes) },
        }
    }

    fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => Some(text.into_bytes()),
            Self::Base64 { base64 } => BASE64_STANDARD.decode(base64).ok(),
        }
    }
}

pub struct Recording {
    file: Mutex<File>,
    path: PathBuf,
}

impl Recording {
    /// Opens or creates it, for its owner's eyes only. What it holds already stays.
    pub fn open(path: &Path) -> Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(path).with_context(|| format!("cannot record to {}", path.display()))?;
        if opened.metadata().is_ok_and(|metadata| metadata.is_file()) {
            prepare(&opened).with_context(|| format!("cannot record to {}", path.display()))?;
        }
        Ok(Self { file: Mutex::new(opened), path: path.to_owned() })
    }

    /// Appends a delivery. When this returns the system has it, and killing the process loses nothing of it.
    pub fn write(&self, received_at: jiff::Timestamp, headers: &HeaderMap, body: &[u8]) -> Result<()> {
        let line = Line {
            received_at: received_at.to_string(),
            headers: headers.iter().map(|(name, value)| (name.to_string(), Raw::of(value.as_bytes()))).collect(),
            body: Raw::of(body),
        };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(&text).with_context(|| format!("cannot record to {}", self.path.display()))
    }
}

fn prepare(mut file: &File) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
    }
    let length = file.metadata()?.len();
    let start = length.saturating_sub(LONGEST_LINE);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let torn = tail.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    if torn.is_empty() {
        return Ok(());
    }
    // a delivery that an earlier run was writing when it was killed: it got no response, so the portal sends it again
    ensure!(
        torn.starts_with(BEGINNING) || BEGINNING.starts_with(torn),
        "its last line has no end and is not a recorded delivery; name another file"
    );
    file.set_len(length - torn.len() as u64)?;
    Ok(())
}

pub struct Recorded {
    pub headers: HeaderMap,
    pub body: Bytes,
}

pub enum Entry {
    Delivery(Recorded),
    Unreadable,
    /// The last line, of a recording that was cut off by a kill.
    Torn,
}

/// The lines of a recording, in their order; blank ones are passed over.
pub struct Entries<R> {
    reader: R,
    line: usize,
}

impl<R: BufRead> Entries<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, line: 0 }
    }

    /// The next entry and its line, counted from 1.
    pub fn next(&mut self) -> io::Result<Option<(usize, Entry)>> {
        loop {
            let mut text = Vec::new();
            if self.reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)? == 0 {
                return Ok(None);
            }
            self.line += 1;
            if text.trim_ascii().is_empty() {
                continue;
            }
            let ended = text.ends_with(b"\n");
            let entry = match parse(&text) {
                Some(recorded) => Entry::Delivery(recorded),
                None if ended => Entry::Unreadable,
                None if self.reader.fill_buf()?.is_empty() => Entry::Torn,
                None => return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long for a delivery")),
            };
            return Ok(Some((self.line, entry)));
        }
    }
}

fn parse(text: &[u8]) -> Option<Recorded> {
    let line: Line = serde_json::from_slice(text).ok()?;
    let mut headers = HeaderMap::with_capacity(line.headers.len());
    for (name, value) in line.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(&value.into_bytes()?).ok()?);
    }
    Some(Recorded { headers, body: line.body.into_bytes()?.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.append("x-tdta-event", HeaderValue::from_static("webhook.test"));
        headers.append("x-twice", HeaderValue::from_static("one"));
        headers.append("x-twice", HeaderValue::from_bytes(b"tw\xff").unwrap());
        headers
    }

    fn entries(path: &Path) -> Vec<(usize, Entry)> {
        let mut entries = Entries::new(io::BufReader::new(File::open(path).unwrap()));
        std::iter::from_fn(|| entries.next().unwrap()).collect()
    }

    #[test]
    fn what_is_read_is_what_was_written_to_the_byte() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let bodies: [&[u8]; 5] =
            [b"{ \"a\":\t1.0 }\r\n", b"\xff\xfe\x00", b"", "\u{2028}\"\\".as_bytes(), b"{\"base64\":1}"];
        for body in bodies {
            // opened anew each time: it goes on
            Recording::open(&path).unwrap().write(jiff::Timestamp::UNIX_EPOCH, &headers(), body).unwrap();
        }
        let read = entries(&path);
        assert_eq!(read.len(), bodies.len());
        for ((line, entry), (index, body)) in read.into_iter().zip(bodies.iter().enumerate()) {
            let Entry::Delivery(recorded) = entry else { panic!("line {line}") };
            assert_eq!((line, recorded.body.as_ref()), (index + 1, *body));
            assert_eq!(recorded.headers, headers());
        }
    }

    #[test]
    fn a_line_that_a_kill_cut_off_is_told_from_a_wrong_one_and_the_next_run_goes_on_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let write = || Recording::open(&path).unwrap().write(jiff::Timestamp::UNIX_EPOCH, &headers(), b"x").unwrap();
        write();
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..whole.len() - 1 {
            std::fs::write(&path, [&whole[..], &whole[..cut]].concat()).unwrap();
            let read = entries(&path);
            assert!(matches!(read[..], [(1, Entry::Delivery(_)), (2, Entry::Torn)]), "{cut}");
            write();
            assert_eq!(std::fs::read(&path).unwrap(), whole.repeat(2), "{cut}");
        }
        std::fs::write(&path, [b"{\"other\":1}\n\n", &whole[..]].concat()).unwrap();
        assert!(matches!(entries(&path)[..], [(1, Entry::Unreadable), (3, Entry::Delivery(_))]));
    }

    #[test]
    fn a_file_of_another_kind_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("thesis.txt");
        std::fs::write(&path, "first\nlast without an end").unwrap();
        let error = format!("{:#}", Recording::open(&path).err().unwrap());
        assert!(error.contains("name another file"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\nlast without an end");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_for_its_owner_only_also_if_it_was_not() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        drop(Recording::open(&path).unwrap());
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        drop(Recording::open(&path).unwrap());
        assert_eq!(mode(), 0o600);
    }
}
