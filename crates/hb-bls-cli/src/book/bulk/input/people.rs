//! The people of a file, as far as it tells: nothing is checked or refused, since nothing is booked.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use super::{Mapping, columns, problems::Problems, split, table::Table, values};
use crate::book::fields::Values;

/// The values of each row.
pub fn people(path: &Path, mappings: &[Mapping]) -> Result<Vec<Values>> {
    let data = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let cannot_use = || format!("cannot use {}", path.display());
    let table = Table::read(&data, &|cells| columns::known(cells, mappings)).with_context(cannot_use)?;
    let (_, header, lines) = split(&table.lines, mappings).with_context(cannot_use)?;
    let (uses, _) = columns::uses(&header.cells, mappings);
    let mut problems = Problems::default();
    Ok(lines.iter().filter_map(|line| values(line, &uses, &Values::new(), &mut problems)).collect())
}
