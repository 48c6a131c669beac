//! `hb-bls book --from --dry-run`: what a run would book and meet. Nothing is changed.

use anyhow::Result;

use super::{
    cancelled,
    journal::{Journal, State},
    preview::Preview,
    task::{Task, account},
};
use crate::{
    book::outlook::{self, Plan, Wish},
    context::Context,
};

pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (file, client, courses) = task.read(context).await?;
    for line in file.understood.iter().chain(&file.doubts()) {
        output.notice(line);
    }
    let (rows, search) = (file.rows, task.search.as_ref());
    let mut states = Journal::peek(&task.journal, &client, &account(context)?, &rows, search).await?;
    if task.rebook_cancelled {
        for row in cancelled::find(&client, &states, output).await? {
            states[row] = State::Open;
        }
    }
    let Preview { costs, text, .. } = Preview::new(&rows, &states, &courses, &client).await?;
    let open = rows.iter().zip(&states).filter(|(_, state)| !state.is_done());
    let wishes: Vec<_> = open.map(|(row, _)| Wish { line: Some(row.line), order: &row.order }).collect();
    let (mut findings, planned) = outlook::findings(&client, &wishes, search).await?;
    findings.extend(outlook::holds(context)?);
    let plan = Plan { costs, rows: planned, findings };
    plan.show(&wishes, output)?;
    outlook::tell(&plan, &text, task.partial, context)
}
