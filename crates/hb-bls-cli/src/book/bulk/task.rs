//! A bulk booking, as the command line describes it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hb_bls::{Client, Course, CourseId, state::FileBookingLog};
use jiff::civil::DateTime;

use super::{
    input::{CandidateFile, Mapping, Reading},
    source::Source,
};
use crate::{
    atomic_file,
    book::fields::{Fault, Search, Values},
    context::Context,
    prompt,
    report::{Failure, Kind},
};

pub struct Task {
    pub from: Source,
    pub journal: PathBuf,
    pub results: Option<PathBuf>,
    pub failed: Option<PathBuf>,
    pub flags: Values,
    /// What the profile fills in.
    pub defaults: Values,
    /// Errors in the flags that were found before the values were checked.
    pub faults: Vec<Fault>,
    pub mappings: Vec<Mapping>,
    pub search: Option<Search>,
    /// Whether a row is booked again if its booking has since been cancelled.
    pub rebook_cancelled: bool,
    /// Whether nobody is to be asked.
    pub yes: bool,
    /// Whether people who are booked already are booked again.
    pub allow_duplicates: bool,
    /// Whether they are left out.
    pub skip_booked: bool,
    /// Whether as many are booked as can be paid for.
    pub partial: bool,
    /// Whether the user has named the journal.
    pub names_journal: bool,
    /// The time in the UK.
    pub now: DateTime,
}

impl Task {
    /// Reads the file, and the portal's courses. All errors are reported together. If the portal can be reached, these
    /// include courses that do not exist.
    pub async fn read(&self, context: &Context) -> Result<(CandidateFile, Client, Vec<Course>)> {
        let (file, asked) = self.look(context).await?;
        let file = file.settle(&self.from)?;
        let (client, courses) = asked?;
        Ok((file, client, courses))
    }

    /// The same, with the errors that were found.
    pub async fn look(&self, context: &Context) -> Result<(CandidateFile, Result<(Client, Vec<Course>)>)> {
        let mut file = CandidateFile::of(&self.from, &self.reading())?;
        let asked = ask(context, &self.journal).await;
        if let Ok((_, courses)) = &asked {
            file.check_courses(&courses.iter().map(|course| course.id).collect::<Vec<CourseId>>());
        }
        Ok((file, asked))
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            flags: &self.flags,
            defaults: &self.defaults,
            faults: &self.faults,
            earliest: self.search.is_some(),
            mappings: &self.mappings,
            today: self.now.date(),
        }
    }

    /// Whether there is somebody to ask. What comes by the standard input is not followed by answers.
    pub fn can_ask(&self) -> bool {
        self.from.path.is_some() && prompt::is_possible()
    }

    /// Whether a row that is corrected is none of this run any more.
    pub fn is_known_by_content(&self) -> bool {
        self.from.path.is_none() && !self.names_journal
    }

    /// Refuses to overwrite the input, the journal or the other output: the run could then not be continued.
    pub fn check_paths(&self) -> Result<()> {
        let read = self.from.path.iter().map(|path| (path, "--from")).chain([(&self.journal, "--journal")]);
        let results = self.results.iter().map(|path| (path, "--results"));
        let failed = self.failed.iter().map(|path| (path, "--failed"));
        let mut taken: Vec<_> = read.collect();
        for (path, flag) in results.chain(failed) {
            if let Some((_, other)) = taken.iter().find(|(other, _)| is_same(path, other)) {
                let message = format!("{flag} names the file of {other}");
                return Err(Failure::new(Kind::Usage, message).hint("name a file of its own").into());
            }
            taken.push((path, flag));
        }
        Ok(())
    }
}

/// Whether two paths name one file, which need not be there yet.
fn is_same(path: &Path, other: &Path) -> bool {
    path == other || resolved(path).is_some_and(|path| resolved(other) == Some(path))
}

fn resolved(path: &Path) -> Option<PathBuf> {
    let of_folder = || Some(atomic_file::folder_of(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(of_folder)
}

/// Lists the courses, and returns the client as well.
async fn ask(context: &Context, journal: &Path) -> Result<(Client, Vec<Course>)> {
    let client = client_with(context, journal)?;
    let courses = client.courses().list().await.context("cannot list courses")?;
    Ok((client, courses))
}

/// A client that records bookings in this journal.
pub fn client_with(context: &Context, journal: &Path) -> Result<Client> {
    context.patient_client(FileBookingLog::at(journal))
}
