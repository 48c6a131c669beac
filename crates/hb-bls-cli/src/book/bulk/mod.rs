//! Books all candidates of a file.

mod account;
mod cancelled;
mod check;
mod ctrl_c;
mod digest;
mod dry_run;
mod duplicates;
mod failed;
mod forecast;
mod holds;
mod input;
mod journal;
mod past;
mod preview;
mod progress;
mod question;
mod results;
mod row;
mod runner;
mod source;
mod summary;
mod task;
mod template;

use std::{collections::HashMap, path::Path};

use account::Account;
use anyhow::Result;
pub use check::check;
pub use dry_run::dry_run;
use failed::Failed;
pub use input::{Mapping, people as people_of};
use journal::{Journal, State};

use ctrl_c::Stopping;
use input::Row;
use preview::Preview;
use progress::Progress;
use results::Results;
use runner::{End, Work};
pub use source::Source;
pub use task::Task;
use task::client_with;
pub use template::{heading, write as write_template};

use crate::{
    book::{
        people_are,
        preflight::{Booked, already, own_holds_if_known},
    },
    context::Context,
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
    let account = Account::of(context)?;
    let look = || Journal::peek(&task.journal, &client, &account, &rows, task.search.as_ref());
    let recorded = look().await?;
    let (mut states, mut cancelled) = (recorded.clone(), cancelled::find(&client, &recorded, output).await?);
    if task.rebook_cancelled {
        cancelled.iter().for_each(|row| states[*row] = State::Open);
    }
    past::settle(&rows, &states, task)?;
    let find = async |states: &[State]| {
        let open = rows.iter().zip(states).filter(|(_, state)| **state == State::Open && !task.allow_duplicates);
        let mut booked = Booked::read(&client, open.map(|(row, _)| &row.order), task.now.date()).await?;
        let doubled = duplicates::find(&mut booked, &rows, states, &recorded, look()).await?;
        anyhow::Ok((booked, doubled))
    };
    let (booked, mut doubled) = find(&states).await?;
    let skipped = match task.skip_booked {
        true => duplicates::skip(std::mem::take(&mut doubled), &booked, &rows, &mut states),
        false => HashMap::new(),
    };
    let warnings = doubled.iter().filter_map(|row| {
        let Row { line, order, .. } = &rows[*row];
        Some(format!("line {line} {}", already(booked.of_person(order)?, order.course_id)))
    });
    let warnings: Vec<_> = warnings.chain(duplicates::warnings(&booked, &rows, &states, &doubled)).collect();
    let mut preview = Preview::new(&rows, &states, &courses, &client).await?;
    for line in preview.text.iter().chain(&warnings) {
        output.notice(line);
    }
    let held = if preview.open > 0 { own_holds_if_known(context) } else { Vec::new() };
    let held: Vec<_> = held.into_iter().map(|hold| (holds::wanted_by(&hold, &rows, &states), hold)).collect();
    question::settle(
        task,
        &preview,
        doubled.len(),
        held.iter().filter(|(row, _)| row.is_none()).map(|(_, hold)| hold),
    )?;
    let was_asked = preview.open > 0 && !task.yes && task.can_ask();
    if was_asked {
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
    let (mut held_rows, mut kept) = (Vec::new(), Vec::new());
    for (wanted_by, hold) in held {
        if let Some(row) = wanted_by {
            let line = rows[row].line;
            output.notice(&format!("line {line}: its timeslot is held; the hold is released and the timeslot booked"));
            held_rows.push(row);
        }
        match wanted_by.is_some() || was_asked {
            true => holds::release(&hold, &client, context).await?,
            false => kept.push(hold),
        }
    }

    let mut stopping = Stopping::listen()?;
    let [mut first, mut at_once, mut while_waiting] = [0; 3].map(|_| stopping.clone());
    let progress = Progress::new(context, &journal)?;
    let mut work = Work::new(&client, &rows, journal, cancelled, task.rebook_cancelled, preview.funds);
    work.skip(skipped);
    for row in held_rows {
        work.first(row);
    }
    for hold in kept {
        work.end_at(hold);
    }
    let end = tokio::select! {
        end = work.run(&mut stopping, &progress) => end,
        () = at_once.pressed(2) => End::Stopped,
        // what is under way has been recorded, so nothing is lost
        () = async { while_waiting.pressed(1).await; context.request_stats().waits().await } => End::Stopped,
        () = async {
            first.pressed(1).await;
            // one that waits for something ends at once
            if !matches!(context.request_stats().wait(), Some(Wait::RateLimit(_) | Wait::OtherRun)) {
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
