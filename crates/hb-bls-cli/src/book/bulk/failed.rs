//! `--failed`: the rows that were not booked, as they are in the file, each with the reason, to be corrected and fed back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{
    input::{Row, WHY_NOT, is_why_not},
    results::Outcome,
};
use crate::{
    atomic_file,
    output::{Output, Sheet, SheetKind},
};

/// Where they are written.
pub struct Failed {
    path: PathBuf,
    kind: SheetKind,
}

impl Failed {
    /// Makes sure that the file can be written, before anything is booked.
    pub fn open(path: &Path) -> Result<Self> {
        let kind = SheetKind::of(path, "--failed")?;
        atomic_file::create_beside(path).with_context(|| cannot_write(path))?;
        Ok(Self { path: path.to_owned(), kind })
    }

    /// Replaces the file. If everybody is booked, it has a header only.
    pub fn write(self, header: &[String], rows: &[Row], outcomes: &[Outcome], output: Output) -> Result<()> {
        let kept: Vec<usize> = (0..header.len()).filter(|column| !is_why_not(&header[*column])).collect();
        let line = |cells: &[String], why: &str| {
            let cells = kept.iter().map(|column| cells[*column].clone());
            cells.chain([why.to_owned()]).collect::<Vec<_>>()
        };
        let open = rows.iter().zip(outcomes).filter(|(_, outcome)| !outcome.is_booked());
        let sheet = Sheet {
            header: line(header, WHY_NOT),
            rows: open.map(|(row, outcome)| line(&row.cells, outcome.reason())).collect(),
        };
        let count = sheet.rows.len();
        atomic_file::write(&self.path, &sheet.write(self.kind)?).with_context(|| cannot_write(&self.path))?;
        if count > 0 {
            let rows = if count == 1 { "1 row that was".to_owned() } else { format!("{count} rows that were") };
            output.note(&format!("{rows} not booked, with the reasons: {}", self.path.display()));
        }
        Ok(())
    }
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
