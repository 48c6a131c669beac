//! Groups messages, so that one about several lines of a file is printed once.

/// Messages about at least this many lines are printed once, below the table, instead of with each row.
const MANY: usize = 3;

/// One message, and the lines that it is about, if it is about any.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<T> {
    pub what: T,
    pub lines: Vec<usize>,
}

impl<T: PartialEq> Group<T> {
    /// Groups equal messages, in the order in which each first occurs.
    pub fn all(items: impl IntoIterator<Item = (T, Option<usize>)>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (what, line) in items {
            match groups.iter_mut().find(|group| group.what == what) {
                Some(group) => group.lines.extend(line),
                None => groups.push(Self { what, lines: line.into_iter().collect() }),
            }
        }
        groups
    }

    /// Whether it is printed once rather than with each row.
    pub fn is_large(&self) -> bool {
        self.lines.len() >= MANY
    }
}

/// `line 3`, `lines 3, 5-9, 12`.
pub fn lines(lines: &[usize]) -> String {
    let mut lines = lines.to_vec();
    lines.sort_unstable();
    lines.dedup();
    let runs: Vec<_> = lines
        .chunk_by(|line, next| line + 1 == *next)
        .flat_map(|run| match run {
            [first, _, .., last] => vec![format!("{first}-{last}")],
            few => few.iter().map(ToString::to_string).collect(),
        })
        .collect();
    format!("{} {}", if lines.len() == 1 { "line" } else { "lines" }, runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_each_other_are_joined() {
        for (all, text) in
            [(&[3][..], "line 3"), (&[3, 4], "lines 3, 4"), (&[9, 5, 7, 6, 8, 3, 12, 13, 3], "lines 3, 5-9, 12, 13")]
        {
            assert_eq!(lines(all), text);
        }
    }

    #[test]
    fn the_same_is_said_once() {
        let items = [("late", 2), ("taken", 3), ("late", 4), ("late", 5), ("taken", 6)];
        let groups = Group::all(items.map(|(what, line)| (what, Some(line))));
        let [late, taken] = &groups[..] else { panic!("{groups:?}") };
        assert_eq!((late.what, &late.lines[..], late.is_large()), ("late", &[2, 4, 5][..], true));
        assert_eq!((taken.what, &taken.lines[..], taken.is_large()), ("taken", &[3, 6][..], false));
    }
}
