//! The agenda as a page: a summary, and a section for each kind of item.

use anyhow::Result;

use super::{
    Span,
    item::{About, Item},
};
use crate::{
    output::{Output, width, wrap},
    when,
};

/// All that is to be shown.
pub struct Page {
    pub span: Span,
    items: Vec<Item>,
}

impl Page {
    pub fn new(span: Span, items: Vec<Item>) -> Self {
        Self { span, items }
    }

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    pub fn of(&self, about: About) -> Vec<Item> {
        self.items.iter().filter(|item| item.about == about).cloned().collect()
    }

    pub fn needs_attention(&self) -> bool {
        self.items.iter().any(|item| item.needs_attention)
    }

    /// How many items of each kind need attention.
    pub fn attention(&self) -> Vec<(About, usize)> {
        let count = |about| self.items.iter().filter(|item| item.about == about && item.needs_attention).count();
        About::ALL
            .into_iter()
            .map(|about| (about, count(about)))
            .filter(|(about, _)| *about != About::Training)
            .collect()
    }

    /// What needs attention, in a sentence.
    pub fn summary(&self) -> String {
        let counts = self.attention().into_iter().filter(|(_, count)| *count > 0);
        let counts: Vec<_> = counts.map(|(about, count)| about.count(count)).collect();
        if !counts.is_empty() {
            return format!("Needs attention: {}.", counts.join(", "));
        }
        // they are listed, and nobody has said where those are that have been fetched
        match self.of(About::Certificate).len() {
            0 => "Nothing needs attention.".to_owned(),
            _ => "Nothing needs attention, unless the certificates below have not been fetched yet.".to_owned(),
        }
    }

    /// The first and the last day.
    pub fn days(&self) -> String {
        let Span { from, until, .. } = self.span;
        if from == until { when::names(from) } else { format!("{} to {}", when::names(from), when::names(until)) }
    }

    /// The sections that are not empty, each with its title. There is always one for trainings.
    pub fn sections(&self) -> Vec<(String, Vec<Item>)> {
        let section = |about: About| {
            let items = self.of(about);
            let title = match about {
                About::Training if items.is_empty() => format!("No trainings, {}", self.days()),
                About::Training => format!("{}, {}", about.count(items.len()), self.days()),
                About::Certificate if !items.iter().any(|item| item.needs_attention) => {
                    let noun = if items.len() == 1 { "certificate is" } else { "certificates are" };
                    format!("{} {noun} available", items.len())
                }
                _ => about.count(items.len()),
            };
            (title, items)
        };
        let sections = About::ALL.into_iter().map(|about| (about, section(about)));
        let shown = sections.filter(|(about, (_, items))| *about == About::Training || !items.is_empty());
        shown.map(|(_, section)| section).collect()
    }

    pub fn print(&self, output: Output) -> Result<()> {
        output.text(&wrap::lines(&self.summary(), width()))?;
        for (title, items) in self.sections() {
            output.text("")?;
            output.section(&title, &items)?;
        }
        Ok(())
    }
}
