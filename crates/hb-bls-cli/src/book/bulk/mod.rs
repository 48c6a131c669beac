//! Books all candidates of a file.

mod cancelled;
mod check;
mod ctrl_c;
mod dry_run;
mod duplicates;
mod failed;
mod forecast;
mod input;
mod journal;
mod past;
mod preview;
mod progress;
mod results;
mod row;
mod runner;
mod source;
mod summary;
mod task;
mod template;

use std::{collections::HashMap, path::Path};

use anyhow::Result;
pub use check::check;
pub use dry_run::dry_run;
use failed::Failed;
pub use input::{Mapping, people as people_of};
use journal::{Journal, State};

use ctrl_c::Stopping;
use preview::Preview;
use progress::Progress;
use results::Results;
use runner::{End, Work};
pub use source::Source;
pub use task::Task;
use task::{account, client_with};
pub use template::{heading, write as write_template};

use crate::{
    book::{
        candidates, people_are,
        preflight::{Booked, already},
    },
    context::Context,
    prompt,
    report::{Failure, Kind},
    request_stats::Wait,
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
    past::settle(&rows, &states, task)?;
    let find = async |states: &[State]| {
        let open = rows.iter().zip(states).filter(|(_, state)| **state == State::Open && !task.allow_duplicates);
        let booked = Booked::read(&client, open.map(|(row, _)| &row.order), task.now.date()).await?;
        let doubled = duplicates::find(&booked, &rows, states, &recorded, look()).await?;
        anyhow::Ok((booked, doubled))
    };
    let (booked, mut doubled) = find(&states).await?;
    let told = doubled.iter().filter_map(|row| Some((rows[*row].line, already(booked.of_person(&rows[*row].order)?))));
    let told: Vec<_> = told.map(|(line, already)| format!("line {line} {already}")).collect();
    let skipped = match task.skip_booked {
        true => duplicates::skip(std::mem::take(&mut doubled), &booked, &rows, &mut states),
        false => HashMap::new(),
    };
    let mut preview = Preview::new(&rows, &states, &courses, &client).await?;
    for line in preview.text.iter().chain(&told) {
        output.notice(line);
    }
    settled(task, &preview, doubled.len())?;
    if preview.open > 0 && !task.yes && task.can_ask() {
        // the question may have stood for a while
        let (_, since) = find(&states).await?;
        let since = since.iter().filter(|row| !doubled.contains(row)).count();
        if since > 0 {
            let message = format!("{} booked already, since you were asked; nothing was booked", people_are(since));
            return Err(Failure::new(Kind::Rejected, message).hint("run the same command again to see whom").into());
        }
        preview = Preview::new(&rows, &states, &courses, &client).await?;
    }
    if preview.open > 0 && !task.names_journal {
        output.note(&format!("progress is recorded in {}", task.journal.display()));
    }
    task.from.make_room(&task.journal)?;
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

    let mut stopping = Stopping::listen()?;
    let [mut first, mut at_once, mut while_waiting] = [0; 3].map(|_| stopping.clone());
    let progress = Progress::new(context, &journal)?;
    let mut work = Work::new(&client, &rows, journal, cancelled, task.rebook_cancelled, preview.funds);
    work.skip(skipped);
    let end = tokio::select! {
        end = work.run(&mut stopping, &progress) => end,
        () = at_once.asked(2) => End::Stopped,
        // what is under way has been recorded, so nothing is lost
        () = async { while_waiting.asked(1).await; context.request_stats().waits().await } => End::Stopped,
        () = async {
            first.asked(1).await;
            // one that waits for the rate limit ends at once
            if !matches!(context.request_stats().wait(), Some(Wait::RateLimit(_))) {
                progress.say(output, "completing the current booking; press Ctrl-C again to stop now");
            }
            std::future::pending().await
        } => End::Stopped,
        () = progress.keep_current() => End::Stopped,
    };
    progress.end();
    let outcomes = results::outcomes(&rows, work.journal.states(), &work.cancelled, &work.reasons);
    let written = results.write(&rows, &outcomes, matches!(end, End::Stopped));
    let written = written.and(failed.map_or(Ok(()), |failed| failed.write(&file.header, &rows, &outcomes, output)));
    let is_open = |row: usize| !work.journal.state(row).is_done();
    let later = work.reasons.iter().filter(|(row, reason)| reason.outcome == "rejected" && is_open(**row)).count();
    // how the bookings went matters more than whether the results could be written
    summary::verdict(end, &outcomes, later, task, context).and(written)
}

/// Asks whether it is right so, on a terminal. Elsewhere a shortage must have been forecast, and so must people who are booked
/// already. If nobody can be paid for, there is nothing to ask.
fn settled(task: &Task, preview: &Preview, doubled: usize) -> Result<()> {
    if preview.open == 0 {
        return Ok(());
    }
    let shortages = preview.shortages();
    let asks = !task.yes && task.can_ask();
    let is_too_short = preview.is_too_short(task.partial || asks);
    if !asks || is_too_short {
        let mut reasons = Vec::new();
        reasons.extend((doubled > 0).then(|| format!("{} booked already", people_are(doubled))));
        reasons.extend(shortages.into_iter().filter(|_| is_too_short));
        if reasons.is_empty() {
            return Ok(());
        }
        let failure = Failure::new(Kind::Rejected, format!("{}; nothing was booked", reasons.join(", ")));
        let hint = match (doubled, preview.payable) {
            (0, 0) => "nobody can be paid for; run the same command again once there are credits or money",
            (0, _) => "--partial books as many as can be paid for",
            _ => "--skip-booked leaves them out; --allow-duplicates books them again",
        };
        return Err(failure.hint(hint).into());
    }
    let mut questions = Vec::new();
    if doubled > 0 {
        questions.push(format!("Book {}, although {} booked already?", candidates(preview.open), people_are(doubled)));
    }
    if !shortages.is_empty() {
        let payable = candidates(preview.payable);
        questions.push(format!("{}. Book the {payable} who can be paid for?", shortages.join(", ")));
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
