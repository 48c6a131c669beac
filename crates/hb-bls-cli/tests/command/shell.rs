//! What shells and manuals get.

use crate::machine::Machine;

#[test]
fn completions_for_each_shell_name_the_commands() {
    let machine = Machine::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = machine.run(&format!("completions {shell}"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        for word in ["bookings", "certificates", "all-available", "base-url"] {
            assert!(run.stdout.contains(word), "{shell}: {word}");
        }
        // help of options is not part of what bash completes
        assert_eq!(run.stdout.contains("base URL"), shell != "bash", "{shell}");
    }
    let refused = machine.run("completions tcsh");
    assert_eq!(refused.code, 2);
}

/// What bash offers for the last of these words.
#[cfg(unix)]
fn offered(machine: &Machine, words: &[&str]) -> Vec<String> {
    let script = machine.home.path().join("hb-bls.bash");
    std::fs::write(&script, machine.run("completions bash").stdout).unwrap();
    let program = r#". ./hb-bls.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hb__bls hb-bls "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"; echo "${COMPREPLY[@]}""#;
    let mut bash = std::process::Command::new("bash");
    let output = bash.args(["-c", program, "bash"]).args(words).current_dir(machine.home.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// Of commands, of commands below them, of options and of their values.
#[cfg(unix)]
#[test]
fn bash_completes_on_every_level() {
    let machine = Machine::new();
    for (words, offer) in [
        (&["hb-bls", "book"][..], "bookings"),
        (&["hb-bls", "bookings", ""], "export"),
        (&["hb-bls", "bookings", "list", "--"], "--search"),
        (&["hb-bls", "webhooks", "delete", "--y"], "--yes"),
        (&["hb-bls", "bookings", "list", "--output", ""], "jsonl"),
    ] {
        let offered = offered(&machine, words);
        assert!(offered.iter().any(|word| word == offer), "{words:?}: {offered:?}");
    }
}

#[test]
fn man_pages_are_printed_or_written() {
    let machine = Machine::new();
    let page = machine.run("man");
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains(".TH hb-bls 1") && page.stdout.contains("Exit codes"), "{}", page.stdout);
    assert_eq!(machine.run("man --dir pages").code, 0);
    let pages: Vec<String> = std::fs::read_dir(machine.home.path().join("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for page in ["hb-bls.1", "hb-bls-bookings.1", "hb-bls-bookings-export.1", "hb-bls-auth-login.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
    }
    std::fs::write(machine.home.path().join("taken"), "").unwrap();
    let failed = machine.run("man --dir taken/below");
    assert_eq!(failed.code, 1);
    assert!(failed.stderr.starts_with("error: cannot create taken/below: "), "{}", failed.stderr);
}
