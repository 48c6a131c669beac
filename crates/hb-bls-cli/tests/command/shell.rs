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

/// A machine with the profile `north`.
#[cfg(unix)]
fn machine() -> Machine {
    let machine = Machine::new();
    std::fs::create_dir_all(machine.config()).unwrap();
    std::fs::write(machine.home.path().join("his.csv"), "").unwrap();
    let profiles = "[profiles.north.defaults]\ncourse = \"1\"\n";
    std::fs::write(machine.config().join("config.toml"), profiles).unwrap();
    machine
}

/// What is offered for values that may also be others.
#[cfg(unix)]
const VALUES: [(&str, &str); 16] = [
    ("hb-bls bookings list --status ", "cancelled"),
    ("hb-bls bookings export --training ", "completed"),
    ("hb-bls bookings list --equipment ", "late"),
    ("hb-bls bookings list --certificate ", "yes"),
    ("hb-bls bookings list --sort ", "latest-start"),
    ("hb-bls bookings list --columns ", "equipment_status"),
    ("hb-bls bookings list --columns id,", "id,start_date"),
    ("hb-bls bookings export --status booked --out his.csv --training no", "no_show"),
    ("hb-bls listen --events booking.created,booking.canc", "booking.created,booking.cancelled"),
    ("hb-bls book --pay-option ", "candidate_pays"),
    ("hb-bls webhooks create --events ", "booking.created"),
    ("hb-bls listen --events ", "booking.cancelled"),
    ("hb-bls courses list --profile ", "north"),
    ("hb-bls config set ", "warn-below-credits"),
    ("hb-bls config set pay-option ", "candidate_pays"),
    ("hb-bls trigger ", "booking.equipment_late"),
];

/// Lines after which these are not offered: what is hidden, and a file or another word where a number or a text is meant.
#[cfg(unix)]
const NOT_OFFERED: [(&str, &[&str]); 6] = [
    ("hb-bls bookings ", &["cancel", "move"]),
    ("hb-bls ", &["login", "logout"]),
    ("hb-bls book --course ", &["his.csv"]),
    ("hb-bls book --first-name ", &["his.csv"]),
    ("hb-bls config set course ", &["his.csv", "pay-option", "credits"]),
    ("hb-bls config set pay-option ", &["course", "his.csv"]),
];

/// Of commands, of commands below them, of options and of their values.
#[cfg(unix)]
#[test]
fn bash_completes_on_every_level() {
    let machine = machine();
    for (line, offer) in VALUES {
        let offered = offered(&machine, &line.split(' ').collect::<Vec<_>>());
        assert!(offered.iter().any(|word| word == offer), "{line}: {offered:?}");
    }
    for (line, wrong) in NOT_OFFERED {
        let offered = offered(&machine, &line.split(' ').collect::<Vec<_>>());
        assert!(offered.iter().all(|word| !wrong.contains(&word.as_str())), "{line}: {offered:?}");
    }
    for (words, offer) in [
        (&["hb-bls", "book"][..], "bookings"),
        (&["hb-bls", "book", "--from", "h"], "his.csv"),
        (&["hb-bls", "bookings", "ls", "--"], "--search"),
        (&["hb-bls", "bookings", ""], "export"),
        (&["hb-bls", "bookings", "list", "--"], "--search"),
        (&["hb-bls", "webhooks", "delete", "--y"], "--yes"),
        (&["hb-bls", "bookings", "list", "--output", ""], "jsonl"),
    ] {
        let offered = offered(&machine, words);
        assert!(offered.iter().any(|word| word == offer), "{words:?}: {offered:?}");
    }
}

/// Whether a shell is there; otherwise its tests are skipped.
#[cfg(unix)]
fn has(shell: &str) -> bool {
    let is_there = std::process::Command::new(shell).arg("--version").output().is_ok();
    if !is_there {
        let told = format!("skipped: there is no {shell}; install the package {shell}\n");
        std::io::Write::write_all(&mut std::io::stderr(), told.as_bytes()).unwrap();
    }
    is_there
}

