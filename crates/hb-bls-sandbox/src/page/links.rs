//! The links of a list: its tabs and its pages.

use super::form::address;

/// One of several lists.
pub(super) struct Tab {
    pub(super) label: String,
    pub(super) url: String,
    pub(super) is_here: bool,
}

/// A list by its address. The first of its parameters chooses the tab, and every link keeps the others.
pub(super) struct Links<'a> {
    pub(super) path: &'static str,
    pub(super) kept: [(&'static str, &'a str); 3],
}

impl Links<'_> {
    /// A tab for each name in the address and its label.
    pub(super) fn tabs(&self, choices: impl IntoIterator<Item = (&'static str, &'static str)>) -> Vec<Tab> {
        let [(parameter, chosen), first, second] = self.kept;
        let tab = |(name, label): (&'static str, &'static str)| Tab {
            label: label.to_owned(),
            url: address(self.path, &[(parameter, name), first, second]),
            is_here: name == chosen,
        };
        choices.into_iter().map(tab).collect()
    }

    pub(super) fn newest(&self) -> String {
        address(self.path, &self.kept)
    }

    /// What comes after the last entry that is shown.
    pub(super) fn older(&self, last: impl ToString) -> String {
        let [chosen, first, second] = self.kept;
        address(self.path, &[chosen, first, second, ("before", &last.to_string())])
    }
}
