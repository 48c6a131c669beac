//! The placeholders of paths, their places and names.

/// The path without the names of its placeholders.
pub fn template(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            depth -= i32::from(*c == '}');
            let kept = depth <= 0;
            depth += i32::from(*c == '{');
            kept
        })
        .collect()
}

fn names(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

/// The old and new names of placeholders that only one of the paths has.
pub fn renamed<'a>(old: &'a str, new: &'a str) -> Vec<(&'a str, &'a str)> {
    let (old, new) = (names(old), names(new));
    let gone = old.iter().filter(|name| !new.contains(name));
    gone.zip(new.iter().filter(|name| !old.contains(name))).map(|(old, new)| (*old, *new)).collect()
}

/// Whether a placeholder of both paths is in the place of another.
pub fn are_reordered(old: &str, new: &str) -> bool {
    let (old, new) = (names(old), names(new));
    old.iter().enumerate().any(|(index, name)| {
        let place = new.iter().position(|other| other == name);
        place.is_some_and(|place| place != index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_placeholders_do_not_count() {
        assert_eq!(template("/a/{id}/b-{c}"), "/a/{}/b-{}");
        assert_eq!(template("/a"), "/a");
        assert_eq!(template("/{a"), "/{");
    }

    #[test]
    fn what_is_called_otherwise_is_told_from_what_has_moved() {
        assert_eq!(renamed("/a/{x}/{y}", "/a/{y}/{z}"), [("x", "z")]);
        assert!(are_reordered("/a/{x}/{y}", "/a/{y}/{z}"));
        assert!(!are_reordered("/a/{x}/{y}", "/a/{x}/{z}"));
        assert_eq!(renamed("/a/{x}/{y}", "/a/{y}/{x}"), []);
    }
}
