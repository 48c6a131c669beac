//! Books all candidates of a file.

mod cancelled;
mod check;
mod cost;
mod failed;
mod input;
mod journal;
mod preview;
mod progress;
mod results;
mod row;
mod stopping;
mod task;
mod template;
mod verdict;
mod work;

use std::path::Path;

use anyhow::Result;
pub use check::check;
use failed::Failed;
pub use input::Mapping;
use journal::Journal;
use preview::Preview;
pub use preview::dry_run;
use progress::Progress;
use results::Results;
use stopping::Stopping;
pub use task::Task;
use task::{account, client_with};
pub use template::write as write_template;
use work::{End, Work};

use crate::context::Context;

/// Books every row that is not done yet.
pub async fn run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (file, client, courses) = task.read(context).await?;
    task.check_paths()?;
    let results = Results::open(task.results.as_deref(), output)?;
    let failed = task.failed.as_deref().map(Failed::open).transpose()?;
    for line in file.understood.iter().chain(&file.doubts()) {
        output.notice(line);
    }
    let rows = file.rows;
    let clients = |path: &Path| client_with(context, path);
    let mut journal = Journal::open(&task.journal, &clients, &account(context)?, &rows, task.search.as_ref()).await?;
    for (row, fields) in &journal.changed {
        let (line, fields) = (rows[*row].line, fields.join(", "));
        output.notice(&format!("line {line} was booked with other details, and stays as it was: {fields}"));
    }
    let mut cancelled = cancelled::find(&client, journal.states(), output).await?;
    if task.rebook_cancelled {
        cancelled::reopen(&mut journal, &client, &cancelled).await?;
        cancelled.clear();
    }
    for line in Preview::new(&rows, journal.states(), &courses, &client).await?.text {
        output.notice(&line);
    }

    let mut stopping = Stopping::listen(output)?;
    let mut at_once = stopping.clone();
    let progress = Progress::new(context, &journal)?;
    let mut work = Work::new(&client, &rows, journal, cancelled, task.rebook_cancelled);
    let end = tokio::select! {
        end = work.run(&mut stopping, &progress) => end,
        () = at_once.asked(2) => End::Stopped,
    };
    progress.end();
    let outcomes = results::outcomes(&rows, work.journal.states(), &work.cancelled, &work.reasons);
    let written = results.write(&rows, &outcomes);
    let written = written.and(failed.map_or(Ok(()), |failed| failed.write(&file.header, &rows, &outcomes)));
    let later = work.reasons.iter().filter(|(row, reason)| reason.refused && !work.journal.state(**row).is_done());
    let later = later.count();
    // how the bookings went matters more than whether the results could be written
    verdict::verdict(end, &outcomes, later, context).and(written)
}
