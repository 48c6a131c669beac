//! `hb-bls book --from --dry-run`: what a run would book and meet. Nothing is changed.

use anyhow::Result;

use super::{
    cancelled, doubled,
    journal::{Journal, State},
    preview::Preview,
    stops,
    task::{Task, account},
};
use crate::{
    book::{
        candidates,
        outlook::{self, Booked, Plan, Wish},
    },
    context::Context,
};

pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (file, client, courses) = task.read(context).await?;
    for line in file.understood.iter().chain(&file.doubts()) {
        output.notice(line);
    }
    let (rows, search) = (file.rows, task.search.as_ref());
    let account = account(context)?;
    let look = || Journal::peek(&task.journal, &client, &account, &rows, search);
    let recorded = look().await?;
    let mut states = recorded.clone();
    if task.rebook_cancelled {
        for row in cancelled::find(&client, &recorded, output).await? {
            states[row] = State::Open;
        }
    }
    let Preview { costs, text, .. } = Preview::new(&rows, &states, &courses, &client).await?;
    let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
    let wishes: Vec<_> = open
        .map(|(row, state)| Wish { line: Some(row.line), order: &row.order, is_begun: *state == State::Begun })
        .collect();
    let booked = Booked::read(&client, wishes.iter().map(|wish| wish.order), context).await?;
    let doubled = match task.allow_duplicates {
        true => 0,
        false => doubled::find(&booked, &rows, &states, &recorded, look()).await?.len(),
    };
    let (mut findings, planned) = outlook::findings(&client, &wishes, search, &booked).await?;
    if !wishes.is_empty() {
        findings.extend(outlook::holds(context)?);
    }
    let plan = Plan { costs, rows: planned, findings };
    plan.show(&wishes, output)?;
    let mut before = if wishes.is_empty() { Vec::new() } else { stops(task, &plan.costs, doubled) };
    // they are refused once more
    let rejected = states.iter().filter(|state| matches!(state, State::Rejected { .. })).count();
    before.extend((rejected > 0).then(|| format!("{} rejected earlier", candidates(rejected))));
    outlook::tell(&plan, &text, before, context)
}
