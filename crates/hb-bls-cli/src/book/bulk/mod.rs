//! Books all candidates of a file.

mod cancelled;
mod check;
mod doubled;
mod dry_run;
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
pub use dry_run::dry_run;
use failed::Failed;
pub use input::{Mapping, people as people_of};
use journal::{Journal, State};

use preview::Preview;
use progress::Progress;
use results::Results;
use stopping::Stopping;
pub use task::Task;
use task::{account, client_with};
pub use template::{heading, write as write_template};
use work::{End, Work};

use crate::{
    book::{
        candidates,
        outlook::{Booked, Cost},
    },
    context::Context,
    prompt,
    report::{Failure, Kind},
};

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
    let account = account(context)?;
    let look = || Journal::peek(&task.journal, &client, &account, &rows, task.search.as_ref());
    let recorded = look().await?;
    let (mut states, mut cancelled) = (recorded.clone(), cancelled::find(&client, &recorded, output).await?);
    if task.rebook_cancelled {
        cancelled.iter().for_each(|row| states[*row] = State::Open);
    }
    let preview = Preview::new(&rows, &states, &courses, &client).await?;
    for line in &preview.text {
        output.notice(line);
    }
    if preview.open > 0 && !task.names_journal {
        output.note(&format!("progress is recorded in {}", task.journal.display()));
    }
    let open = rows.iter().zip(&states).filter(|(_, state)| **state == State::Open && !task.allow_duplicates);
    let booked = Booked::read(&client, open.map(|(row, _)| &row.order), context).await?;
    let doubled = doubled::find(&booked, &rows, &states, &recorded, look()).await?;
    for line in &doubled {
        output.notice(line);
    }
    settled(task, &preview, doubled.len())?;
    let clients = |path: &Path| client_with(context, path);
    let mut journal = Journal::open(&task.journal, &clients, &account, &rows, task.search.as_ref()).await?;
    for (row, fields) in &journal.changed {
        let (line, fields) = (rows[*row].line, fields.join(", "));
        output.notice(&format!("line {line} was booked with other details, and stays as it was: {fields}"));
    }
    if task.rebook_cancelled {
        cancelled::reopen(&mut journal, &client, &cancelled).await?;
        cancelled.clear();
    }

    let mut stopping = Stopping::listen(output, context.traffic())?;
    let (mut at_once, mut while_waiting) = (stopping.clone(), stopping.clone());
    let progress = Progress::new(context, &journal)?;
    let mut work = Work::new(&client, &rows, journal, cancelled, task.rebook_cancelled);
    let end = tokio::select! {
        end = work.run(&mut stopping, &progress) => end,
        () = at_once.asked(2) => End::Stopped,
        // what is under way has been recorded, so nothing is lost
        () = async { while_waiting.asked(1).await; context.traffic().waits().await } => End::Stopped,
        () = progress.keep_current() => End::Stopped,
    };
    progress.end();
    let outcomes = results::outcomes(&rows, work.journal.states(), &work.cancelled, &work.reasons);
    let written = results.write(&rows, &outcomes, matches!(end, End::Stopped));
    let written = written.and(failed.map_or(Ok(()), |failed| failed.write(&file.header, &rows, &outcomes)));
    let later = work.reasons.iter().filter(|(row, reason)| reason.refused && !work.journal.state(**row).is_done());
    let later = later.count();
    // how the bookings went matters more than whether the results could be written
    verdict::verdict(end, &outcomes, later, context).and(written)
}

/// Why a run does not begin where nobody can be asked: people who are booked already, and a shortage.
fn stops(task: &Task, costs: &[Cost], doubled: usize) -> Vec<String> {
    let shortages = costs.iter().filter(|_| !task.partial).filter_map(Cost::shortage);
    let doubled = (doubled > 0).then(|| format!("{} booked already", people_are(doubled)));
    doubled.into_iter().chain(shortages).collect()
}

/// Asks whether it is right so, on a terminal. Elsewhere a shortage must have been foreseen, and so must people who are booked
/// already.
fn settled(task: &Task, preview: &Preview, doubled: usize) -> Result<()> {
    if preview.open == 0 {
        return Ok(());
    }
    let shortages: Vec<_> = preview.costs.iter().filter_map(Cost::shortage).collect();
    let is_short = !shortages.is_empty() && !task.partial;
    let shortages = shortages.join(", ");
    if task.yes || !prompt::is_possible() {
        let reasons = stops(task, &preview.costs, doubled);
        if reasons.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(Kind::Rejected, format!("{}; nothing was booked", reasons.join(", ")));
        let hint = if doubled > 0 {
            "take them out of the file; --allow-duplicates books them once more"
        } else {
            "--partial books as many as can be paid for"
        };
        return Err(failure.hint(hint).into());
    }
    let mut questions = Vec::new();
    if doubled > 0 {
        questions.push(format!("Book {}, although {} booked already?", candidates(preview.open), people_are(doubled)));
    }
    if is_short {
        questions.push(format!("{shortages}. Book as many as can be paid for?"));
    }
    if questions.is_empty() {
        questions.push(format!("Book {}?", candidates(preview.open)));
    }
    for question in questions {
        if !prompt::confirm(&question)? {
            return Err(Failure::new(Kind::Other, "nothing was booked").into());
        }
    }
    Ok(())
}

fn people_are(count: usize) -> String {
    format!("{} {}", candidates(count), if count == 1 { "is" } else { "are" })
}