#[cfg(unix)]
#[test]
fn fish_completes_on_every_level() {
    if !has("fish") {
        return;
    }
    let machine = machine();
    std::fs::write(machine.home.path().join("hb-bls.fish"), machine.run("completions fish").stdout).unwrap();
    let offered = |line: &str| {
        let mut fish = std::process::Command::new("fish");
        fish.args(["--no-config", "-c", "source hb-bls.fish; complete -C $argv[1]", line]);
        let output = fish.env("HOME", machine.home.path()).current_dir(machine.home.path()).output().unwrap();
        assert!(output.stderr.is_empty(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().filter_map(|line| Some(line.split('\t').next()?.to_owned())).collect::<Vec<_>>()
    };
    for (line, wrong) in NOT_OFFERED {
        let offered = offered(line);
        assert!(offered.iter().all(|word| !wrong.contains(&word.as_str())), "{line}: {offered:?}");
    }
    for (line, offer) in [
        ("hb-bls book", "bookings"),
        ("hb-bls book --from h", "his.csv"),
        ("hb-bls bookings ", "export"),
        ("hb-bls bookings list --", "--search"),
        ("hb-bls webhooks delete --y", "--yes"),
        ("hb-bls bookings list --output ", "jsonl"),
    ]
    .into_iter()
    .chain(VALUES)
    {
        let offered = offered(line);
        assert!(offered.iter().any(|word| word == offer), "{line}: {offered:?}");
    }
}

/// On a terminal, since zsh completes nowhere else.
#[cfg(unix)]
#[test]
fn zsh_completes_on_every_level() {
    use crate::built::{on_terminal, until, until_seen};

    if !has("zsh") {
        return;
    }
    let machine = machine();
    let home = machine.home.path();
    std::fs::write(home.join("_hb-bls"), machine.run("completions zsh").stdout).unwrap();
    // it ends if nothing is completed, so that this does not wait for ever
    let start = "TMOUT=20\nPS1='ready> '\nfpath=($PWD $fpath)\nautoload -Uz compinit\ncompinit -u -D\n";
    std::fs::write(home.join(".zshrc"), start).unwrap();
    let plain = machine.command(&[]);
    let folder = std::path::Path::new(plain.get_program()).parent().unwrap().display().to_string();
    for (typed, completed) in [
        ("hb-bls cert", "ificates"),
        ("hb-bls bookings exp", "ort"),
        ("hb-bls bookings list --sea", "rch"),
        ("hb-bls bookings list --output jsonl --eq", "uipment"),
        ("hb-bls config list --color al", "ways"),
        ("hb-bls bookings list --status canc", "elled"),
        ("hb-bls bookings list --columns start_d", "ate"),
        ("hb-bls bookings list --columns id,start_d", "ate"),
        ("hb-bls book --pay-option inv", "oice"),
        ("hb-bls config set pay-option inv", "oice"),
        ("hb-bls book --from hi", "s.csv"),
        ("hb-bls webhooks create --events booking.cert", "ificate_available"),
        ("hb-bls courses list --profile nor", "th"),
        ("hb-bls config set warn-below-c", "redits"),
        ("hb-bls trigger booking.equ", "ipment_late"),
    ] {
        let mut zsh = std::process::Command::new("zsh");
        zsh.arg("-i").current_dir(home).env("HOME", home).env("ZDOTDIR", home);
        zsh.env("PATH", format!("{folder}:/usr/bin:/bin"));
        let (terminal, mut child) = on_terminal(&zsh, 120);
        until(&terminal, "ready>");
        std::io::Write::write_all(&mut &terminal, format!("{typed}\t").as_bytes()).unwrap();
        until_seen(&terminal, completed);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn man_pages_are_printed_or_written() {
    let machine = Machine::new();
    let page = machine.run("man");
    assert_eq!(page.code, 0);
    assert!(page.stdout.contains(".TH hb-bls 1"), "{}", page.stdout);
    for title in ["EXIT STATUS\"", "ENVIRONMENT", "EXAMPLES"] {
        assert!(page.stdout.contains(title), "{title}: {}", page.stdout);
    }
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
