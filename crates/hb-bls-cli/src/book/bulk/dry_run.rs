//! `hb-bls book --from --dry-run`: what a run would book and meet. Nothing is changed.

use anyhow::Result;

use super::{forecast::Forecast, task::Task};
use crate::{
    book::preflight::{self, Plan},
    context::Context,
};

pub async fn dry_run(task: &Task, context: &Context) -> Result<()> {
    let output = context.output();
    let (file, client, courses) = task.read(context).await?;
    for line in file.understood.iter().chain(&file.doubts()) {
        output.notice(line);
    }
    let Forecast { preview, wishes, planned, findings, is_too_short } =
        Forecast::look(&file.rows, (&client, &courses), task, context).await?;
    let plan = Plan { costs: preview.costs, rows: planned, findings };
    plan.show(&wishes, output)?;
    preflight::tell(&plan, &preview.text, is_too_short, context)
}
